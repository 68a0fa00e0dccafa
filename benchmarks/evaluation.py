"""Grading of a million frames, beside scikit-learn and plain loops.

  python -m benchmarks.evaluation [--frames 1000000] [--large 10000000]

prints one table in about a minute. Ours and its peer run in turns in the same
process; seconds are medians. The aims are for the sizes by default: one is met
if the ratio of the medians, or the seconds, reach it and values agree. The
last rows are of ours alone with many frames: memory is what a call needs at
most beyond its input.
"""

import argparse
import dataclasses
import datetime
import importlib.metadata
import math
import os
import platform
import statistics
import time
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from sklearn import metrics as reference

from aujax import evaluation
from benchmarks import label_matrix

EVENT_FRAMES = 400_000
VIDEO_FRAMES = 1220  # BP4D's 400,000 frames are of 328 videos.
# Predictions of events are late and flicker.
LATE_FRAMES, FLICKER = 6, 0.01
GRID = np.linspace(0, 1, 101)
TOLERANCE = 1e-12
# The trapezoids of a grid differ from the exact area by half a step at most.
GRID_TOLERANCE = 0.005
MEMORY_AIM = 200  # Bytes for each frame, whatever the number of AUs.
HEADER = """
| job | s, median | s, least | peer | peer, s | ratio | aim | differ by | met |
|---|---|---|---|---|---|---|---|---|"""


@dataclasses.dataclass
class Row:
  """A line of the table; seconds are those of all runs."""

  job: str
  seconds: list[float]
  peer: str
  peer_seconds: list[float]
  difference: float
  tolerance: float = TOLERANCE
  times: float = 0.0  # How many times as fast as the peer it is to be.
  limit: float = math.inf  # Seconds.

  def __str__(self) -> str:
    median = statistics.median(self.seconds)
    peer = statistics.median(self.peer_seconds)
    aims = [f"{self.times:g} times"] if self.times else []
    aims += [f"{self.limit:g} s"] if self.limit < math.inf else []
    met = (
      peer >= self.times * median
      and median <= self.limit
      and self.difference <= self.tolerance
    )
    return (
      f"| {self.job} | {median:.3g} | {min(self.seconds):.3g} | {self.peer} "
      f"| {peer:.3g} | {peer / median:.3g} | {', '.join(aims)} "
      f"| {self.difference:.1e} | {'yes' if met else 'NO'} |"
    )


def main():
  parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
  parser.add_argument("--frames", type=int, default=1_000_000)
  parser.add_argument("--large", type=int, default=10_000_000)
  parser.add_argument("--runs", type=int, default=3, help="of each in a pair")
  arguments = parser.parse_args()
  print(_heading(arguments.frames, arguments.runs), HEADER, sep="\n")
  for row in rows(arguments.frames, arguments.runs):
    print(row, flush=True)
  for line in larger(arguments.large):
    print(line, flush=True)


def rows(frames: int, runs: int) -> Iterator[Row]:
  """Yields the lines of all pairs, each when it is measured."""
  scores, labels = make(frames)
  for peer, of_peer in (
    ("f1_score for each AU", _f1_by_au),
    ("f1_score of all AUs", _f1_of_all),
  ):
    yield _pair("count and f1", _f1, peer, of_peer, runs, scores, labels, 20)
  for job, ours, peer, of_peer, times in (
    ("roc_auc", evaluation.roc_auc, "roc_auc_score", _roc_auc, 5),
    (
      "average_precision",
      evaluation.average_precision,
      "average_precision_score",
      _average_precision,
      0,
    ),
    (
      "best_thresholds, f1",
      _thresholds,
      "search of precision_recall_curve",
      _search,
      5,
    ),
  ):
    yield _pair(job, ours, peer, of_peer, runs, scores, labels, times)
  yield event_area(runs)


def _pair(job, ours, peer, of_peer, runs, scores, labels, times):
  seconds, values, peer_seconds, peer_values = _turns(
    runs, lambda: ours(scores, labels), lambda: of_peer(scores, labels)
  )
  difference = float(np.abs(np.array(values) - peer_values).max())
  return Row(job, seconds, peer, peer_seconds, difference, times=times)


def event_area(runs: int) -> Row:
  """The exact area beside trapezoids over events that a loop finds."""
  predictions, labels, sequences = make_events(EVENT_FRAMES)
  arrays = predictions, labels
  seconds, values, peer_seconds, peer_values = _turns(
    runs,
    lambda: evaluation.event_f1_area(*arrays, sequences=sequences),
    lambda: _trapezoids(*arrays, sequences),
  )
  return Row(
    f"event_f1_area, {EVENT_FRAMES:,} frames",
    seconds,
    f"loop over frames, {len(GRID)} thresholds",
    peer_seconds,
    float(np.abs(values - peer_values).max()),
    tolerance=GRID_TOLERANCE,
    limit=0.1,
  )


