"""Files that are either whole or not there."""

import os
import pathlib
from collections.abc import Mapping


def write(folder: str | os.PathLike, contents: Mapping[str, bytes]) -> None:
  """Writes files into a folder; what has a name there is replaced.

  Args:
    folder: Made if it is missing.
    contents: Of the files, by their names.
  """
  folder = pathlib.Path(folder)
  folder.mkdir(parents=True, exist_ok=True)
  for name, content in contents.items():
    half = folder / f".{name}.{os.getpid()}"
    try:
      half.write_bytes(content)
      os.replace(half, folder / name)
    finally:
      half.unlink(missing_ok=True)
