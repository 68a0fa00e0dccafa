import json
import pathlib
import signal
import subprocess
import sys
import time

import pytest

ROOT = pathlib.Path(__file__).parents[2]
NUM_EPOCHS = 12


def start(folder):
  return subprocess.Popen(
    [
      *(sys.executable, "-m", "tests.training.worker"),
      *(str(folder), "replicate", str(NUM_EPOCHS), "1"),
    ],
    cwd=ROOT,
    stdout=subprocess.PIPE,
    text=True,
  )


def finish(process):
  output, _ = process.communicate(timeout=120)
  assert process.returncode == 0
  return json.loads(output.splitlines()[-1])["digest"]


def metrics(folder):
  lines = (folder / "metrics.jsonl").read_text().splitlines()
  return [{**json.loads(line), "seconds": None} for line in lines]


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
  folder = tmp_path_factory.mktemp("unbroken")
  return finish(start(folder)), metrics(folder)


@pytest.mark.parametrize("sign", ["a whole save", "a half save"])
def test_sigkill_and_restart_end_with_the_same_bits(tmp_path, unbroken, sign):
  process, deadline = start(tmp_path), time.monotonic() + 60
  while not seen(tmp_path / "checkpoints", sign):
    assert process.poll() is None and time.monotonic() < deadline
    time.sleep(0.002)
  process.kill()
  process.communicate()
  assert process.returncode == -signal.SIGKILL
  assert finish(start(tmp_path)) == unbroken[0]
  assert metrics(tmp_path) == unbroken[1]


def seen(folder, sign):
  names = [path.name for path in folder.glob("*")]
  if sign == "a whole save":
    return any(name.isdigit() for name in names)
  # One under way while an older one is there.
  return len(names) > 1 and not all(name.isdigit() for name in names)
