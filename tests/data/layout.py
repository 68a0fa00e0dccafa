"""Writes miniature datasets in DISFA's layout for the tests."""

import pathlib

import cv2
import numpy as np


def intensities(rows, num_aus, *, seed=0):
  """Random intensities 0-5 `[rows, num_aus]`."""
  return np.random.default_rng(seed).integers(0, 6, (rows, num_aus))


def write_labels(folder, subject, aus, values, *, first_frame=1):
  """Writes one file per AU, `values` `[rows, AUs]`."""
  folder = pathlib.Path(folder) / subject
  folder.mkdir(parents=True, exist_ok=True)
  for column, au in enumerate(aus):
    lines = [
      f"{first_frame + i},{v}" for i, v in enumerate(values[:, column].tolist())
    ]
    (folder / f"{subject}_au{au}.txt").write_text("\n".join(lines) + "\n")


def paint(index, *, size=(64, 48)):
  """A BGR picture, green on its right, that tells an index below 36 by gray."""
  width, height = size
  picture = np.full((height, width, 3), (0, 200, 0), np.uint8)
  picture[: height // 2, : width // 2] = 20 + 40 * (index // 6)
  picture[height // 2 :, : width // 2] = 20 + 40 * (index % 6)
  return picture


def painted_index(picture):
  """The index that `paint` put into a picture of any size."""
  quarter = picture.shape[0] // 4, picture.shape[1] // 4
  top = picture[quarter[0], : quarter[1]].mean()
  bottom = picture[-quarter[0], : quarter[1]].mean()
  return 6 * round((top - 20) / 40) + round((bottom - 20) / 40)


def write_video(path, num_frames, *, fourcc="MJPG", size=(64, 48)):
  """Writes a video of painted frames."""
  path.parent.mkdir(parents=True, exist_ok=True)
  fourcc = cv2.VideoWriter_fourcc(*fourcc)
  writer = cv2.VideoWriter(str(path), fourcc, 20, size)
  assert writer.isOpened()
  for index in range(num_frames):
    writer.write(paint(index, size=size))
  writer.release()


def write_disfa(
  root,
  subjects,
  aus,
  *,
  rows=6,
  video_frames=None,
  side="Left",
  folder="Videos_{}Camera",
  truth=False,
):
  """Writes videos and labels of some subjects; returns their intensities."""
  root, written = pathlib.Path(root), {}
  for number, subject in enumerate(subjects):
    written[subject] = intensities(rows, len(aus), seed=number)
    write_labels(root / "ActionUnit_Labels", subject, aus, written[subject])
    if truth:
      values = intensities(rows, len(aus), seed=100 + number)
      write_labels(root / "Truth", subject, aus, values)
    path = root / folder.format(side) / f"{side}Video{subject}_comp.avi"
    write_video(path, video_frames or rows)
  return written
