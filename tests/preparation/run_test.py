import csv
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time

import cv2
import numpy as np
import pytest

from aujax import preparation
from aujax.data import disfa, mark, records
from aujax.data import table as table_lib
from aujax.preparation import crops, parts
from tests.data import layout

AUS = (1, 2, 12)
RECIPE = preparation.Recipe(size=16)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
  root = tmp_path_factory.mktemp("disfa")
  layout.write_disfa(root, ["SN001", "SN002", "SN003"], AUS, rows=8, truth=True)
  return root


@pytest.fixture
def table(root):
  return disfa.read(root, aus=AUS)


def prepare(table, root, directory, recipe=RECIPE, *, workers=1, **options):
  return preparation.prepare(
    table, root, directory, recipe, workers=workers, **options
  )


def pictures_table(names):
  names = np.array(names)
  labels, frames = np.zeros((len(names), 1)), np.arange(len(names))
  return table_lib.Table((1,), names, labels, names, names, frames)


def skipped(directory):
  with (directory / "skipped.csv").open() as file:
    return [(r["image"], r["reason"]) for r in csv.DictReader(file)]


def assert_same(one, other):
  one, other = records.open_(one), records.open_(other)
  assert one.table.digest() == other.table.digest()
  assert one.digest == other.digest
  for row in range(len(one.table)):
    assert one.source[row] == other.source[row]


@pytest.mark.parametrize(
  "workers, lossless", [(1, True), (1, False), (2, False)]
)
def test_any_number_of_workers_writes_what_one_function_does(
  root, table, tmp_path, workers, lossless
):
  # Neither sorted nor complete, with a frame that comes twice.
  table = table.select(np.array([20, 3, 4, 9, 0, 23, 23, 1, 2]))
  recipe = preparation.Recipe(size=16, lossless=lossless)
  assert prepare(table, root, tmp_path / "r", recipe, workers=workers)
  records.write(table, root, tmp_path / "w", size=16, lossless=lossless)
  assert_same(tmp_path / "r", tmp_path / "w")
  assert not (tmp_path / "r" / "skipped.csv").exists()
  assert sorted(path.name for path in tmp_path.iterdir()) == ["r", "w"]
  assert not prepare(table, root, tmp_path / "r", recipe)
  opened = records.open_(tmp_path / "r")
  assert opened.alignment == "none" and opened.margin == 0


def test_older_records_are_known(root, table, tmp_path):
  prepare(table, root, tmp_path / "r")
  path = tmp_path / "r" / "records.json"
  said = json.loads(path.read_text())
  del said["alignment"], said["margin"]
  path.write_text(json.dumps(said))
  assert not prepare(table, root, tmp_path / "r")


def test_a_bad_video_stops_nothing(tmp_path):
  layout.write_disfa(tmp_path, ["SN001", "SN002", "SN003"], AUS, rows=8)
  table = disfa.read(tmp_path, aus=AUS)
  videos = tmp_path / "Videos_LeftCamera"
  layout.write_video(videos / "LeftVideoSN002_comp.avi", 5)
  (videos / "LeftVideoSN003_comp.avi").write_bytes(b"no video")
  prepare(table, tmp_path, tmp_path / "r")
  opened = records.open_(tmp_path / "r")
  assert opened.table.digest() == table.select(slice(13)).digest()
  for row in range(13):
    shown = layout.painted_index(opened.picture(row))
    assert shown == table.frame[row] - 1
  expected = [crops.ENDS_EARLY] * 3 + [crops.UNDECODABLE] * 8
  rows = skipped(tmp_path / "r")
  assert [image for image, _ in rows] == table.image[13:].tolist()
  assert [reason for _, reason in rows] == expected
  assert not prepare(table, tmp_path, tmp_path / "r")
  layout.write_video(videos / "LeftVideoSN002_comp.avi", 8)
  with pytest.raises(FileExistsError, match="differ in files"):
    prepare(table, tmp_path, tmp_path / "r")


