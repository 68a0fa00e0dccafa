"""Preparation from the table to the folder, on one machine or on Beam."""

import contextlib
import csv
import functools
import json
import os
import pathlib
import shutil
import threading
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
import tqdm

from aujax.data import array_records, records
from aujax.data import mark as mark_lib
from aujax.data import table as table_lib
from aujax.preparation import crops, on_beam, parts
from aujax.preparation import recipe as recipe_lib
from aujax.preparation import units as units_lib
from aujax.synthetic import workers as workers_lib

SKIPPED = "skipped.csv"
_REQUEST = "request.json"
_PARTS = "parts"
# Frames below which another process takes longer to start than it saves,
# without and with alignment.
_WORTH_A_PROCESS = 4096, 256
# To be raised when parts of another version are of no use.
_FORMAT = 1


def prepare(
  table: table_lib.Table,
  root: str | pathlib.Path,
  directory: str | pathlib.Path,
  recipe: recipe_lib.Recipe,
  *,
  workers: int | None = None,
  beam: Sequence[str] | None = None,
  overwrite: bool = False,
  progress: bool = False,
) -> bool:
  """Writes a table's faces as a records folder, unless it is there.

  A row whose picture cannot be read, or in which no face is found, is left out
  and listed in "skipped.csv". Interrupted, the same call goes on with the
  units that were done.

  Args:
    table: Frames to write.
    root: Folder that the table's image keys are relative to.
    directory: Folder to write.
    recipe: How pictures become faces.
    workers: Processes that do units at a time; 1 does all in this process,
      None as many as there are processors, fewer for few frames. Faces are
      aligned by one process where there is an accelerator, which does the work.
    beam: Options of Apache Beam such as ["--runner=DirectRunner"], which then
      does the work instead of `workers`.
    overwrite: Replace other records in `directory`.
    progress: Show progress bars on stderr.

  Returns:
    True if the folder was written, False if it already held just this.

  Raises:
    ChildProcessError: If a worker is killed from outside.
    FileExistsError: If `directory` holds something else.
    ModuleNotFoundError: If MTCNN's weights are needed and not installed.
    ValueError: If an option is out of range or no row has a face.
  """
  root, directory = pathlib.Path(root), pathlib.Path(directory).absolute()
  mark = mark_lib.describe(
    table,
    root,
    size=recipe.size,
    quality=recipe.quality,
    lossless=recipe.lossless,
    cut=recipe.cut,
  )
  incomplete = directory.with_name(f".{directory.name}.incomplete")
  if mark_lib.already_holds(directory, mark, overwrite=overwrite):
    # Killed at the last moment, it left the parts.
    if _is_for(incomplete, mark):
      shutil.rmtree(incomplete)
    return False
  crops.check(root, table, recipe)
  workers = _count(workers, recipe, len(table))
  if beam is not None:
    on_beam.options(beam)
  _claim(incomplete, mark)
  folder, units = incomplete / _PARTS, units_lib.split(table)
  parts.clear(folder, units)
  make = functools.partial(
    make_part,
    root=root,
    folder=folder,
    recipe=recipe,
    encoding=mark["encoding"],
  )
  with _bar(folder, len(table), disable=not progress):
    todo = [u for u in units if not parts.path(folder, u.number).exists()]
    if beam is None:
      _make_parts(make, folder, todo, workers)
    else:
      on_beam.make_parts(make, todo, beam)
  _join(table, units, incomplete, mark, beam=beam, progress=progress)
  mark_lib.replace(directory, incomplete / "records")
  shutil.rmtree(incomplete)
  return True


def make_part(
  unit: units_lib.Unit,
  *,
  root: pathlib.Path,
  folder: pathlib.Path,
  recipe: recipe_lib.Recipe,
  encoding: str,
) -> int:
  """Does one unit, unless its part is there.

  Args:
    unit: What to do.
    root: Folder that image keys are relative to.
    folder: Where the part goes.
    recipe: How.
    encoding: As in the records' mark.

  Returns:
    The unit's number.
  """
  if not parts.path(folder, unit.number).exists():
    faces = workers_lib.until_stopped(crops.cut(root, unit.table, recipe))
    parts.write(folder, unit.number, faces, encoding)
  return unit.number


