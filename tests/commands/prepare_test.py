import subprocess
import sys

import pytest

from aujax.data import disfa, records
from tests.data import layout

AUS = (1, 2, 4, 6, 9, 12, 25, 26)


def prepare(*arguments):
  command = [sys.executable, "-m", "aujax.commands.prepare", *arguments]
  return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def root(tmp_path):
  layout.write_disfa(tmp_path / "in", ["SN001", "SN002"], AUS, rows=7)
  return tmp_path / "in"


def test_prepares_once_and_says_so(root, tmp_path):
  call = [f"--root={root}", f"--output={tmp_path / 'r'}", "--size=24"]
  first = prepare(*call, "--stride=3")
  assert first.returncode == 0, first.stderr
  table = records.open_(tmp_path / "r").table
  assert table.frame.tolist() == [1, 4, 7, 1, 4, 7]
  assert "wrote" in first.stdout and "6 frames of 2 subjects" in first.stdout
  rate = (table.labels[:, 3] == 1).mean()
  assert f"AU06  present {rate:6.1%}\n" in first.stdout
  again = prepare(*call, "--stride=3")
  assert again.returncode == 0 and "already prepared" in again.stdout


def test_options_reach_the_reader_and_are_said(root, tmp_path):
  call = [f"--root={root}", f"--output={tmp_path / 'r'}", "--size=24"]
  done = prepare(*call, "--option=positive=1", "--aus=1,12")
  assert done.returncode == 0, done.stderr
  assert done.stdout.startswith("read disfa with camera=left, positive=1, ")
  table = records.open_(tmp_path / "r").table
  expected = disfa.read(root, aus=(1, 12), positive=1)
  assert table.digest() == expected.digest()


def test_another_dataset(tmp_path):
  (tmp_path / "in").mkdir()
  layout.write_video(tmp_path / "in" / "a.avi", 3)
  (tmp_path / "in" / "my.csv").write_text("path,subject,AU4\na.avi#1,anna,1\n")
  done = prepare(
    "--dataset=manifest",
    f"--root={tmp_path / 'in'}",
    "--option=manifest=my.csv",
    f"--output={tmp_path / 'r'}",
    "--size=24",
  )
  assert done.returncode == 0, done.stderr
  table = records.open_(tmp_path / "r").table
  assert table.aus == (4,) and table.subjects == ["anna"]


@pytest.mark.parametrize(
  ("option", "error"),
  [
    ("colour=red", "expected --option among disfa's, camera, positive, labels"),
    ("positive", "expected --option=KEY=VALUE such as --option=positive=1"),
    ("positive=high", "expected --option=positive like its default, 2, got"),
    ("camera=top", "expected camera 'left' or 'right', got 'top'"),
  ],
)
def test_wrong_options(root, tmp_path, option, error):
  assert_refused(root, tmp_path, f"--option={option}", error)


@pytest.mark.parametrize(
  ("flag", "error"),
  [
    ("--margin=0.1", "expected no margin without alignment, got 0.1"),
    ("--align=eyes", "value should be one of <none|mtcnn|landmarks>"),
    ("--align=landmarks", "expected DISFA's landmarks at"),
    ("--workers=0", "expected 1 worker or more, got 0"),
    ("--beam_options=--x", "expected --beam_runner beside --beam_options"),
  ],
)
def test_wrong_flags(root, tmp_path, flag, error):
  assert_refused(root, tmp_path, flag, error)


def assert_refused(root, tmp_path, flag, error):
  done = prepare(f"--root={root}", f"--output={tmp_path / 'r'}", flag)
  assert done.returncode == 1 and error in done.stderr
  assert len(done.stderr.strip().splitlines()) == 1
  assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_a_dry_run_writes_nothing(root, tmp_path):
  before = sorted(tmp_path.rglob("*"))
  done = prepare(f"--root={root}", "--dry_run", "--stride=2")
  assert done.returncode == 0, done.stderr
  assert "2 files in 2 units of work" in done.stdout
  assert "MB, by 2 of them" in done.stdout
  assert "8 frames of 2 subjects" in done.stdout and "AU01" in done.stdout
  assert sorted(tmp_path.rglob("*")) == before


def test_what_was_skipped_is_said(root, tmp_path):
  layout.write_video(root / "Videos_LeftCamera" / "LeftVideoSN002_comp.avi", 4)
  call = [f"--root={root}", f"--output={tmp_path / 'r'}", "--size=24"]
  for _ in range(2):
    done = prepare(*call)
    assert done.returncode == 0, done.stderr
    assert "11 frames of 2 subjects" in done.stdout
    assert f"listed in {tmp_path / 'r' / 'skipped.csv'}" in done.stdout
    assert "  3 the video ends before this frame" in done.stdout
  assert "already prepared" in done.stdout


def test_bad_input_is_one_sentence_and_exit_code_1(root, tmp_path):
  path = root / "ActionUnit_Labels" / "SN002" / "SN002_au9.txt"
  path.write_text(path.read_text().replace("4,", "4;"))
  done = prepare(f"--root={root}", f"--output={tmp_path / 'r'}")
  assert done.returncode == 1
  assert "SN002_au9.txt, line 4" in done.stderr
  assert len(done.stderr.strip().splitlines()) == 1
  assert not (tmp_path / "r").exists()
  done = prepare(f"--root={root}")
  assert done.returncode == 1 and "--output" in done.stderr
