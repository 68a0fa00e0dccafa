"""The samplers on a matrix like BP4D's, beside the papers' steps and solvers.

  python -m benchmarks.sampling [--frames 400000] [--large 4000000]

prints one table and takes about 6 minutes; `--frames 20000 --large 40000
--seconds 5` takes one. The aims are for the sizes by default: one is met if
the median is within it and the result is as good as promised. Peers run
once, in the same process. The last rows are of other processes, one for each
number of frames. `pip install -e ".[benchmark]"` installs the peers; rows of
those that are missing are left out.
"""

import argparse
import dataclasses
import datetime
import functools
import importlib.metadata
import importlib.util
import json
import math
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator

import numpy as np

from aujax import sampling
from benchmarks import label_matrix, sampling_peers

BATCH_SIZE = 196
# Draw: seconds, and least frames with an AU in any batch.
MOMU_AIMS = {1: (2.0, 40), 4: (0.6, 36), 16: (0.25, 28)}
RESAMPLERS = ("ml_ros", "ml_rus", "lp_ros", "lp_rus")
PERCENT = 25
SPREAD_SEEDS = 10
MINIMUM_SEEDS = 20
ML_ROS_PEER_CLONES = 200
GROUPS = 2700
SLSQP_GROUPS = 300
GAP_AIM = 1e-4
MEMORY_AIM = 4.0
HEADER = """
| job | s, median | s, least | peer | peer, s | ratio | aim, s | quality | met |
|---|---|---|---|---|---|---|---|---|"""


@dataclasses.dataclass
class Row:
  """A line of the table; seconds are those of all runs."""

  job: str
  seconds: list[float]
  quality: str
  peer: str = ""
  peer_seconds: float = math.nan
  aim: float = math.inf
  good: bool | None = None  # None: nothing was promised.

  def __str__(self) -> str:
    median, peer = statistics.median(self.seconds), self.peer_seconds
    compared = (
      " | " if math.isnan(peer) else f"{peer:.3g} | {peer / median:.3g}"
    )
    aim = "" if math.isinf(self.aim) else f"{self.aim:g}"
    met = {None: "", True: "yes", False: "NO"}[
      self.good and bool(median <= self.aim)
    ]
    return (
      f"| {self.job} | {median:.3g} | {min(self.seconds):.3g} | {self.peer} "
      f"| {compared} | {aim} | {self.quality} | {met} |"
    )


def main():
  parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
  parser.add_argument("--frames", type=int, default=400_000)
  parser.add_argument("--large", type=int, default=4_000_000)
  parser.add_argument("--runs", type=int, default=7, help="of ours")
  parser.add_argument(
    "--seconds",
    type=float,
    default=60.0,
    help="after which a solver is stopped",
  )
  parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
  arguments = parser.parse_args()
  if arguments.child:
    measure_in_child(*arguments.child)
    return
  print(_heading(arguments.frames, arguments.runs), HEADER, sep="\n")
  labels = label_matrix.make(arguments.frames, seed=0)
  for row in rows(labels, arguments):
    print(row, flush=True)


def rows(labels: np.ndarray, arguments: argparse.Namespace) -> Iterator[Row]:
  """Yields all lines of the table, each when it is measured."""
  runs = arguments.runs
  yield algorithm1(labels, runs)
  if _installed("iterstrat"):
    yield iterative(labels[:100_000], runs)
  for draw in MOMU_AIMS:
    yield momu(labels, draw, runs)
  for name in RESAMPLERS:
    yield resampling(labels, name, runs)
  yield from balance(labels, runs, arguments.seconds)
  yield from larger(arguments.frames, arguments.large)


