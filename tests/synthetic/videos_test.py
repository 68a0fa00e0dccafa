import hashlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import cv2
import numpy as np
import pytest

from aujax import action_units
from aujax.data import disfa, folds, images
from aujax.synthetic import face, identity, motion, videos, workers

SMALL = {"num_subjects": 3, "num_frames": 12, "size": 48}


@pytest.fixture(scope="module")
def plan():
  return videos.script(videos.Request(**SMALL))


@pytest.fixture(scope="module")
def root(plan, tmp_path_factory):
  folder = tmp_path_factory.mktemp("synthetic") / "new"
  videos.write(folder, plan, processes=1, progress=False)
  return folder


def files(folder):
  return {
    str(path.relative_to(folder)): hashlib.md5(path.read_bytes()).hexdigest()
    for path in sorted(folder.rglob("*"))
    if path.is_file()
  }


def test_the_reader_of_disfa_finds_labels_and_truth(root, plan):
  aus = action_units.DISFA_ALL
  table = disfa.read(root, aus=aus)
  assert table.subjects == ["SN001", "SN003", "SN006"]
  columns = [action_units.SYNTHETIC.index(au) for au in aus]
  for name, labels, truth in zip(
    plan.subjects, plan.labels, plan.truth, strict=True
  ):
    rows = table.subject == name
    np.testing.assert_array_equal(table.labels[rows], labels[:, columns] >= 2)
    np.testing.assert_array_equal(table.truth[rows], truth[:, columns] >= 2)
    np.testing.assert_array_equal(table.frame[rows], range(1, 13))


def test_label_files_hold_frame_and_step(root, plan):
  path = root / "ActionUnit_Labels/SN006/SN006_au25.txt"
  column = action_units.SYNTHETIC.index(25)
  expected = [f"{i},{v}" for i, v in enumerate(plan.labels[1, :, column], 1)]
  assert path.read_text().splitlines() == expected


def test_videos_show_the_rendered_frames(root, plan):
  key = "Videos_LeftCamera/LeftVideoSN006_comp.avi#{}"
  found = list(images.read(root, [key.format(i) for i in range(12)]))
  assert len(found) == 12 and found[0].shape == (48, 48, 3)
  conditions = motion.captures(seed=0, subject=1, num_frames=12)
  head = face.Face(identity.sample(0, 1), size=48)
  rng = np.random.default_rng(0)
  for index in (0, 11):
    rendered = head.render(
      plan.intensities[1, index], conditions[index], rng=rng
    )
    # Motion JPEG and the draw of the sensor noise are in between.
    difference = np.abs(found[index].astype(float) - rendered)
    assert difference.mean() < 8


def test_frames_per_second_are_in_the_file(root):
  path = root / "Videos_LeftCamera/LeftVideoSN001_comp.avi"
  video = cv2.VideoCapture(str(path))
  assert video.get(cv2.CAP_PROP_FPS) == pytest.approx(20)


def test_bytes_follow_from_the_request_and_not_from_processes(
  root, plan, tmp_path
):
  videos.write(tmp_path, plan, processes=2, progress=False)
  assert files(tmp_path) == files(root)
  assert len(files(root)) == 3 + 2 * 3 * 12 + 1


def test_a_second_run_changes_nothing(root, plan):
  before = {path: path.stat().st_mtime_ns for path in root.rglob("*")}
  videos.write(root, plan, progress=False)
  assert before == {path: path.stat().st_mtime_ns for path in root.rglob("*")}


@pytest.mark.parametrize("lost", ["video", "labels", "truth"])
def test_what_is_lost_is_written_again(root, plan, lost):
  before = files(root)
  gone = {
    "video": "Videos_LeftCamera/LeftVideoSN001_comp.avi",
    "labels": "ActionUnit_Labels/SN001",
    "truth": "Truth/SN001",
  }[lost]
  os.rename(root / gone, root.parent / f"lost_{lost}")
  videos.write(root, plan, processes=1, progress=False)
  assert files(root) == before


def test_stopped_runs_leave_whole_subjects_and_go_on(
  root, plan, tmp_path, monkeypatch
):
  rendered = []

  def stop_at(picture):
    rendered.append(picture)
    if len(rendered) == 20:
      raise KeyboardInterrupt
    return picture

  original = workers.until_stopped
  monkeypatch.setattr(
    workers, "until_stopped", lambda pictures: map(stop_at, original(pictures))
  )
  with pytest.raises(KeyboardInterrupt):
    videos.write(tmp_path, plan, processes=1, progress=False)
  assert sorted(os.listdir(tmp_path / "Truth")) == ["SN001"]
  assert sorted(os.listdir(tmp_path / "ActionUnit_Labels")) == ["SN001"]
  assert len(os.listdir(tmp_path / "Videos_LeftCamera")) == 1
  assert not (tmp_path / ".partial").exists()
  monkeypatch.undo()
  videos.write(tmp_path, plan, processes=1, progress=False)
  assert files(tmp_path) == files(root)


