"""Measures the synthetic faces: speed, change by intensity, learnability.

    python -m benchmarks.synthetic

takes about 8 minutes on 2 free cores, `--quick` 1. Huge pages,
GLIBC_TUNABLES=glibc.malloc.hugetlb=1 in the environment, make it faster.
"""

import multiprocessing
import time

import cv2
import numpy as np
from absl import app, flags, logging

from aujax import action_units, runtime
from aujax.synthetic import capture as capture_lib
from aujax.synthetic import face as face_lib
from aujax.synthetic import identity as identity_lib

_PARTS = ("speed", "change", "learning")
_ONLY = flags.DEFINE_multi_enum("only", _PARTS, _PARTS, "What to measure.")
_QUICK = flags.DEFINE_bool(
  "quick", False, "Whether to take fewer frames, too few to learn much from."
)
_FRAMES = flags.DEFINE_integer("frames", 1500, "Frames for each speed.")
_SUBJECTS = flags.DEFINE_integer("subjects", 16, "Subjects of the change.")
_SUBJECTS_FOR_SPEED = 6


def main(_) -> None:
  # JAX tells which backends there are not.
  logging.set_verbosity(logging.WARNING)
  less = 4 if _QUICK.value else 1
  if "speed" in _ONLY.value:
    print_speed(_FRAMES.value // less)
  if "change" in _ONLY.value:
    print_change(_SUBJECTS.value // less)
  if "learning" in _ONLY.value:
    runtime.configure()
    # Imports JAX, which the processes that render do not need.
    from benchmarks import synthetic_learning

    synthetic_learning.print_learning(quick=_QUICK.value)


def print_speed(frames: int) -> None:
  """Prints frames per second for sizes and numbers of processes."""
  print("| picture | processes | frames/s | CPU ms per frame |")
  print("|---|---|---|---|")
  for size, processes in ((112, 1), (112, 2), (224, 1), (224, 2)):
    rate, cost = speed(size, processes, frames * 112 // size)
    print(f"| {size} px | {processes} | {rate:.0f} | {cost * 1e3:.2f} |")
  print()


def speed(size: int, processes: int, frames: int) -> tuple[float, float]:
  """Returns frames per second of all processes, and CPU seconds per frame.

  Every frame has its own pose, light, background, blur and noise, and three
  to four AUs; the subjects are built before.
  """
  context = multiprocessing.get_context("spawn")
  barrier = context.Barrier(processes)
  with context.Pool(processes, _share, (barrier,)) as pool:
    jobs = [(size, frames // processes, job) for job in range(processes)]
    spans = pool.starmap(_render, jobs, chunksize=1)
  start, end, cost = zip(*spans, strict=True)
  done = frames // processes * processes
  return done / (max(end) - min(start)), sum(cost) / done


def print_change(subjects: int) -> None:
  """Prints how much each AU changes the picture at intensities 1 to 5."""
  change = rms_change(subjects)
  rising = (np.diff(change, axis=2, prepend=0.0) > 0).all(axis=2)
  print("| AU | 1 | 2 | 3 | 4 | 5 | strictly rising |")
  print("|---|---|---|---|---|---|---|")
  for i, au in enumerate(action_units.SYNTHETIC):
    values = " | ".join(f"{v:.2f}" for v in change[:, i].mean(axis=0))
    share = f"{rising[:, i].sum()} of {subjects}"
    print(f"| {au} | {values} | {share} |")
  print("\nRMS grey levels against intensity 0, mean over subjects.\n")


def rms_change(subjects: int) -> np.ndarray:
  """Returns RMS changes `[subjects, 18, 5]` against the neutral picture."""
  out = np.empty((subjects, len(action_units.SYNTHETIC), 5))
  for subject in range(subjects):
    rng = np.random.default_rng([7, subject])
    face = face_lib.Face(identity_lib.sample(0, subject))
    capture = capture_lib.sample(rng)
    rest = _shoot(face, np.zeros(out.shape[1]), capture)
    for column in range(out.shape[1]):
      for level in range(1, 6):
        intensities = np.zeros(out.shape[1])
        intensities[column] = level
        gap = _shoot(face, intensities, capture) - rest
        out[subject, column, level - 1] = np.sqrt((gap**2).mean())
  return out


def _shoot(
  face: face_lib.Face, intensities: np.ndarray, capture: capture_lib.Capture
) -> np.ndarray:
  """Takes a picture with the same sensor noise each time."""
  rng = np.random.default_rng(0)
  return face.render(intensities, capture, rng=rng).astype(np.float64)


def _share(barrier) -> None:
  global _barrier
  _barrier = barrier


def _render(size: int, frames: int, job: int) -> tuple[float, float, float]:
  """Renders frames and returns when it began and ended, and its CPU time."""
  cv2.setNumThreads(1)
  rng = np.random.default_rng(job)
  faces = [
    face_lib.Face(identity_lib.sample(0, subject), size=size)
    for subject in range(_SUBJECTS_FOR_SPEED)
  ]
  aus = len(action_units.SYNTHETIC)
  faces[0].render(np.zeros(aus), capture_lib.sample(rng), rng=rng)
  _barrier.wait()
  start, cost = time.time(), time.process_time()
  for i in range(frames):
    intensities = rng.uniform(0, 5, aus) * (rng.random(aus) < 0.2)
    face = faces[i % len(faces)]
    face.render(intensities, capture_lib.sample(rng), rng=rng)
  return start, time.time(), time.process_time() - cost


if __name__ == "__main__":
  app.run(main)