def algorithm1(labels: np.ndarray, runs: int) -> Row:
  """Seed 5's Algorithm 1 beside its steps on Python's sets."""
  num_batches, deal = _num_batches(labels), JOBS["stratified, algorithm1"]
  seconds, _ = _timed(runs, deal, labels)
  peer_seconds, peer_plan = _timed(
    1, sampling_peers.stratify, labels, num_batches, seed=0
  )
  num_frames, seeds = len(labels), range(SPREAD_SEEDS)
  ours = [_spreads(deal(labels, seed=seed), labels) for seed in seeds]
  plans = (
    sampling.random_batches(num_frames, BATCH_SIZE, seed=seed) for seed in seeds
  )
  chance = [_spreads(plan, labels) for plan in plans]
  ours, chance = np.stack(ours), np.stack(chance)  # [seeds, std or range, T]
  rarest = labels.sum(axis=0).argmin()
  largest = int(ours[:, 1, rarest].max())
  wider = [
    ", ".join(
      f"AU {au} ({a:.2f}, random {b:.2f})"
      for au, a, b in zip(label_matrix.POSITIVES, *pair, strict=True)
      if a > b
    )
    or "none"
    for pair in zip(ours.mean(axis=0), chance.mean(axis=0), strict=True)
  ]
  never = (ours <= chance).all(axis=2).sum(axis=0)
  return Row(
    f"stratified, algorithm1, {num_batches:,} batches",
    seconds,
    f"rarest AU's range {largest} (peer "
    f"{_spreads(peer_plan, labels)[1, rarest]:.0f}); wider than random in the "
    f"mean of {SPREAD_SEEDS} seeds by std: {wider[0]}; by range: {wider[1]}; "
    f"seeds in which no AU is wider: {never[0]} by std, {never[1]} by range",
    "Python sets",
    peer_seconds[0],
    0.15,
    bool(largest <= 1 and (never == SPREAD_SEEDS).all()),
  )


def iterative(labels: np.ndarray, runs: int) -> Row:
  """Iterative stratification beside the package of that name."""
  num_batches = _num_batches(labels)
  seconds, plan = _timed(runs, JOBS["stratified, iterative"], labels)
  peer_seconds, peer_plan = _timed(
    1, sampling_peers.stratify_iteratively, labels, num_batches, seed=0
  )
  ours, peer = (
    _spreads(batches, labels).max(axis=1) for batches in (plan, peer_plan)
  )
  sizes = [len(batch) for batch in peer_plan]
  return Row(
    f"stratified, iterative, {len(labels):,} frames, {num_batches:,} batches",
    seconds,
    f"largest std {ours[0]:.2f} and range {ours[1]:.0f} (peer {peer[0]:.2f} "
    f"and {peer[1]:.0f}, with {min(sizes)} to {max(sizes)} frames a batch)",
    "iterative-stratification",
    peer_seconds[0],
    0.4,
    bool(ours[0] <= 1.5),
  )


def momu(labels: np.ndarray, draw: int, runs: int) -> Row:
  """Seed 5's Algorithm 2 beside a scan of all frames for each draw."""
  num_batches = _num_batches(labels)
  seconds, plan = _timed(runs, JOBS[f"MOMU, draw {draw}"], labels)
  peer_seconds, peer_plan = _timed(
    1, sampling_peers.momu, labels, BATCH_SIZE, num_batches, draw=draw, seed=0
  )
  ours, peer = (_au_counts(batches, labels) for batches in (plan, peer_plan))
  aim, least = MOMU_AIMS[draw]
  others = [
    _au_counts(_momu(labels, draw, seed=seed), labels).min()
    for seed in range(MINIMUM_SEEDS)
  ]
  return Row(
    f"MOMU, draw {draw}, {num_batches:,} batches",
    seconds,
    f"least count of an AU in a batch {ours.min()}, its mean for the rarest "
    f"{ours.mean(axis=0).min():.1f} (peer {peer.min()} and "
    f"{peer.mean(axis=0).min():.1f}); {min(others)} to {max(others)} over "
    f"{MINIMUM_SEEDS} seeds, {least} or more in "
    f"{np.greater_equal(others, least).sum()}",
    "scan per draw",
    peer_seconds[0],
    aim,
    bool(ours.min() >= least),
  )


