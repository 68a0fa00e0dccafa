"""The way from records to host batches, in the order of a plan.

A plan is int64 `[steps, batch]` of row numbers, -1 an empty slot. What batch
t holds depends on the plan's row t alone, so training resumes exactly at any
step with any number of threads and processes.
"""

import contextlib
import dataclasses
import os
import weakref
from collections.abc import Iterator

import grain
import numpy as np
from jaxtyping import Int

from aujax import action_units
from aujax.data import records as records_lib

# More than this, and threads wait for the interpreter more than they decode.
_MOST_THREADS = 8


def batches(
  records: records_lib.Records,
  plan: Int[np.ndarray, "steps batch"],
  *,
  start_step: int = 0,
  image_size: int | None = None,
  num_threads: int | None = None,
  process_index: int = 0,
  process_count: int = 1,
) -> Iterator[dict[str, np.ndarray]]:
  """Reads and decodes the batches of a plan ahead of their use.

  Args:
    records: Where rows are read.
    plan: Rows of the table, one line for each step; -1 is an empty slot.
    start_step: Steps to pass over, as they were done before.
    image_size: Height and width to resize to; None keeps the stored size.
    num_threads: Threads that read and decode, each a batch of its own; so many
      batches and one more are made ahead. None is one for each core, 8 at most;
      0 makes each batch when it is asked for.
    process_index: Which of the processes this is, from 0.
    process_count: Processes that share each batch; each takes columns of its
      own, and put together in order they are the plan's.

  Returns:
    An iterator of dicts with "image" uint8 `[b, size, size, 3]` RGB, "labels"
    int8 `[b, T]` and "index" int64 `[b]`, b = batch / process_count. An empty
    slot has a zero image, labels -1 and index -1. Call `close()` on it, or wrap
    it in `contextlib.closing`, when it is left before its end.

  Raises:
    ValueError: If the plan names a row that the table lacks, or a number does
      not fit the plan.

  Example:
    >>> from aujax.data import table as table_lib
    >>> name = np.array(["a", "b"])
    >>> table = table_lib.Table(
    ...   aus=(12,), image=name, labels=np.array([[0], [1]]), subject=name,
    ...   sequence=name, frame=np.array([1, 1]),
    ... )
    >>> pictures = np.zeros((2, 8, 8, 3), np.uint8)
    >>> records = records_lib.Records(table, None, 8, decoded=pictures)
    >>> for batch in batches(records, np.array([[1, 0], [1, -1]])):
    ...   print(batch["image"].shape, batch["labels"].ravel(), batch["index"])
    (2, 8, 8, 3) [1 0] [1 0]
    (2, 8, 8, 3) [ 1 -1] [ 1 -1]
  """
  plan = np.asarray(plan)
  _check_plan(plan, len(records.table))
  steps, batch = plan.shape
  if not 0 <= start_step <= steps:
    raise ValueError(f"expected a start_step of 0 to {steps}, got {start_step}")
  if not 0 <= process_index < process_count or batch % process_count:
    raise ValueError(
      f"expected a process_index below process_count and a batch of {batch} to "
      f"divide among them, got process {process_index} of {process_count}"
    )
  if num_threads is None:
    num_threads = min(os.cpu_count() or 1, _MOST_THREADS)
  if num_threads < 0 or (image_size is not None and image_size < 1):
    raise ValueError(
      "expected num_threads of 0 or more and a positive image_size, got "
      f"{num_threads} and {image_size}"
    )
  share = batch // process_count
  columns = slice(process_index * share, (process_index + 1) * share)
  return _iterate(records, plan[start_step:, columns], image_size, num_threads)


def _iterate(
  records: records_lib.Records,
  plan: np.ndarray,
  image_size: int | None,
  num_threads: int,
) -> Iterator[dict[str, np.ndarray]]:
  """Yields batches while threads make the next, and ends the threads."""
  source = _Batches(records, plan, image_size or records.size, _Memory())
  # One more than threads: a thread that is done early has the next to make.
  ahead = num_threads + 1 if num_threads else 0
  options = grain.ReadOptions(
    num_threads=num_threads, prefetch_buffer_size=ahead
  )
  with contextlib.closing(
    iter(grain.MapDataset.source(source).to_iter_dataset(options))
  ) as iterator:
    yield from iterator


@dataclasses.dataclass(frozen=True, eq=False)
class _Batches:
  """Random access to whole batches, which Grain asks for ahead of their use.

  Attributes:
    records: Where rows are read.
    plan: `[steps, b]` rows, -1 an empty slot.
    size: Height and width of the images.
    memory: Where the images are put.
  """

  records: records_lib.Records
  plan: np.ndarray
  size: int
  memory: "_Memory"

  def __len__(self) -> int:
    return len(self.plan)

  def __getitem__(self, step: int) -> dict[str, np.ndarray]:
    rows = self.plan[step].astype(np.int64)
    filled = rows >= 0
    table = self.records.table
    labels = np.full((len(rows), len(table.aus)), action_units.UNKNOWN, np.int8)
    labels[filled] = table.labels[rows[filled]]
    image = self.memory.take((len(rows), self.size, self.size, 3))
    image[~filled] = 0
    # Reading and decoding leave the interpreter to other threads.
    for row, slot in zip(rows.tolist(), image, strict=True):
      if row >= 0:
        self.records.load(row, slot)
    return {"image": image, "labels": labels, "index": rows}

  def __repr__(self) -> str:
    return f"_Batches({self.records.source!r}, steps={len(self.plan)})"


class _Memory:
  """Memory for images, given again once nothing refers to them any more.

  New pages would have to be cleared for each batch, which takes about a tenth
  of the time that decoding into them does.
  """

  def __init__(self):
    self._free = []

  def take(self, shape: tuple[int, ...]) -> np.ndarray:
    """Returns memory with whatever it holds, of one shape for all calls."""
    try:
      memory = self._free.pop()
    except IndexError:
      memory = np.empty(shape, np.uint8)
    # Whatever is cut from this array refers to it, not to the memory behind.
    images = np.asarray(memoryview(memory))
    weakref.finalize(images, self._free.append, memory).atexit = False
    return images


def _check_plan(plan: np.ndarray, num_rows: int) -> None:
  if plan.ndim != 2 or not np.issubdtype(plan.dtype, np.integer):
    raise ValueError(
      "expected a plan of integers of shape [steps, batch], got "
      f"{plan.dtype} of shape {list(plan.shape)}"
    )
  wrong = (plan < -1) | (plan >= num_rows)
  if wrong.any():
    step, slot = np.argwhere(wrong)[0]
    raise ValueError(
      f"expected rows of -1 to {num_rows - 1} in the plan, got "
      f"{plan[step, slot]} in step {step}, slot {slot}"
    )
