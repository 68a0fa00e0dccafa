"""Faces found in the frames of synthetic videos, beside where they are.

  python -m benchmarks.faces [--workdir DIR] [--subjects N] [--frames N]

Videos are written as `aujax-synthesize` does and read from their files again.
A frame counts as found if the largest face that the detector sees in it holds
both eyes; the eye error is the mean distance of both from the truth, as a share
of their true distance. Frames are searched one by one, mirrored, and followed
from key frame to key frame. It takes about 10 minutes on 2 free cores.
"""

import argparse
import contextlib
import datetime
import os
import pathlib
import platform
import tempfile
import time

import jax
import numpy as np

from aujax.faces import finder, mtcnn, video
from aujax.synthetic import face, identity, motion, videos

WAYS = {"every frame": 1, "mirrored": 1, "every 8th": 8}


def main():
  parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
  parser.add_argument("--workdir", help="keeps the videos for another run")
  parser.add_argument("--subjects", type=int, default=27)
  parser.add_argument("--frames", type=int, default=100, help="of each subject")
  arguments = parser.parse_args()
  print(
    f"{datetime.date.today()}, {os.cpu_count()} cores, load "
    f"{os.getloadavg()[0]:.1f} at the start, Python "
    f"{platform.python_version()}, jax {jax.__version__}.\n\n"
    "| side, px | preset | frames | way | found | eye error, mean | 95 % |"
    " ms a frame |\n|---|---|---|---|---|---|---|---|"
  )
  with contextlib.ExitStack() as stack:
    workdir = arguments.workdir or stack.enter_context(
      tempfile.TemporaryDirectory()
    )
    for preset in ("disfa", "bp4d"):
      for size in (112, 224):
        request = videos.Request(
          preset=preset,
          num_subjects=arguments.subjects,
          num_frames=arguments.frames,
          size=size,
        )
        measure(request, pathlib.Path(workdir) / f"{preset}{size}")


def measure(request: videos.Request, root: pathlib.Path) -> None:
  """Prints the lines of one set of videos."""
  script = videos.script(request)
  videos.write(root, script, progress=False)
  truth = [eyes(script, number) for number in range(len(script.subjects))]
  paths = [
    root / videos.VIDEOS / f"LeftVideo{name}_comp.avi"
    for name in script.subjects
  ]
  for way, every in WAYS.items():
    detector = finder.Finder(every=every)
    errors, seconds = [], 0.0
    for path, points in zip(paths, truth, strict=True):
      frames = np.stack([frame.image for frame in video.read(path)])
      if way == "mirrored":
        frames, points = frames[:, :, ::-1], mirrored(points, request.size)
      # Compiles, and is not counted.
      detector.follow(frames[:every])
      started = time.perf_counter()
      found = follow(detector, frames, every)
      seconds += time.perf_counter() - started
      errors += map(eye_error, found, points)
    errors = np.array(errors)
    held = errors[np.isfinite(errors)]
    print(
      f"| {request.size} | {request.preset} | {len(errors):,} | {way} | "
      f"{len(held) / len(errors):.2%} | {held.mean():.3f} | "
      f"{np.percentile(held, 95):.3f} | {1e3 * seconds / len(errors):.1f} |",
      flush=True,
    )


def eyes(script: videos.Script, number: int) -> np.ndarray:
  """Where a subject's eyes are, `[frames, 2, 2]`."""
  request = script.request
  head = face.Face(identity.sample(request.seed, number), size=request.size)
  captures = motion.captures(
    seed=request.seed,
    subject=number,
    num_frames=request.num_frames,
    fps=request.fps,
  )
  shown = script.intensities[number]
  return np.stack(
    [head.landmarks(i, c)[:2] for i, c in zip(shown, captures, strict=True)]
  )


def mirrored(points: np.ndarray, size: int) -> np.ndarray:
  """The same eyes in mirrored frames; the right one becomes the left one."""
  return np.stack([size - 1 - points[..., 0], points[..., 1]], -1)[:, ::-1]


def follow(
  detector: finder.Finder, frames: np.ndarray, every: int
) -> list[mtcnn.Faces]:
  """The faces of all frames of a video."""
  found = []
  for start in range(0, len(frames), every):
    part = np.stack(
      [finder.fit(f).image for f in frames[start : start + every]]
    )
    found += detector.follow(part, found[-1] if found else None)
  return found


def eye_error(faces: mtcnn.Faces, truth: np.ndarray) -> float:
  """Mean error of both eyes; nan where the face was not found."""
  if not len(faces.boxes):
    return np.nan
  sides = faces.boxes[:, 2:] - faces.boxes[:, :2]
  best = np.argmax(sides.prod(1))
  low, high = faces.boxes[best, :2], faces.boxes[best, 2:]
  if not ((low < truth) & (truth < high)).all():
    return np.nan
  apart = np.linalg.norm(truth[0] - truth[1])
  off = np.linalg.norm(faces.landmarks[best, :2] - truth, axis=1)
  return float(off.mean() / apart)


if __name__ == "__main__":
  main()