def resampling(labels: np.ndarray, name: str, runs: int) -> Row:
  """One of Charte's four; ML-ROS also with all counts anew at each clone."""
  seconds, indices = _timed(runs, JOBS[name], labels)
  before, after = (
    sampling.imbalance(matrix).mean_ir for matrix in (labels, labels[indices])
  )
  row = Row(
    f"{name}, {PERCENT} %",
    seconds,
    f"MeanIR {before:.3f} to {after:.3f}, {len(indices):,} frames",
  )
  if name == "ml_ros":
    clones = len(indices) - len(labels)
    counted = min(clones, ML_ROS_PEER_CLONES)
    peer_seconds, _ = _timed(
      1, sampling_peers.ml_ros, labels, PERCENT, seed=0, max_clones=counted
    )
    row.peer = f"counts anew for each clone: {counted} of {clones:,}, scaled"
    row.peer_seconds = peer_seconds[0] * clones / counted
    row.aim, row.good = 0.6, after < before
  return row


def balance(labels: np.ndarray, runs: int, limit: float) -> Iterator[Row]:
  """Seed 2's balancing of all groups, of 2,700, and of few for SLSQP."""
  groups = sampling.unique_groups(labels)
  largest = np.argsort(-groups.counts, kind="stable")
  yield from _balance(groups.patterns, groups.counts, runs, {})
  for size in (GROUPS, SLSQP_GROUPS):
    chosen = np.sort(largest[:size])
    yield from _balance(
      groups.patterns[chosen], groups.counts[chosen], runs, _solvers(limit)
    )


def _balance(patterns, counts, runs, solvers):
  seconds, result = _timed(runs, sampling.balance_groups, patterns, counts)

  def gap(solution):
    value = sampling_peers.balance_objective(patterns, counts, solution)
    return value / result.lower_bound - 1

  job = f"balance_groups, {len(counts):,} groups"
  quality = f"gap {gap(result.relaxed):.1e}, rounded {gap(result.counts):.1e}"
  good = bool(gap(result.relaxed) <= GAP_AIM)
  yield Row(job, seconds, quality, aim=1.0, good=good)
  for name, solve in solvers.items():
    peer_seconds, solution = _timed(1, solve, patterns, counts)
    quality = f"peer's gap {gap(solution):.1e}"
    yield Row(job, seconds, quality, name, peer_seconds[0])


def _solvers(limit):
  """Peers by name; without a package its row is missing."""
  solve = functools.partial(sampling_peers.balance_by_scipy, seconds=limit)
  smoothings = 10.0 ** np.arange(4, -4, -1)
  solvers = {
    "L-BFGS-B": functools.partial(solve, method="L-BFGS-B"),
    "L-BFGS-B, smoothed": functools.partial(
      solve, method="L-BFGS-B", smoothings=smoothings
    ),
    f"SLSQP, ended after {limit:g} s": functools.partial(solve, method="SLSQP"),
  }
  if _installed("osqp"):
    solvers["OSQP, 20,000 steps"] = sampling_peers.balance_by_osqp
  if _installed("clarabel"):
    solvers["Clarabel"] = sampling_peers.balance_by_clarabel
  return solvers


def larger(frames: int, large: int) -> Iterator[Row]:
  """All jobs in processes of their own, at both numbers of frames."""
  with tempfile.TemporaryDirectory() as folder:
    paths = {}
    for size in (frames, large):
      paths[size] = pathlib.Path(folder) / f"{size}.npy"
      np.save(paths[size], label_matrix.make(size, seed=1))
    for job in JOBS:
      small, result = (_child(job, paths[size]) for size in (frames, large))
      growth = statistics.median(result["seconds"]) / statistics.median(
        small["seconds"]
      )
      memory = result["bytes"] / (large * len(label_matrix.POSITIVES))
      yield Row(
        f"{job}, {large:,} frames",
        result["seconds"],
        f"{growth:.1f} times the time of {frames:,}; peak {memory:.1f} times "
        "the matrix's memory",
        good=memory <= MEMORY_AIM,
      )


