"""Images per second from records to batches in memory, beside bare decoding.

  python -m benchmarks.feeding [--workdir DIR] [--rounds N]

Synthetic faces are rendered and prepared as `aujax-synthesize` and
`aujax-prepare` do, and read from ArrayRecord in the order of a plan. Bare is
what the same files allow: read a record, decode the JPEG whose place in it is
known before, always into the same memory. All variants take turns in each
round, in another order each time, so that a shared machine disturbs all alike;
medians are printed. It takes about 5 minutes on 2 free cores.
"""

import argparse
import contextlib
import dataclasses
import datetime
import functools
import os
import pathlib
import platform
import random
import tempfile
import threading
import time
from concurrent import futures
from importlib import metadata

import numpy as np
import simplejpeg
from array_record.python import array_record_data_source

from aujax import sampling
from aujax.data import disfa, pipeline
from aujax.data import records as records_lib
from aujax.synthetic import videos

SIZES = (112, 224)
BATCHES = (64, 196)
THREADS = (0, 1, 2, 4, 8)
SUBJECTS, FRAMES_EACH = 20, 100
# Epochs in a turn: starting and ending threads is no part of feeding.
EPOCHS = 4
# Records that a thread of the bare loop takes at a time.
CHUNK = 28


def main():
  parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
  parser.add_argument("--workdir", help="keeps the records for another run")
  parser.add_argument("--rounds", type=int, default=7, help="turns of each")
  arguments = parser.parse_args()
  print(heading(arguments.rounds))
  with contextlib.ExitStack() as stack:
    workdir = arguments.workdir or stack.enter_context(
      tempfile.TemporaryDirectory()
    )
    prepared = [prepare(pathlib.Path(workdir) / str(s), s) for s in SIZES]
    # First, as malloc keeps memory of what ran before.
    print_memory(prepared[-1].records)
    print_closing(prepared[-1].records)
    for files in prepared:
      size, bytes_each = files.records.size, files.bytes_each
      print(f"\n### {size} px, {bytes_each / 1e3:.1f} kB each\n")
      print_threads(files, arguments.rounds)
      print_samplers(files, arguments.rounds)


@dataclasses.dataclass(frozen=True)
class Files:
  """A records folder, and the same without TFDS for the bare loop.

  Attributes:
    records: What the pipeline reads.
    raw: Whole records by row.
    spans: Where in its record each JPEG starts, and its length.
  """

  records: records_lib.Records
  raw: array_record_data_source.ArrayRecordDataSource
  spans: list[tuple[int, int]]

  @property
  def bytes_each(self) -> float:
    """Mean size of a JPEG."""
    return np.mean([length for _, length in self.spans])


def prepare(root: pathlib.Path, size: int) -> Files:
  """Renders and writes what is not there yet."""
  request = videos.Request(
    num_subjects=SUBJECTS, num_frames=FRAMES_EACH, size=size
  )
  videos.write(root, videos.script(request), processes=2, progress=False)
  table = disfa.read(root)
  records_lib.write(table, root, root / "records", size=size)
  records = records_lib.open_(root / "records")
  paths = sorted(map(str, (root / "records").glob("*.array_record*")))
  raw = array_record_data_source.ArrayRecordDataSource(paths)
  spans = []
  for row in range(len(raw)):
    jpeg = records.source[row]
    spans.append((raw[row].index(jpeg), len(jpeg)))
  return Files(records, raw, spans)


def print_threads(files: Files, rounds: int) -> None:
  """Prints rates by number of threads."""
  num_rows = len(files.records.table)
  plans = {
    batch: epochs(sampling.random_batches, num_rows, batch) for batch in BATCHES
  }
  jobs = {}
  for threads in THREADS:
    jobs["bare", threads] = functools.partial(
      read_bare, files, plans[BATCHES[0]], threads
    )
    for batch, plan in plans.items():
      jobs[batch, threads] = functools.partial(
        read_batches, files.records, plan, threads
      )
  rates, costs = measure(jobs, rounds)
  best = max(
    (("bare", threads) for threads in THREADS),
    key=lambda job: np.median(rates[job]),
  )
  columns = ["bare", *BATCHES]
  names = ["bare"] + [f"batch {batch}" for batch in BATCHES]
  print("| threads | " + " | ".join(f"{n} | CPU us" for n in names) + " |")
  print("|---" * (1 + 2 * len(names)) + "|")
  for threads in THREADS:
    cells = []
    for column in columns:
      job = column, threads
      share = np.median(rates[job] / rates[best])
      cells.append(f"{np.median(rates[job]):.0f} ({share:.0%})")
      cells.append(f"{1e6 * np.median(costs[job]):.0f}")
    print(f"| {threads} | " + " | ".join(cells) + " |")
  print(
    f"\nImages per second, in brackets beside bare with {best[1]} threads, and"
    " CPU time for an image.\n"
  )


def print_samplers(files: Files, rounds: int) -> None:
  """Prints rates by sampler, with the pipeline's own number of threads."""
  jobs, plans = {}, {}
  for batch in BATCHES:
    for name, plan in sampler_plans(files.records.table.labels, batch).items():
      plans[name, batch] = plan
      jobs[name, batch] = functools.partial(read_batches, files.records, plan)
  rates, _ = measure(jobs, rounds)
  print("| sampler | distinct images | kB each | " + " | ".join(
    f"batch {batch}" for batch in BATCHES) + " |")  # fmt: skip
  print("|---" * (3 + len(BATCHES)) + "|")
  for name in dict.fromkeys(name for name, _ in plans):
    rows = plans[name, BATCHES[0]]
    rows = rows[rows >= 0]
    cells = [
      f"{len(np.unique(rows)) / len(rows):.0%}",
      f"{np.mean([files.spans[row][1] for row in rows]) / 1e3:.2f}",
    ]
    for batch in BATCHES:
      rate = rates[name, batch]
      share = np.median(rate / rates["random", batch])
      cells.append(f"{np.median(rate):.0f} ({share:.0%})")
    print(f"| {name} | " + " | ".join(cells) + " |")
  print("\nImages per second, in brackets beside the random plan.\n")