def test_half_written_subjects_of_a_killed_run_are_dropped(
  root, plan, tmp_path
):
  half = tmp_path / ".partial" / "SN001"
  half.mkdir(parents=True)
  (half / "LeftVideoSN001_comp.avi").write_bytes(b"RIFF")
  videos.write(tmp_path, plan, processes=1, progress=False)
  assert files(tmp_path) == files(root)


def test_another_request_is_refused(root, tmp_path):
  other = videos.script(videos.Request(**SMALL | {"num_frames": 13}))
  before = files(root)
  with pytest.raises(ValueError, match="which has num_frames 12, got .* 13"):
    videos.write(root, other, progress=False)
  assert files(root) == before


def test_folders_of_other_origin_are_refused(plan, tmp_path):
  (tmp_path / "ActionUnit_Labels" / "SN001").mkdir(parents=True)
  with pytest.raises(ValueError, match="but no synthetic.json"):
    videos.write(tmp_path, plan, progress=False)
  assert os.listdir(tmp_path) == ["ActionUnit_Labels"]


def test_wrong_ways_to_write(plan, tmp_path):
  with pytest.raises(ValueError, match="at least one process, got 0"):
    videos.write(tmp_path, plan, processes=0)
  (tmp_path / "file").touch()
  with pytest.raises(NotADirectoryError, match="got the file .*; choose"):
    videos.write(tmp_path / "file", plan, processes=1)
  assert os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize("content", ["", "[1]", '{"format": 1'])
def test_damaged_requests_are_refused(plan, tmp_path, content):
  (tmp_path / "synthetic.json").write_text(content)
  with pytest.raises(ValueError, match="expected the request of a synthetic"):
    videos.write(tmp_path, plan, progress=False)


@pytest.mark.parametrize(
  "wrong, says",
  [
    ({"preset": "gft"}, "expected a preset of"),
    ({"aus": (1, 3)}, r"got \[3\]"),
    ({"num_subjects": 0}, "at least one subject"),
    ({"seed": -1}, "a seed of 0 or more"),
    ({"fps": 0.9}, "1 frame per second or more, got 0.9"),
    ({"size": 33}, "an even size"),
    ({"noise": 3.0}, "noise in"),
  ],
)
def test_wrong_requests(wrong, says):
  with pytest.raises(ValueError, match=says):
    videos.Request(**wrong)


@pytest.mark.parametrize("preset, num", [("disfa", 27), ("bp4d", 41)])
def test_subjects_are_the_datasets_in_turns_from_its_folds(preset, num):
  dealt = folds.published(preset)
  names = videos.subjects(preset, num)
  assert sorted(names) == sorted(dealt)
  assert [dealt[name] for name in names] == [i % 3 for i in range(num)]
  more = videos.subjects(preset, num + 2)
  assert more[:num] == names and len(set(more)) == num + 2


def test_bp4ds_aus_and_names(tmp_path):
  request = videos.Request(preset="bp4d", **SMALL | {"num_subjects": 1})
  videos.write(tmp_path, videos.script(request), progress=False)
  labels = os.listdir(tmp_path / "ActionUnit_Labels" / "F001")
  assert len(labels) == 12 and "F001_au10.txt" in labels
  written = json.loads((tmp_path / "synthetic.json").read_text())
  assert written["aus"] == list(action_units.BP4D)


COMMAND = [sys.executable, "-m", "aujax.commands.synthesize"]
HOME = pathlib.Path(videos.__file__).parents[2]


def test_interrupted_command_ends_at_once_and_continues(tmp_path):
  output = tmp_path / "out"
  command = [*COMMAND, f"--output={output}", "--subjects=4", "--frames=3000"]
  process = subprocess.Popen(
    command, cwd=HOME, stderr=subprocess.PIPE, start_new_session=True, text=True
  )
  deadline = time.monotonic() + 60
  while not list(output.glob(".partial/*/*.avi")):
    assert time.monotonic() < deadline
    time.sleep(0.05)
  os.killpg(process.pid, signal.SIGINT)
  _, errors = process.communicate(timeout=30)
  assert process.returncode == 130 and "interrupted" in errors
  assert "Traceback" not in errors
  assert [path.name for path in output.iterdir()] == ["synthetic.json"]


def test_command_prints_rates_and_agreement(tmp_path):
  command = [*COMMAND, f"--output={tmp_path}", "--subjects=3", "--frames=20"]
  done = subprocess.run(
    [*command, "--size=48", "--aus=AU12,25", "--processes=1"],
    cwd=HOME,
    capture_output=True,
    text=True,
  )
  assert done.returncode == 0, done.stderr
  lines = done.stdout.splitlines()
  assert lines[0].split() == [
    "label",
    "%",
    "truth",
    "%",
    "preset",
    "%",
    "kappa",
  ]
  assert [line.split()[0] for line in lines[1:4]] == ["AU12", "AU25", "mean"]
  assert "60 frames" in lines[4]
