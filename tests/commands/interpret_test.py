import os
import pathlib
import subprocess
import sys

import cv2
import pytest

import aujax
from aujax import protocol
from tests.protocol import miniature

ROOT = pathlib.Path(aujax.__file__).parent.parent
FIGURES = {"maximization", "saliency", "divergence", "embedding"}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
  """A config file and the folder of a trial that was trained with it."""
  folder = tmp_path_factory.mktemp("trained")
  records = miniature.write_records(folder / "data")
  path = folder / "config.py"
  path.write_text(
    "from tests.protocol import miniature\n"
    f"def get_config():\n  return miniature.config({str(records)!r})\n"
  )
  trial = protocol.Trial("baseline", 1, 0)
  protocol.train(trial, miniature.config(records), folder / "run")
  return [f"--config={path}", f"--workdir={folder / 'run'}"]


def interpret(*arguments):
  paths = os.pathsep.join([str(ROOT), str(ROOT / "configs")])
  return subprocess.run(
    [sys.executable, "-m", "aujax.commands.interpret", *arguments],
    capture_output=True,
    text=True,
    check=False,
    env=os.environ | {"PYTHONPATH": paths},
  )


def test_shows_what_a_trial_sees(trained):
  done = interpret(*trained, "--fold=1", "--steps=5", "--frames=12")
  assert done.returncode == 0, done.stderr
  assert done.stderr == ""
  assert "baseline, fold 1, repeat 0; 10 frames of 2 subjects" in done.stdout
  folder = pathlib.Path(trained[1].partition("=")[2]) / "report" / "interpret"
  assert done.stdout.splitlines()[-1] == str(folder / "interpret.md")
  page = (folder / "interpret.md").read_text()
  # 16 x 16 x 3 pixels, a block of 2 x 2 cells of 9, 8 filters.
  for name, size in {"Pixels": 768, "HOG": 36, "Network": 8}.items():
    assert f"| {name} | {size} |" in page
  names = {path.name for path in folder.iterdir()}
  assert names == {"interpret.md"} | {
    f"{name}.{form}" for name in FIGURES for form in ("png", "pdf")
  }
  for name in FIGURES:
    assert f"({name}.png)" in page
    assert cv2.imread(str(folder / f"{name}.png")).shape[1] == 1050


@pytest.mark.parametrize(
  "arguments, message",
  [
    (["--fold=0"], "expected a finished trial with its model"),
    (
      ["--fold=1", "--config.batch_size=4"],
      "expected trials of this config",
    ),
    (
      ["--fold=1", "--au=2"],
      "expected --au among the config's, [1, 12], got 2",
    ),
  ],
)
def test_what_it_cannot_show_is_one_sentence(trained, arguments, message):
  done = interpret(*trained, *arguments)
  assert done.returncode == 1
  assert done.stderr.startswith("error: ") and message in done.stderr
  assert done.stderr.count("\n") == 1