def larger(frames: int) -> Iterator[str]:
  """Yields a line for each of ours with many frames."""
  scores, labels = make(frames)
  predictions, sequences = scores >= 0.5, np.arange(frames) // VIDEO_FRAMES
  for job, call in {
    "count and f1": lambda: _f1(scores, labels),
    "roc_auc": lambda: evaluation.roc_auc(scores, labels),
    "best_thresholds": lambda: _thresholds(scores, labels),
    "event_f1_area": lambda: evaluation.event_f1_area(
      predictions, labels, sequences=sequences
    ),
  }.items():
    tracemalloc.start()
    seconds, _ = _timed(call)
    peak = tracemalloc.get_traced_memory()[1] / frames
    tracemalloc.stop()
    met = "yes" if peak <= MEMORY_AIM else "NO"
    yield (
      f"| {job}, {frames:,} frames | {seconds:.3g} | {seconds:.3g} | | | | "
      f"{MEMORY_AIM} bytes a frame | needs {peak:.0f} | {met} |"
    )


def make(frames: int) -> tuple[np.ndarray, np.ndarray]:
  """Makes float32 scores in [0, 1] that know something of labels like BP4D's.

  Args:
    frames: Number of frames N.

  Returns:
    Scores and labels, each `[N, 12]`.
  """
  labels = label_matrix.make(frames, seed=0)
  generator = np.random.default_rng(0)
  scores = np.empty(labels.shape, np.float32)
  for column, present in enumerate(labels.T):
    logits = generator.standard_normal(frames, np.float32) + 2 * present - 1
    scores[:, column] = 1 / (1 + np.exp(-logits))
  return scores, labels


def make_events(frames: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
  """Makes predictions that follow the labels late and flicker.

  Args:
    frames: Number of frames N.

  Returns:
    Predictions and labels, each `[N, 12]`, and sequences `[N]`.
  """
  labels = label_matrix.make(frames, seed=0)
  flickers = np.random.default_rng(0).random(labels.shape) < FLICKER
  predictions = np.roll(labels, LATE_FRAMES, axis=0) ^ flickers
  return predictions, labels, np.arange(frames) // VIDEO_FRAMES


def _f1(scores, labels):
  return evaluation.f1(evaluation.count(scores, labels))


def _thresholds(scores, labels):
  return evaluation.best_thresholds(scores, labels)[1]


def _f1_by_au(scores, labels):
  return _by_au(
    lambda truth, score: reference.f1_score(truth, score >= 0.5), scores, labels
  )


def _f1_of_all(scores, labels):
  return reference.f1_score(labels, scores >= 0.5, average=None)


def _roc_auc(scores, labels):
  return _by_au(reference.roc_auc_score, scores, labels)


def _average_precision(scores, labels):
  return _by_au(reference.average_precision_score, scores, labels)


def _search(scores, labels):
  """The largest F1 on the curve that scikit-learn returns."""

  def best(truth, score):
    precision, recall, _ = reference.precision_recall_curve(truth, score)
    sums = np.maximum(precision + recall, np.finfo(float).tiny)
    return (2 * precision * recall / sums).max()

  return _by_au(best, scores, labels)


def _by_au(function, scores, labels):
  pairs = zip(labels.T, scores.T, strict=True)
  return np.array([function(*pair) for pair in pairs])


def _trapezoids(predictions, labels, sequences):
  """Area on the grid; events are found frame by frame."""
  return np.array(
    [
      _trapezoid(*pair, sequences.tolist())
      for pair in zip(predictions.T.tolist(), labels.T.tolist(), strict=True)
    ]
  )


def _trapezoid(predicted, present, sequences):
  labelled = np.array(_overlaps(present, predicted, sequences))
  guessed = np.array(_overlaps(predicted, present, sequences))
  recall = (labelled >= GRID[:, None]).mean(axis=1)
  precision = (guessed >= GRID[:, None]).mean(axis=1)
  sums = np.maximum(recall + precision, np.finfo(float).tiny)
  f1 = 2 * recall * precision / sums
  return ((f1[1:] + f1[:-1]) / 2 * np.diff(GRID)).sum()


def _overlaps(own, other, sequences):
  """The share of each event of one array that the other covers."""
  shares, length, covered = [], 0, 0
  for frame, active in enumerate(own):
    new = frame and sequences[frame] != sequences[frame - 1]
    if length and (new or not active):
      shares.append(covered / length)
      length = covered = 0
    if active:
      length, covered = length + 1, covered + other[frame]
  return shares + [covered / length] if length else shares


def _turns(runs: int, ours: Callable, peer: Callable) -> tuple[Any, ...]:
  """Seconds of each run and the last result, of ours and of the peer."""
  seconds, peer_seconds = [], []
  for _ in range(runs):
    for call, times in ((ours, seconds), (peer, peer_seconds)):
      elapsed, result = _timed(call)
      times.append(elapsed)
      if call is ours:
        values = result
  return seconds, values, peer_seconds, result


def _timed(call):
  start = time.perf_counter()
  result = call()
  return time.perf_counter() - start, result


def _heading(frames, runs):
  versions = ", ".join(
    f"{name} {importlib.metadata.version(name)}"
    for name in ("numpy", "scikit-learn")
  )
  return (
    f"{datetime.date.today()}, {os.cpu_count()} cores, load "
    f"{os.getloadavg()[0]:.1f} at the start, Python "
    f"{platform.python_version()}, {versions}. {frames:,} frames of 12 AUs, "
    f"{runs} runs in turns; the ratio is the peer's median over ours."
  )


if __name__ == "__main__":
  main()
