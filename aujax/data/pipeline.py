"""The way from records to host batches, in the order of a plan.

A plan is int64 `[steps, batch]` of row numbers, -1 an empty slot. What batch
t holds depends on the plan's row t alone, so training resumes exactly at any
step with any number of threads and processes.
"""

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from concurrent import futures

import grain
import numpy as np
from jaxtyping import Int

from aujax import action_units
from aujax.data import images
from aujax.data import records as records_lib

# Images that a thread takes at a time, at least: handing out work has a price.
_PART = 16


def batches(
  records: records_lib.Records,
  plan: Int[np.ndarray, "steps batch"],
  *,
  start_step: int = 0,
  image_size: int | None = None,
  num_threads: int = 4,
  process_index: int = 0,
  process_count: int = 1,
) -> Iterator[dict[str, np.ndarray]]:
  """Reads and decodes the batches of a plan ahead of their use.

  Args:
    records: Where rows are read.
    plan: Rows of the table, one line for each step; -1 is an empty slot.
    start_step: Steps to pass over, as they were done before.
    image_size: Height and width to resize to; None keeps the stored size.
    num_threads: Threads that read and decode, together on one batch and then
      on the next; 0 makes each batch when it is asked for.
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
  """Yields batches while the next are made, and ends the threads."""
  if not len(plan):
    return
  # Grain's threads keep batches under way; the pool's share the work on each.
  # With a batch for every thread, 16 would hold 1 GB of batches of 196 at 224
  # pixels, and up to a third of the time would go into clearing new pages.
  parts = max(1, min(num_threads, plan.shape[1] // _PART))
  ahead = -(-num_threads // parts) + 1 if num_threads else 0
  options = grain.ReadOptions(num_threads=ahead, prefetch_buffer_size=ahead)
  with futures.ThreadPoolExecutor(num_threads or 1, "decode") as pool:
    run = pool.map if num_threads else map
    source = _Batches(records, plan, image_size or records.size, parts, run)
    iterator = iter(grain.MapDataset.source(source).to_iter_dataset(options))
    try:
      yield from iterator
    finally:
      iterator.close()
      pool.shutdown(cancel_futures=True)


@dataclasses.dataclass(frozen=True, eq=False)
class _Batches:
  """Random access to whole batches, which Grain asks for ahead of their use.

  Attributes:
    records: Where rows are read.
    plan: `[steps, b]` rows, -1 an empty slot.
    size: Height and width of the images.
    parts: How many parts a batch is made in.
    run: What makes the parts; as `map`.
  """

  records: records_lib.Records
  plan: np.ndarray
  size: int
  parts: int
  run: Callable[..., Iterable]

  def __len__(self) -> int:
    return len(self.plan)

  def __getitem__(self, step: int) -> dict[str, np.ndarray]:
    rows = self.plan[step].astype(np.int64)
    filled = np.flatnonzero(rows >= 0)
    table = self.records.table
    labels = np.full((len(rows), len(table.aus)), action_units.UNKNOWN, np.int8)
    labels[filled] = table.labels[rows[filled]]
    # Not zeroed first: nearly all of it is written anyway.
    image = np.empty((len(rows), self.size, self.size, 3), np.uint8)
    image[rows < 0] = 0

    def fill(slots: np.ndarray) -> None:
      # Most of it without the interpreter's lock: reading, decoding, copying.
      for slot, row in zip(slots, rows[slots].tolist(), strict=True):
        image[slot] = images.square(self.records.picture(row), self.size)

    for _ in self.run(fill, np.array_split(filled, self.parts)):
      pass
    return {"image": image, "labels": labels, "index": rows}

  def __repr__(self) -> str:
    return f"_Batches({self.records.source!r}, steps={len(self.plan)})"


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
