"""What the README says can be done is done."""

import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def test_the_lines_for_numpy_run():
  block = re.findall(r"```python\n(.*?)```", README, re.DOTALL)[0]
  names = {}
  exec(compile(block, "README.md", "exec"), names)
  assert names["soft"].shape == names["mask"].shape == (4, 2)
  assert names["f1"].shape == (2,)


def test_the_lines_for_pytorch_run():
  torch = pytest.importorskip("torch", reason="PyTorch is an extra")
  block = re.findall(r"```python\n(.*?)```", README, re.DOTALL)[1]
  import numpy as np

  from aujax import labels, sampling

  rng = np.random.default_rng(0)
  names = {
    "np": np,
    "labels": labels,
    "sampling": sampling,
    "torch": torch,
    "F": torch.nn.functional,
    "epoch": 0,
    "train_labels": rng.integers(-1, 2, (100, 3)).astype(np.int8),
    "images": torch.zeros(100, 5),
    "net": torch.nn.Linear(5, 3),
  }
  exec(compile(block, "README.md", "exec"), names)
  assert names["loss"].requires_grad and torch.isfinite(names["loss"])


def test_the_lines_for_grading_run(capsys):
  block = re.findall(r"```python\n(.*?)```", README, re.DOTALL)[2]
  import numpy as np

  names = {"np": np}
  exec(compile(block, "README.md", "exec"), names)
  assert names["thresholds"].shape == (2,)
  areas, f1 = capsys.readouterr().out.splitlines()
  assert min(map(float, (areas + f1).replace("][", " ")[1:-1].split())) > 0.7


def test_the_lines_for_samplers_run():
  block = re.findall(r"```python\n(.*?)```", README, re.DOTALL)[3]
  import numpy as np

  from aujax import sampling

  names = {"np": np, "sampling": sampling}
  exec(compile(block, "README.md", "exec"), names)
  assert names["even"].shape == names["momu"].shape == (16, 64)
  assert len(names["rows"]) > 1000
  assert 0 <= names["balance"].lower_bound <= names["balance"].objective


def test_every_file_it_names_exists():
  for name in re.findall(r"`((?:configs|models|launch)/[\w/]+\.\w+)`", README):
    assert (ROOT / name).exists() or (ROOT / "aujax" / name).exists(), name
  for link in re.findall(r"\]\(([\w/.]+)\)", README):
    assert (ROOT / link).exists(), link
