"""The commands as a person calls them: real processes, real exit codes."""

import os
import pathlib
import subprocess
import sys

import pytest

import aujax

ROOT = pathlib.Path(aujax.__file__).parent.parent
QUICKSTART = f"--config={ROOT / 'configs' / 'quickstart.py'}"
COMMANDS = sorted(
  path.stem
  for path in (ROOT / "aujax" / "commands").glob("*.py")
  if not path.stem.startswith("_")
)


def call(command, *arguments, console=False, **environment):
  start = [sys.executable, "-m", f"aujax.commands.{command}"]
  if console:
    start = [str(pathlib.Path(sys.executable).parent / f"aujax-{command}")]
  return subprocess.run(
    [*start, *arguments],
    capture_output=True,
    text=True,
    check=False,
    cwd="/",
    env={**os.environ, **environment},
  )


@pytest.mark.parametrize("console", [False, True])
@pytest.mark.parametrize("command", COMMANDS)
def test_help_says_what_it_does_and_lists_its_flags(command, console):
  out = call(command, "--help", console=console).stdout
  module = (ROOT / "aujax" / "commands" / f"{command}.py").read_text()
  assert module.split('"""')[1].splitlines()[0] in out
  own = [line for line in out.splitlines() if line.startswith("  --")]
  assert own and "usage" not in out.lower()


@pytest.mark.parametrize(
  "arguments, expected",
  [
    ([], "--config must have a value"),
    (["--config=nowhere.py", "--workdir=w"], "found no file nowhere.py"),
    ([QUICKSTART, "--workdir=w", "--config.bacth_size=1"], "'bacth_size'"),
    ([QUICKSTART, "--workdir=w", "--config.batch_size=x"], "batch_size=x"),
    ([QUICKSTART, "--workdir=w", "--wrokdir=w"], "Did you mean: workdir"),
    ([QUICKSTART, "--workdir=w", "more"], "flags only, got 'more'"),
    ([QUICKSTART, "--workdir=w"], "/quickstart/records"),
    ([QUICKSTART, "--workdir=w", "--config.records=/etc"], "aujax-prepare"),
  ],
)
def test_bad_input_is_one_sentence_and_exit_code_1(arguments, expected):
  done = call("crossvalidate", *arguments)
  assert done.returncode == 1
  assert expected in done.stderr
  assert done.stderr.startswith("error: ")
  assert len(done.stderr.strip().splitlines()) == 1
  assert not pathlib.Path("/w").exists()


def test_the_traceback_is_there_for_those_who_ask():
  done = call("crossvalidate", QUICKSTART, "--workdir=w", AUJAX_TRACEBACK="1")
  assert done.returncode == 1 and "Traceback" in done.stderr


def test_a_missing_package_is_one_sentence():
  code = """
from aujax.commands import _app

def main(argv):
  raise ModuleNotFoundError('expected the package that\\nis missing')

_app.run(main)
"""
  done = subprocess.run(
    [sys.executable, "-c", code], capture_output=True, text=True, check=False
  )
  assert done.returncode == 1
  assert done.stderr == "error: expected the package that is missing\n"
