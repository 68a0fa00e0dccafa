"""Labelled synthetic frames in memory: few of each of many subjects."""

import dataclasses
import functools
import multiprocessing

import cv2
import numpy as np
from jaxtyping import Float32, Int, Int8, UInt8

from aujax import action_units
from aujax.synthetic import annotator, behaviour, coding, identity, motion
from aujax.synthetic import face as face_lib

# Two frames of a subject are this far apart on average.
SECONDS_APART = 5.0
_FPS = 10.0
_STREAM = 7101


@dataclasses.dataclass(frozen=True, eq=False)
class Frames:
  """Frames `[N]` of the subjects of one seed, in the subjects' order.

  Attributes:
    images: RGB.
    labels: 1 where the true step of an AU is 2 or more, else 0; in the order
      of `action_units.SYNTHETIC`.
    intensities: What is shown, 0 to 5.
  """

  images: UInt8[np.ndarray, "N size size 3"]
  labels: Int8[np.ndarray, "N 18"]
  intensities: Float32[np.ndarray, "N 18"]

  def __len__(self) -> int:
    return len(self.images)


def render(
  *,
  seed: int,
  num_subjects: int,
  frames_each: int,
  size: int = 112,
  enriched: float = 0.0,
  processes: int = 2,
) -> Frames:
  """Renders frames of the DISFA preset's behaviour.

  Each subject is filmed for `frames_each * SECONDS_APART` seconds, of which
  frames are taken at even distances or, a share of them, by chance, with
  frames that show a rare AU at least in a trace being likelier.

  Args:
    seed: Of subjects, behaviour and everything else.
    num_subjects: How many.
    frames_each: How many frames of each subject.
    size: Side of the pictures in pixels.
    enriched: Share of frames that are taken for their rare AUs.
    processes: How many processes render.

  Returns:
    The frames.
  """
  num_rare = round(enriched * frames_each)
  shown = behaviour.intensities(
    "disfa",
    seed=seed,
    num_subjects=num_subjects,
    num_frames=round(frames_each * SECONDS_APART * _FPS),
    fps=_FPS,
  )
  truth = annotator.truth_of(shown)
  rng = np.random.default_rng([seed, _STREAM])
  rows = np.stack(
    [choose(rng, steps, frames_each, num_rare) for steps in truth]
  )
  subjects = np.arange(num_subjects)[:, None]
  shown, truth = shown[subjects, rows], truth[subjects, rows]
  film = functools.partial(_film, seed, size)
  images = np.empty((num_subjects, frames_each, size, size, 3), np.uint8)
  context = multiprocessing.get_context("spawn")
  with context.Pool(processes, cv2.setNumThreads, (1,)) as pool:
    jobs = enumerate(shown)
    for subject, taken in enumerate(pool.imap(film, jobs, chunksize=4)):
      images[subject] = taken
  aus = len(action_units.SYNTHETIC)
  return Frames(
    images.reshape(-1, size, size, 3),
    (truth >= coding.PRESENT).astype(np.int8).reshape(-1, aus),
    shown.reshape(-1, aus),
  )


def choose(
  rng: np.random.Generator,
  steps: Int8[np.ndarray, "frames 18"],
  count: int,
  num_rare: int,
) -> Int[np.ndarray, "count"]:
  """Chooses frames of a video, `num_rare` of them for their rare AUs."""
  even = count - num_rare
  start = rng.uniform()
  rows = ((np.arange(even) + start) / max(even, 1) * len(steps)).astype(int)
  if not num_rare:
    return rows
  # A trace counts too: what is just not present is as telling.
  trace = steps >= 1
  weights = trace @ (1.0 / np.maximum(trace.mean(0), 0.01)) + 0.01
  weights[rows] = 0.0
  rare = rng.choice(
    len(steps), num_rare, replace=False, p=weights / weights.sum()
  )
  return np.concatenate([rows, rare])


def _film(
  seed: int, size: int, job: tuple[int, Float32[np.ndarray, "frames 18"]]
) -> UInt8[np.ndarray, "frames size size 3"]:
  """Renders the chosen frames of one subject."""
  subject, shown = job
  head = face_lib.Face(identity.sample(seed, subject), size=size)
  rng = np.random.default_rng([seed, subject, _STREAM])
  conditions = motion.captures(
    seed=seed, subject=subject, num_frames=len(shown), fps=1 / SECONDS_APART
  )
  return np.stack(
    [
      head.render(intensities, capture, rng=rng)
      for intensities, capture in zip(shown, conditions, strict=True)
    ]
  )
