"""A label matrix as large and as imbalanced as BP4D's, in video order.

  python -m benchmarks.label_matrix [--table FILE.parquet]

tells how its labels lie, and writes them as a table for `aujax-balance`.
The rates are BP4D's, published; everything else is chance: AUs come and go
independently of each other, which they do not in a face: expect fewer label
patterns of a dataset than the 3,100 or so among 400,000 frames here.
"""

import argparse

import numpy as np
from jaxtyping import Int8

from aujax.data import table
from aujax.sampling import inputs

# Frames that show each AU of BP4D's 146,847, as the public class weights of
# ME-GraphAU (data/BP4D/list) give them when they are solved for counts.
NUM_FRAMES = 146_847
POSITIVES = {
  1: 31_042,
  2: 25_110,
  4: 29_755,
  6: 67_676,
  7: 80_616,
  10: 87_270,
  12: 82_530,
  14: 68_375,
  15: 24_869,
  17: 50_406,
  23: 24_288,
  24: 22_229,
}
# Two seconds at 25 frames a second.
MEAN_EVENT_FRAMES = 50


def make(num_frames: int, *, seed: int) -> Int8[np.ndarray, "N 12"]:
  """Makes labels in which every AU is a stationary two-state Markov chain.

  Such a chain draws its state anew, by the AU's rate f, at frames that chance
  picks, and keeps it in between. Picked with probability r, an event ends
  with probability r (1 - f) at each frame, which is one by its mean length.

  Args:
    num_frames: Number of frames N.
    seed: Seed of the matrix.

  Returns:
    `[N, 12]` of 0 and 1, columns in the order of `POSITIVES`.
  """
  generator = inputs.generator(seed)
  labels = np.empty((num_frames, len(POSITIVES)), np.int8)
  for column, positives in enumerate(POSITIVES.values()):
    rate = positives / NUM_FRAMES
    redraw_rate = 1 / (MEAN_EVENT_FRAMES * (1 - rate))
    states = generator.random(num_frames, np.float32) < rate
    redrawn = generator.random(num_frames, np.float32) < redraw_rate
    redrawn[:1] = False  # The first frame has the first state.
    labels[:, column] = states[np.cumsum(redrawn)]
  return labels


def write(labels: np.ndarray, path: str) -> None:
  """Writes labels as a table of one video."""
  names = np.full(len(labels), "chance")
  table.write_parquet(
    table.Table(
      aus=tuple(POSITIVES),
      image=names,
      labels=labels,
      subject=names,
      sequence=names,
      frame=np.arange(len(labels)),
    ),
    path,
  )


def main():
  parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
  parser.add_argument("--table", help="file to write")
  arguments = parser.parse_args()
  labels = make(400_000, seed=0)
  if arguments.table:
    write(labels, arguments.table)
  print("| AU | rate | BP4D | mean event, frames |\n|---|---|---|---|")
  for au, column in zip(POSITIVES, labels.T, strict=True):
    onsets = np.count_nonzero(np.diff(column, prepend=0) == 1)
    print(
      f"| {au} | {column.mean():.3f} | {POSITIVES[au] / NUM_FRAMES:.3f} "
      f"| {column.sum() / onsets:.1f} |"
    )
  patterns, counts = np.unique(labels, axis=0, return_counts=True)
  print(
    f"\n{len(patterns):,} label patterns, {(counts < 10).sum():,} of them in "
    f"fewer than 10 frames; {np.mean(~labels.any(axis=1)):.2%} of the frames "
    "show no AU."
  )


if __name__ == "__main__":
  main()