def _child(job, path):
  command = [sys.executable, "-m", "benchmarks.sampling", "--child"]
  command += [job, str(path)]
  done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
  return json.loads(done.stdout)


def measure_in_child(job: str, path: str) -> None:
  """Prints the seconds of three calls and the peak memory of the first."""
  labels = np.load(path)
  JOBS[job](labels[:BATCH_SIZE])  # Loads what it needs.
  # Linux forgets the peak so far: what is read then is the call's own.
  pathlib.Path("/proc/self/clear_refs").write_text("5")
  before = _memory("VmRSS")
  seconds, _ = _timed(1, JOBS[job], labels)
  peak = _memory("VmHWM") - before
  seconds += _timed(2, JOBS[job], labels)[0]
  print(json.dumps({"seconds": seconds, "bytes": peak}))


def _memory(field):
  """Bytes of this process by Linux's account."""
  for line in pathlib.Path("/proc/self/status").read_text().splitlines():
    if line.startswith(field + ":"):
      return int(line.split()[1]) * 1024
  raise RuntimeError(f"/proc/self/status has no {field}; run this on Linux")


def _timed(runs, call, *args, **kwargs):
  """Seconds of each run, and what the last one returned."""
  seconds = []
  for _ in range(runs):
    start = time.perf_counter()
    result = call(*args, **kwargs)
    seconds.append(time.perf_counter() - start)
  return seconds, result


def _num_batches(labels):
  return -(-len(labels) // BATCH_SIZE)


def _au_counts(batches, labels):
  """How many frames of each batch show each AU `[batches, T]`."""
  rows = map(np.asarray, batches)
  return np.stack([labels[row[row >= 0]].sum(axis=0) for row in rows])


def _spreads(batches, labels):
  """Standard deviation and range of each AU between batches `[2, T]`."""
  counts = _au_counts(batches, labels)
  return np.stack([counts.std(axis=0), np.ptp(counts, axis=0)])


def _momu(labels, draw, seed=0):
  return sampling.momu_batches(
    labels, BATCH_SIZE, _num_batches(labels), draw=draw, seed=seed
  )


def _balanced(labels):
  groups = sampling.unique_groups(labels)
  result = sampling.balance_groups(groups.patterns, groups.counts)
  return sampling.augmentation_plan(groups.membership, result.counts, seed=0)


_stratified = functools.partial(
  sampling.stratified_batches, batch_size=BATCH_SIZE, seed=0
)
# What is measured at both sizes: label matrix in.
JOBS = {
  "stratified, algorithm1": _stratified,
  "stratified, iterative": functools.partial(_stratified, method="iterative"),
  **{
    f"MOMU, draw {draw}": functools.partial(_momu, draw=draw)
    for draw in MOMU_AIMS
  },
  **{
    name: functools.partial(getattr(sampling, name), percent=PERCENT, seed=0)
    for name in RESAMPLERS
  },
  "groups, balance and plan": _balanced,
}


def _installed(module):
  if importlib.util.find_spec(module):
    return True
  print(f"{module} is not installed: no rows of it", file=sys.stderr)
  return False


def _heading(frames, runs):
  versions = ", ".join(
    f"{name} {importlib.metadata.version(name)}" for name in ("numpy", "scipy")
  )
  return (
    f"{datetime.date.today()}, {os.cpu_count()} cores, load "
    f"{os.getloadavg()[0]:.1f} at the start, Python "
    f"{platform.python_version()}, {versions}. {frames:,} frames, "
    f"{runs} runs; the ratio is the peer's time over the median."
  )


if __name__ == "__main__":
  main()