def test_a_bad_picture_stops_nothing(tmp_path):
  names = ["a.png", "gone.png", "cut.jpg", "empty.jpg", "b.png"]
  picture = layout.paint(7)
  for name in ("a.png", "b.png"):
    cv2.imwrite(str(tmp_path / name), picture)
  whole = cv2.imencode(".jpg", picture)[1].tobytes()
  (tmp_path / "cut.jpg").write_bytes(whole[: len(whole) // 2])
  (tmp_path / "empty.jpg").touch()
  prepare(pictures_table(names), tmp_path, tmp_path / "r")
  opened = records.open_(tmp_path / "r")
  assert opened.table.image.tolist() == ["a.png", "b.png"]
  assert layout.painted_index(opened.picture(1)) == 7
  assert skipped(tmp_path / "r") == [
    ("gone.png", crops.NO_FILE),
    ("cut.jpg", crops.UNDECODABLE),
    ("empty.jpg", crops.UNDECODABLE),
  ]


def test_nothing_to_write_is_an_error(tmp_path):
  table = pictures_table(["a.png", "b.png"])
  with pytest.raises(ValueError, match="got none: 2 no such file; .* a.png"):
    prepare(table, tmp_path, tmp_path / "r")
  assert not list(tmp_path.iterdir())


KILLED = """
import os, signal, sys
from aujax import preparation
from aujax.data import disfa
from aujax.preparation import crops
cut = crops.cut
def cut_until_killed(root, table, recipe):
  for number, crop in enumerate(cut(root, table, recipe)):
    if table.subject[0] == "SN002" and number == 5:
      os.kill(os.getpid(), signal.SIGKILL)
    yield crop
crops.cut = cut_until_killed
table = disfa.read(sys.argv[1], aus=(1, 2, 12))
recipe = preparation.Recipe(size=16)
preparation.prepare(
  table, sys.argv[1], sys.argv[2], recipe, workers=1, overwrite=True
)
"""


def test_killed_it_goes_on_with_what_was_done(
  root, table, tmp_path, monkeypatch
):
  target, folder = tmp_path / "r", tmp_path / ".r.incomplete" / "parts"
  prepare(table, root, target, preparation.Recipe(size=24))
  command = [sys.executable, "-c", KILLED, str(root), str(target)]
  done = subprocess.run(command, cwd=os.getcwd(), check=False)
  assert done.returncode == -signal.SIGKILL
  assert [path.name for path in folder.glob("*.arrow")] == ["000000.arrow"]
  assert parts.begun(folder) == [1]
  assert records.open_(target).size == 24
  read = count_subjects(monkeypatch)
  assert prepare(table, root, target, overwrite=True)
  assert read == ["SN002", "SN003"]
  prepare(table, root, tmp_path / "new")
  assert_same(target, tmp_path / "new")
  assert sorted(path.name for path in tmp_path.iterdir()) == ["new", "r"]


def test_another_request_begins_anew(root, table, tmp_path, monkeypatch):
  command = [sys.executable, "-c", KILLED, str(root), str(tmp_path / "r")]
  subprocess.run(command, cwd=os.getcwd(), check=False)
  read = count_subjects(monkeypatch)
  prepare(table, root, tmp_path / "r", preparation.Recipe(size=24))
  assert read == ["SN001", "SN002", "SN003"]
  assert records.open_(tmp_path / "r").size == 24


def test_killed_at_the_last_moment_it_leaves_nothing(
  root, table, tmp_path, monkeypatch
):
  replace = mark.replace

  def replace_and_stop(*arguments):
    replace(*arguments)
    raise KeyboardInterrupt

  with monkeypatch.context() as patch:
    patch.setattr(mark, "replace", replace_and_stop)
    with pytest.raises(KeyboardInterrupt):
      prepare(table, root, tmp_path / "r")
  assert (tmp_path / ".r.incomplete").exists()
  assert not prepare(table, root, tmp_path / "r")
  assert [path.name for path in tmp_path.iterdir()] == ["r"]


def count_subjects(monkeypatch):
  read, cut = [], crops.cut

  def cut_and_count(root, table, recipe):
    read.append(table.subject[0])
    return cut(root, table, recipe)

  monkeypatch.setattr(crops, "cut", cut_and_count)
  return read


def test_a_killed_worker_is_told_with_its_file(tmp_path):
  noise = np.random.default_rng(0).integers(0, 256, (1500, 1500, 3), np.uint8)
  for name in ("a.png", "b.png"):
    cv2.imwrite(str(tmp_path / name), noise)
  # Two units that take long.
  table = pictures_table(["a.png"] * 512 + ["b.png"] * 512)
  folder = tmp_path / ".r.incomplete" / "parts"

  def kill():
    while not folder.is_dir() or len(parts.begun(folder)) < 2:
      time.sleep(0.01)
    # The first: that others died is noticed when a unit is done.
    first = min(child.pid for child in multiprocessing.active_children())
    os.kill(first, signal.SIGKILL)

  killer = threading.Thread(target=kill)
  killer.start()
  with pytest.raises(
    ChildProcessError, match="killed from outside while at [ab].png"
  ):
    prepare(table, tmp_path, tmp_path / "r", workers=2)
  killer.join()


def test_wrong_options_are_refused(root, table, tmp_path):
  for options in (
    {"margin": 0.1},
    {"alignment": "mtcnn", "margin": 2.0},
    {"alignment": "eyes"},
  ):
    with pytest.raises(ValueError, match="expected"):
      preparation.Recipe(**options)
  for recipe in (
    preparation.Recipe(size=0),
    preparation.Recipe(quality=101),
    preparation.Recipe(alignment="mtcnn", min_face=5.0),
    preparation.Recipe(alignment="mtcnn", every=0),
    preparation.Recipe(alignment="landmarks", dataset="gft"),
  ):
    with pytest.raises(ValueError, match="expected"):
      prepare(table, root, tmp_path / "r", recipe)
  with pytest.raises(ValueError, match="1 worker or more, got 0"):
    prepare(table, root, tmp_path / "r", workers=0)
  with pytest.raises(ValueError, match="at least one frame"):
    prepare(table.select(slice(0)), root, tmp_path / "r")
  assert not list(tmp_path.iterdir())