def sampler_plans(labels: np.ndarray, batch: int) -> dict[str, np.ndarray]:
  """Plans of as many batches, by the sampler's name."""
  plans = {"random": epochs(sampling.random_batches, len(labels), batch)}
  for method in ("algorithm1", "iterative"):
    plans[f"stratified, {method}"] = epochs(
      sampling.stratified_batches, labels, batch, method=method
    )
  plans["MOMU"] = sampling.momu_batches(
    labels, batch, len(plans["random"]), draw=4, seed=0
  )
  return plans


def epochs(sampler, *arguments, **options) -> np.ndarray:
  """The plan of all epochs of a turn."""
  return np.concatenate(
    [sampler(*arguments, seed=0, epoch=i, **options) for i in range(EPOCHS)]
  )


def measure(jobs: dict, rounds: int) -> tuple[dict, dict]:
  """Runs all jobs in turns.

  Args:
    jobs: Functions that return how many images they read.
    rounds: How often each is timed; one turn before is not.

  Returns:
    Images per second and CPU seconds per image, `[rounds]` for each job.
  """
  rates = {job: np.empty(rounds) for job in jobs}
  costs = {job: np.empty(rounds) for job in jobs}
  turns, order = list(jobs), random.Random(0)
  for turn in range(-1, rounds):
    order.shuffle(turns)
    for job in turns:
      cost, start = time.process_time(), time.perf_counter()
      count = jobs[job]()
      seconds = time.perf_counter() - start
      if turn >= 0:
        rates[job][turn] = count / seconds
        costs[job][turn] = (time.process_time() - cost) / count
  return rates, costs


def read_batches(
  records: records_lib.Records, plan: np.ndarray, threads: int | None = None
) -> int:
  """Goes through a plan; without a number, with the pipeline's default."""
  for _ in pipeline.batches(records, plan, num_threads=threads):
    pass
  return int((plan >= 0).sum())


def read_bare(files: Files, plan: np.ndarray, threads: int) -> int:
  """Decodes the rows of a plan; with 0 threads in a plain loop."""
  rows = plan[plan >= 0].tolist()
  chunks = [rows[i : i + CHUNK] for i in range(0, len(rows), CHUNK)]
  decode = functools.partial(_decode_bare, files)
  if not threads:
    for chunk in chunks:
      decode(chunk)
  else:
    with futures.ThreadPoolExecutor(threads) as pool:
      for _ in pool.map(decode, chunks):
        pass
  return len(rows)


def _decode_bare(files: Files, rows: list[int]) -> None:
  size = files.records.size
  picture = np.empty((size, size, 3), np.uint8)
  for row in rows:
    start, length = files.spans[row]
    jpeg = memoryview(files.raw[row])[start : start + length]
    simplejpeg.decode_jpeg(jpeg, "RGB", buffer=picture)


def print_memory(records: records_lib.Records) -> None:
  """Prints the memory of this process on the way through a long plan."""
  batch = BATCHES[-1]
  plan = sampling.random_batches(len(records.table), batch, seed=0)
  plan = np.tile(plan, (12, 1))
  quarters = {len(plan) * i // 4 for i in range(1, 5)}
  iterator = pipeline.batches(records, plan, num_threads=THREADS[-1])
  print(f"Memory with {THREADS[-1]} threads, batch {batch}, {records.size} px:")
  print(f"  before: {resident() / 2**20:.0f} MiB")
  for step, _ in enumerate(iterator, 1):
    if step in quarters:
      print(f"  after batch {step}: {resident() / 2**20:.0f} MiB")


def print_closing(records: records_lib.Records) -> None:
  """Prints how long an iterator takes to end that is left early."""
  plan = sampling.random_batches(len(records.table), BATCHES[-1], seed=0)
  before, times = threading.active_count(), []
  for _ in range(9):
    iterator = pipeline.batches(records, plan)
    next(iterator)
    start = time.perf_counter()
    iterator.close()
    while threading.active_count() > before:
      time.sleep(1e-4)
    times.append(time.perf_counter() - start)
  print(
    f"Closed after the first batch, all threads are gone within "
    f"{1e3 * np.median(times):.1f} ms (at most {1e3 * max(times):.1f})."
  )


def resident() -> int:
  """Bytes of memory that this process holds."""
  pages = pathlib.Path("/proc/self/statm").read_text().split()[1]
  return int(pages) * os.sysconf("SC_PAGE_SIZE")


def heading(rounds: int) -> str:
  images = EPOCHS * SUBJECTS * FRAMES_EACH
  return (
    f"{datetime.date.today()}, {os.cpu_count()} cores, load "
    f"{os.getloadavg()[0]:.1f} at the start, Python "
    f"{platform.python_version()}, simplejpeg {metadata.version('simplejpeg')};"
    f" {images} images from the page cache in each turn, medians of {rounds} "
    "rounds."
  )


if __name__ == "__main__":
  main()
