"""The mark of a records folder, "records.json", and how the folder appears.

The mark says which table, files and options the records were made of, so that
a second call knows what is there. A folder is written beside its place and
moved there when it is complete.
"""

import hashlib
import json
import pathlib
import shutil
from collections.abc import Mapping
from typing import Any

from aujax.data import images
from aujax.data import table as table_lib

FORMAT = 1
NAME = "records.json"
TABLE = "table.parquet"
# How pictures are cut out where nothing is said.
CENTRE = {"alignment": "none", "margin": 0.0}


def describe(
  table: table_lib.Table,
  root: str | pathlib.Path,
  *,
  size: int,
  quality: int = 95,
  lossless: bool = False,
  cut: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
  """Says what a records folder is to hold, as "records.json" keeps it.

  Args:
    table: Frames to write.
    root: Folder that the table's image keys are relative to.
    size: Height and width of the stored pictures, in pixels.
    quality: Of JPEG, 1 to 100.
    lossless: PNG instead of JPEG.
    cut: How pictures are cut out: "alignment", "margin" and all else that
      decides it; None is the largest centred square.

  Returns:
    A mark of JSON values; equal marks stand for equal records.

  Raises:
    ValueError: If the table is empty or an option is out of range.
  """
  if not len(table):
    raise ValueError("expected a table of at least one frame, got none")
  if size < 1:
    raise ValueError(f"expected a size of 1 pixel or more, got {size}")
  return {
    "format": FORMAT,
    "size": size,
    "encoding": encoding(quality, lossless=lossless),
    **(cut or CENTRE),
    "frames": len(table),
    "table": table.digest(),
    "files": _files_digest(pathlib.Path(root), table),
  }


def encoding(quality: int, *, lossless: bool) -> str:
  """Names how pictures are encoded.

  Args:
    quality: Of JPEG, 1 to 100.
    lossless: PNG instead of JPEG.

  Returns:
    "png", or such as "jpeg 95".

  Raises:
    ValueError: If the quality is out of range.
  """
  if not 1 <= quality <= 100:
    raise ValueError(f"expected a quality of 1 to 100, got {quality}")
  return "png" if lossless else f"jpeg {quality}"


def already_holds(
  directory: pathlib.Path, mark: dict[str, Any], *, overwrite: bool
) -> bool:
  """Says whether nothing is to do; refuses to replace what is not ours.

  Args:
    directory: Folder to write.
    mark: What it is to hold, of `describe`.
    overwrite: Whether other records there may be replaced.

  Returns:
    Whether it holds just this.

  Raises:
    FileExistsError: If it holds something else.
  """
  if not directory.exists():
    return False
  found = read(directory) if directory.is_dir() else None
  if found is None:
    if directory.is_dir() and not any(directory.iterdir()):
      return False
    raise FileExistsError(
      f"expected a new folder or a records folder at {directory}, found other "
      "things there; give another folder"
    )
  # What else the folder's mark says came out of the writing.
  found = {**CENTRE, **found}
  other = [key for key in mark if found.get(key) != mark[key]]
  if other and not overwrite:
    raise FileExistsError(
      f"expected no records or the same in {directory}, found some that differ "
      f"in {', '.join(other)}; give another folder or --overwrite"
    )
  return not other


def read(directory: pathlib.Path) -> dict[str, Any] | None:
  """Reads a folder's mark; None where there is no readable one."""
  try:
    mark = json.loads((directory / NAME).read_text())
  except (OSError, ValueError):
    return None
  return mark if {"format", "size", "frames"} <= set(mark) else None


def finish(
  folder: pathlib.Path, table: table_lib.Table, mark: dict[str, Any]
) -> None:
  """Writes what lies beside the ArrayRecord files, the mark last.

  Args:
    folder: That of the files.
    table: Rows that have a picture there.
    mark: Of `describe`, of all rows that were asked for.
  """
  table_lib.write_parquet(table, folder / TABLE)
  skipped = mark["frames"] - len(table)
  mark = {**mark, **({"skipped": skipped} if skipped else {})}
  (folder / NAME).write_text(json.dumps(mark, indent=2) + "\n")


def replace(directory: pathlib.Path, complete: pathlib.Path) -> None:
  """Moves a complete folder to its place."""
  old = directory.with_name(f".{directory.name}.old")
  shutil.rmtree(old, ignore_errors=True)
  if directory.exists():
    directory.rename(old)
  complete.rename(directory)
  shutil.rmtree(old, ignore_errors=True)


def _files_digest(root: pathlib.Path, table: table_lib.Table) -> str:
  """Hashes names and lengths of all files."""
  names = dict.fromkeys(images.parse_key(key)[0] for key in table.image)
  sha = hashlib.sha256()
  for name in names:
    path = root / name
    length = path.stat().st_size if path.is_file() else "missing"
    sha.update(f"{name}\n{length}\n".encode())
  return sha.hexdigest()
