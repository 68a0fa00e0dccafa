import csv
import os
import pathlib
import signal
import subprocess
import sys

import cv2
import numpy as np
import pytest
from pyarrow import parquet

from tests.commands import app_test
from tests.data import layout
from tests.faces import pictures
from tests.prediction import making


@pytest.fixture(scope="module")
def models(tmp_path_factory):
  root = tmp_path_factory.mktemp("models")
  making.write_model(root / "mtcnn")
  making.write_model(root / "none", alignment="none", margin=0.0)
  return root


def predict(*arguments, **environment):
  return app_test.call("predict", *map(str, arguments), **environment)


def read(path):
  with pathlib.Path(path).open(newline="") as file:
    return list(csv.DictReader(file))


def write_odd_pictures(root):
  """Pictures of one face by name; where not it stands in the name."""
  face, _ = pictures.frame(2)
  grey = cv2.cvtColor(face, cv2.COLOR_RGB2GRAY)
  alpha = np.concatenate([face, np.full_like(face[..., :1], 9)], 2)
  making.write_picture(root / "alpha.png", alpha)
  making.write_picture(root / "deep.png", face.astype(np.uint16) * 257)
  making.write_picture(root / "grey.png", grey)
  making.write_picture(root / "grey_deep.png", grey.astype(np.uint16) * 257)
  making.write_picture(root / "nobody.png", making.nobody())
  making.write_picture(root / "nobody_tiny.png", face[:8, :10])
  large = cv2.resize(face, (6000, 4000), interpolation=cv2.INTER_CUBIC)
  making.write_picture(root / "large.jpg", large)
  left = np.ascontiguousarray(np.rot90(face)[..., ::-1])
  jpeg = cv2.imencode(".jpg", left)[1].tobytes()
  (root / "turned.jpg").write_bytes(making.turned(jpeg))