def _count(
  workers: int | None, recipe: recipe_lib.Recipe, num_rows: int
) -> int:
  """Says how many processes are to work."""
  if workers is not None and workers < 1:
    raise ValueError(f"expected 1 worker or more, got {workers}")
  if recipe.alignment != "none":
    import jax  # Not at the top: it starts slowly and not all need it.

    if jax.default_backend() != "cpu":
      return 1
  worth = _WORTH_A_PROCESS[recipe.alignment != "none"]
  return workers or min(os.cpu_count() or 1, -(-num_rows // worth))


def _claim(incomplete: pathlib.Path, mark: dict) -> None:
  """Keeps what was done for the same request and removes all else."""
  if not _is_for(incomplete, mark):
    shutil.rmtree(incomplete, ignore_errors=True)
    incomplete.mkdir(parents=True)
    (incomplete / _REQUEST).write_text(_request(mark))


def _is_for(incomplete: pathlib.Path, mark: dict) -> bool:
  path = incomplete / _REQUEST
  return path.is_file() and path.read_text() == _request(mark)


def _request(mark: dict) -> str:
  return json.dumps({**mark, "parts": _FORMAT})


def _make_parts(make, folder, units, workers) -> None:
  threads = max(1, (os.cpu_count() or 1) // workers)
  try:
    with _xla_threads(threads):
      for _ in workers_lib.run(make, units, processes=workers):
        pass
  except ChildProcessError as error:
    begun = set(parts.begun(folder))
    files = ", ".join(u.files for u in units if u.number in begun)
    raise ChildProcessError(
      f"expected {workers} workers to work to their end, but one was killed "
      f"from outside while at {files or 'its start'}; run again with fewer "
      "--workers if memory ran out, or without the file if it is the same one "
      "again"
    ) from error


@contextlib.contextmanager
def _xla_threads(number: int) -> Iterator[None]:
  """Lets XLA use so many threads on the CPU in processes that are started."""
  before = os.environ.get("NPROC")
  os.environ["NPROC"] = str(number)
  try:
    yield
  finally:
    if before is None:
      del os.environ["NPROC"]
    else:
      os.environ["NPROC"] = before


@contextlib.contextmanager
def _bar(folder: pathlib.Path, total: int, *, disable: bool) -> Iterator[None]:
  """Shows how many rows are done in whatever process."""
  before, over = parts.rows_done(folder), threading.Event()
  with tqdm.tqdm(
    total=total, initial=before, desc="prepare", unit="frame", disable=disable
  ) as bar:

    def watch():
      is_over = False
      while not is_over:
        is_over = over.wait(0.5)
        if more := parts.rows_done(folder) - bar.n:
          bar.update(more)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
      yield
    finally:
      over.set()
      watcher.join()


def _join(
  table: table_lib.Table,
  units: Sequence[units_lib.Unit],
  incomplete: pathlib.Path,
  mark: dict,
  *,
  beam: Sequence[str] | None,
  progress: bool,
) -> None:
  """Makes the records folder out of the parts."""
  folder, complete = incomplete / _PARTS, incomplete / "records"
  reasons = parts.reasons(folder, units, len(table))
  kept = np.flatnonzero([reason is None for reason in reasons])
  if not len(kept):
    shutil.rmtree(incomplete)
    counts = ", ".join(f"{n} {r}" for r, n in Counter(reasons).most_common())
    raise ValueError(
      f"expected at least one of {len(table)} rows with a face, got none: "
      f"{counts}; look at the first, {table.image[0]}"
    )
  rows = table.select(kept)
  shutil.rmtree(complete, ignore_errors=True)
  complete.mkdir()
  layout = records.layout(rows, mark)
  if beam is None:
    bar = tqdm.tqdm(
      desc="write", total=len(rows), unit="frame", disable=not progress
    )
    pictures = parts.pictures(folder, units, kept)
    array_records.write(
      complete,
      _counted(records.examples(rows, pictures), bar),
      shard_length=records.SHARD,
      **layout,
    )
  else:
    num_shards = -(-len(rows) // records.SHARD)
    on_beam.join(complete, folder, units, beam, num_shards=num_shards, **layout)
  if len(rows) < len(table):
    _write_skipped(complete / SKIPPED, table, reasons)
  mark_lib.finish(complete, rows, mark)


def _counted(examples, bar) -> Iterator[dict]:
  with bar:
    for example in examples:
      yield example
      bar.update()


def _write_skipped(path, table, reasons) -> None:
  with path.open("w", newline="", encoding="utf-8") as file:
    writer = csv.writer(file)
    writer.writerow(["image", "subject", "sequence", "frame", "reason"])
    columns = (table.image, table.subject, table.sequence, table.frame)
    for *row, reason in zip(*columns, reasons, strict=True):
      if reason is not None:
        writer.writerow([*row, reason])
