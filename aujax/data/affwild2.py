"""Reader of Aff-Wild2 (Kollias and Zafeiriou 2018) with its cropped faces.

    annotations/AU_Set/Training_Set/<video>.txt    a line for each frame
    annotations/AU_Set/Validation_Set/<video>.txt
    cropped_aligned/<video>/00001.jpg

The first line names the AUs, 8 in the release of 2020 and 12 later; after it,
line k is frame k, from 1. Labels are 1, 0 and -1 for unknown.
"""

import os
import pathlib
import re
from collections.abc import Sequence

import numpy as np

from aujax import action_units
from aujax.data import table as table_lib

_FOLDERS = {
  "train": ("train",),
  "validation": ("val",),
  "both": ("train", "val"),
}
_LABELS = {"1": 1, "0": 0, "-1": action_units.UNKNOWN}


def read(
  root: str | pathlib.Path,
  *,
  split: str = "both",
  aus: Sequence[int] | None = None,
  labels: str | None = None,
  images: str = "cropped_aligned",
) -> table_lib.Table:
  r"""Reads the labels of all videos and finds their cropped faces.

  A frame in which no face was cropped has no picture and is left out. One whose
  AUs are all unknown is kept: `table.select(table.mask.any(1))` leaves it out.

  Args:
    root: Folder that holds "annotations" and the pictures' folder.
    split: "train", "validation" or "both".
    aus: AUs to read, one column each; None reads those in the files' headers.
    labels: The folder under root that holds the splits' folders, whose names
      begin with "Train" and "Val". None takes the one folder in "annotations"
      whose name begins with "AU".
    images: Name of the folder with a folder of pictures for each video.

  Returns:
    A table sorted by split, video and frame. A sequence is a video's name, and
    so is a subject, without "_left" or "_right" at its end: these are parts of
    one recording. Who is seen in several videos was not published.

  Raises:
    FileNotFoundError: If a folder or all pictures of a video are missing.
    ValueError: If a label file is malformed, naming file and line.

  Example:
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as root:
    ...   file = pathlib.Path(root, "annotations/AU_Set/Train_Set/7_left.txt")
    ...   picture = pathlib.Path(root, "cropped_aligned/7_left/00002.jpg")
    ...   for path in (file, picture):
    ...     path.parent.mkdir(parents=True)
    ...   _ = file.write_text("AU1,AU25\n0,0\n1,-1\n")
    ...   picture.touch()
    ...   table = read(root, split="train")
    >>> table.aus, table.labels, table.frame, table.subjects
    ((1, 25), array([[ 1, -1]], dtype=int8), array([2]), ['7'])
  """
  root = pathlib.Path(root)
  if split not in _FOLDERS:
    raise ValueError(f"expected split in {list(_FOLDERS)}, got {split!r}")
  folder = root / labels if labels else _only(root / "annotations", "AU")
  files = []
  for prefix in _FOLDERS[split]:
    found = sorted(_only(folder, prefix).glob("[!.]*.txt"))
    if not found:
      raise FileNotFoundError(
        f"expected a file of labels for each video in {_only(folder, prefix)}, "
        "found none"
      )
    files += found
  table = table_lib.concatenate([_read_video(f, root, images) for f in files])
  missing = [au for au in aus or () if au not in table.aus]
  if missing:
    raise ValueError(
      f"expected AU {missing[0]} in a header in {folder}, found AU "
      f"{sorted(table.aus)}; ask for these only"
    )
  return table.project(aus or table.aus)


def _only(folder: pathlib.Path, prefix: str) -> pathlib.Path:
  """Returns the one folder in `folder` whose name begins with the prefix."""
  subs = sorted(folder.iterdir()) if folder.is_dir() else []
  found = [
    sub
    for sub in subs
    if sub.is_dir() and sub.name.lower().startswith(prefix.lower())
  ]
  if len(found) != 1:
    raise FileNotFoundError(
      f"expected one folder that begins with {prefix!r} in {folder}, found "
      f"{[sub.name for sub in found]}; give as labels the folder that holds "
      "those of the splits"
    )
  return found[0]


def _read_video(
  path: pathlib.Path, root: pathlib.Path, images: str
) -> table_lib.Table:
  aus, labels = _read_labels(path)
  video, folder = path.stem, root / images / path.stem
  names = os.listdir(folder) if folder.is_dir() else []
  matches = (re.fullmatch(r"(\d+)\.jpg", name) for name in names)
  pictures = {int(match[1]): match[0] for match in matches if match}
  if not pictures:
    raise FileNotFoundError(
      f"expected pictures such as 00001.jpg in {folder}, as {path} has labels "
      "for them, found none; extract the crops again or remove the label file"
    )
  frame = [k for k in range(1, len(labels) + 1) if k in pictures]
  keys = [f"{images}/{video}/{pictures[k]}" for k in frame]
  subject = re.sub("[-_](left|right)$", "", video)
  return table_lib.Table(
    aus=aus,
    image=np.array(keys, np.str_),
    labels=labels[np.array(frame, np.int64) - 1],
    subject=np.full(len(frame), subject),
    sequence=np.full(len(frame), video),
    frame=np.array(frame, np.int64),
  )


def _read_labels(path: pathlib.Path) -> tuple[tuple[int, ...], np.ndarray]:
  """Returns `(aus, labels [frames, T])`."""
  text = path.read_text(encoding="utf-8-sig", errors="replace").rstrip()
  header, *lines = text.split("\n")
  names = header.split(",")
  aus = tuple(action_units.columns(names, file=path))
  if len(aus) != len(names):
    raise ValueError(
      f"expected a first line such as 'AU1,AU2,AU4' in {path}, got "
      f"{header[:60]!r}; copy the file from the dataset again"
    )
  labels = np.empty((len(lines), len(aus)), np.int8)
  for row, line in enumerate(lines):
    values = [_LABELS.get(field.strip()) for field in line.split(",")]
    if None in values or len(values) != len(aus):
      raise ValueError(
        f"expected {len(aus)} labels of 1, 0 or -1 in {path}, line {row + 2}, "
        f"got {line[:60]!r}; correct the line or copy the file from the "
        "dataset again"
      )
    labels[row] = values
  return aus, labels