def write_bad_files(root):
  jpeg = cv2.imencode(".jpg", layout.paint(3))[1].tobytes()
  (root / "bad.jpg").write_bytes(jpeg[: len(jpeg) // 3])
  png = cv2.imencode(".png", layout.paint(3))[1].tobytes()
  (root / "bad.png").write_bytes(png[: len(png) // 2])
  (root / "bad_text.mp4").write_text("no video")
  layout.write_video(root / "bad_empty.avi", 0)


def test_what_does_not_read_does_not_stop_the_rest(models, tmp_path):
  write_odd_pictures(tmp_path)
  write_bad_files(tmp_path)
  table = tmp_path / "rows.csv"
  done = predict(models / "mtcnn", tmp_path, f"--output={table}")
  assert done.returncode == 1
  errors = [
    line for line in done.stderr.splitlines() if line.startswith("error: ")
  ]
  assert len(errors) == 4
  for error, name in zip(
    errors, (".jpg", ".png", "_empty", "_text"), strict=True
  ):
    assert "expected a" in error and f"{tmp_path}/bad{name}" in error
  assert "8 of 12 files, 8 frames, 2 without a face, " in done.stdout
  assert done.stdout.splitlines()[-1] == str(table)
  rows = {pathlib.Path(row["input"]).stem: row for row in read(table)}
  assert len(rows) == 8 and not table.with_name("rows.csv.progress").exists()
  for name, row in rows.items():
    assert (row["frame"], row["timestamp"]) == ("0", "0.0")
    face = list(row.values())[3:]
    assert all(face) if "nobody" not in name else not any(face)
  assert float(rows["large"]["width"]) > 1500
  apart = float(rows["turned"]["x"]) - float(rows["alpha"]["x"])
  assert abs(apart) < 12
  assert rows["deep"] | {"input": ""} == rows["alpha"] | {"input": ""}


def test_a_killed_run_goes_on_to_the_same_bytes(models, tmp_path):
  images, _ = making.moving(24, seed=4, sizes=(130, 120))
  making.write_video(tmp_path / "a.avi", images)
  making.write_picture(tmp_path / "b.png", images[0])
  names = [models / "mtcnn", tmp_path / "a.avi", tmp_path / "b.png"]
  names += ["--every=4", "--batch_size=8"]
  whole = tmp_path / "whole.csv"
  assert predict(*names, f"--output={whole}").returncode == 0
  table = tmp_path / "rows.csv"
  killed = """
import os, signal
from aujax.commands import predict
from aujax.prediction import rows

add, count = rows.Writer.add, 0

def killed(self, some):
  global count
  add(self, some)
  self._file.flush()
  count += 1
  if count == 2:
    os.kill(os.getpid(), signal.SIGKILL)

rows.Writer.add = killed
predict.run()
"""
  arguments = [*map(str, names), f"--output={table}"]
  done = subprocess.run([sys.executable, "-c", killed, *arguments], check=False)
  assert done.returncode == -signal.SIGKILL
  assert len(table.read_bytes()) < len(whole.read_bytes())
  assert table.with_name("rows.csv.progress").exists()
  done = predict(*arguments)
  assert done.returncode == 0, done.stderr
  assert "2 of 2 files, 25 frames, 0 without" in done.stdout
  assert table.read_bytes() == whole.read_bytes()


def test_parquet(models, tmp_path):
  making.write_video(tmp_path / "a.avi", making.moving(3)[0])
  table = tmp_path / "rows.parquet"
  done = predict(models / "none", tmp_path, f"--output={table}")
  assert (done.returncode, done.stderr) == (0, "")
  assert "1 of 1 files, 3 frames, 0 without a face" in done.stdout
  assert parquet.read_table(table)["frame"].to_pylist() == [0, 1, 2]


def test_what_else_is_drawn(models, tmp_path):
  making.write_video(tmp_path / "a.avi", making.moving(3)[0])
  call = [models / "none", tmp_path / "a.avi", f"--output={tmp_path}/rows.csv"]
  page, drawn = tmp_path / "rows.html", tmp_path / "drawn.mp4"
  page.touch()
  call += [f"--annotate={drawn}", f"--timeline={page}"]
  done = predict(*call)
  assert done.returncode == 1 and "--timeline or --overwrite" in done.stderr
  assert not (tmp_path / "rows.csv").exists() and not drawn.exists()
  page.unlink()
  done = predict(*call)
  assert (done.returncode, done.stderr) == (0, "")
  assert page.stat().st_size and drawn.stat().st_size


def test_where_nothing_reads_there_is_one_sentence_and_no_table(
  models, tmp_path
):
  write_bad_files(tmp_path)
  table = tmp_path / "rows.csv"
  path = tmp_path / "bad_text.mp4"
  done = predict(models / "none", path, f"--output={table}")
  assert done.returncode == 1
  assert done.stderr.startswith("error: expected a video that OpenCV decodes")
  assert done.stderr.count("\n") == 1
  done = predict(models / "none", tmp_path, f"--output={table}")
  assert done.returncode == 1
  assert "none of 4 inputs could be read; the first: expected" in done.stderr
  assert not list(tmp_path.glob("rows*"))


@pytest.mark.parametrize(
  ("arguments", "message"),
  [
    ([], "expected a model and pictures or videos"),
    (["model"], "got model"),
    (["model", "nowhere.mp4"], "found none"),
    (["nowhere", __file__], "expected a model folder"),
    (["model", __file__, "--timeline=a.mp4"], "end with .html, got a.mp4"),
    (["model", __file__, "--timeline=nowhere/a.html"], "expected a folder at"),
    (["model", __file__, "--output=a.txt"], "end with .csv or .parquet, got"),
    (["model", __file__, "--output="], "--output=rows.csv, got none"),
    (
      ["model", app_test.ROOT / "docs", "--annotate=a.mp4"],
      "one input with --annotate",
    ),
  ],
)
def test_what_cannot_be_is_one_sentence(tmp_path, arguments, message):
  done = predict(f"--output={tmp_path / 'rows.csv'}", *arguments)
  assert done.returncode == 1 and message in done.stderr
  assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1
  assert not list(tmp_path.iterdir())


def test_compiled_programs_are_kept(models, tmp_path):
  making.write_picture(tmp_path / "a.png", layout.paint(3))
  environment = {"JAX_COMPILATION_CACHE_DIR": "", "XDG_CACHE_HOME": ""}
  environment["HOME"] = str(tmp_path)
  table = f"--output={tmp_path / 'rows.csv'}"
  picture = tmp_path / "a.png"
  assert not predict(models / "none", picture, table, **environment).returncode
  assert list((tmp_path / ".cache" / "aujax" / "compiled").iterdir())


def test_without_the_detectors_package(models, tmp_path):
  making.write_picture(tmp_path / "a.png", layout.paint(3))
  code = "import sys; sys.modules['mtcnn'] = None\n"
  code += "from aujax.commands import predict; predict.run()"
  arguments = [models / "mtcnn", tmp_path, f"--output={tmp_path / 'rows.csv'}"]
  done = subprocess.run(
    [sys.executable, "-c", code, *map(str, arguments)],
    capture_output=True,
    text=True,
    check=False,
    env=os.environ,
  )
  assert done.returncode == 1
  assert done.stderr.startswith("error: ") and "aujax[faces]" in done.stderr
  assert done.stderr.count("\n") == 1
