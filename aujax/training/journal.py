"""The metrics file: one JSON object per line, equal after any interruption."""

import json
import os
import pathlib
from collections.abc import Mapping
from typing import Any

import jax


class Journal:
  """Appends rows to a JSONL file, on the first process only.

  Opening it drops the rows later than a given step, and what a killed process
  left half written, so that a resumed run writes them as if for the first time.

  Args:
    path: The file, made with its folder if missing; None writes nothing.
    last_step: Rows whose "step" is greater are dropped.

  Example:
    >>> import tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "metrics.jsonl"
    >>> with Journal(path, last_step=0) as journal:
    ...   journal.write({"step": 1, "loss": 0.5})
    ...   journal.write({"step": 2, "loss": 0.25})
    >>> with Journal(path, last_step=1) as journal:
    ...   path.read_text().splitlines()
    ['{"step": 1, "loss": 0.5}']
  """

  def __init__(self, path: str | pathlib.Path | None, *, last_step: int):
    self._file = None
    if path is None or jax.process_index() != 0:
      return
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
      _drop_later(path, last_step)
    self._file = path.open("a", buffering=1)

  def __enter__(self) -> "Journal":
    return self

  def __exit__(self, *exception) -> None:
    if self._file is not None:
      self._file.close()

  def write(self, row: Mapping[str, Any]) -> None:
    """Appends one row of JSON values; it is in the file when this returns."""
    if self._file is not None:
      self._file.write(json.dumps(row) + "\n")


def _drop_later(path, last_step):
  kept = [
    line
    for line in path.read_text().splitlines(keepends=True)
    if _step(line) <= last_step
  ]
  temporary = path.with_name(path.name + ".tmp")
  temporary.write_text("".join(kept))
  os.replace(temporary, path)


def _step(line):
  # Only the last line can be incomplete, and it is the latest.
  return json.loads(line)["step"] if line.endswith("}\n") else float("inf")
