"""Frames per second from a video to AU scores, by stage, beside MTCNN's own.

  python -m benchmarks.predict [--frames N] [--rounds N] [--minutes N]

A face drifts through a 640 x 480 video of H.264 or, where OpenCV has no such
encoder, MPEG-4. Stages are measured one by one on its frames, in turns, so that
a shared machine disturbs all alike; medians are printed. The whole way is
`aujax-predict` itself, in a process of its own that tells its peak memory, for
1 minute of video and for more. The package mtcnn is measured on the same frames
where TensorFlow is installed. It takes about 10 minutes on 2 free cores.
"""

import argparse
import datetime
import functools
import importlib.util
import itertools
import os
import pathlib
import platform
import sys
import tempfile
import time

import cv2
import jax
import numpy as np

from aujax import models
from aujax.faces import finder, video
from aujax.models import folder
from aujax.prediction import scoring
from aujax.synthetic import face, identity, motion

SIZE, FPS = (640, 480), 25
SIDE = 224
AUS = (1, 2, 4, 6, 9, 12, 25, 26)
NETWORK = {"features": (16, 32, 64), "hidden": 64}
EVERY = 8


def main():
  parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
  parser.add_argument("--frames", type=int, default=96, help="for the stages")
  parser.add_argument("--rounds", type=int, default=5, help="turns of each")
  parser.add_argument("--minutes", type=int, default=20, help="of long video")
  arguments = parser.parse_args()
  print(
    f"{datetime.date.today()}, {os.cpu_count()} cores, load "
    f"{os.getloadavg()[0]:.1f} at the start, Python "
    f"{platform.python_version()}, jax {jax.__version__}, OpenCV "
    f"{cv2.__version__}.\n"
  )
  with tempfile.TemporaryDirectory() as name:
    workdir = pathlib.Path(name)
    write_model(workdir / "model")
    clip = render(60 * FPS)
    write_video(workdir / "short.mp4", clip, 1)
    print_stages(workdir, arguments.frames, arguments.rounds)
    write_video(workdir / "long.mp4", clip, arguments.minutes)
    del clip
    print_whole(workdir, arguments.minutes)


def render(count: int) -> list[bytes]:
  """A minute of a face before a still wall, as JPEG, BGR."""
  rng = np.random.default_rng(0)
  wall = cv2.resize(
    rng.normal(120, 30, (30, 40, 3)), SIZE, interpolation=cv2.INTER_CUBIC
  )
  wall = np.clip(wall, 0, 255).astype(np.uint8)
  head = face.Face(identity.sample(0, 1), size=SIDE)
  captures = motion.captures(seed=0, subject=1, num_frames=count, fps=FPS)
  shifts = motion.drift(rng, (2, count), seconds=3.0, fps=FPS)
  levels = motion.drift(rng, (18, count), seconds=1.0, fps=FPS)
  clip = []
  for t, capture in enumerate(captures):
    shown = head.render(np.clip(2 * levels[:, t], 0, 5), capture, rng=rng)
    x, y = np.clip(
      [208, 128] + 40 * shifts[:, t], 0, np.array(SIZE) - SIDE
    ).astype(int)
    frame = wall.copy()
    frame[y : y + SIDE, x : x + SIDE] = shown[..., ::-1]
    clip.append(cv2.imencode(".jpg", frame)[1])
  return clip


def write_video(path: pathlib.Path, clip: list, minutes: int) -> None:
  """Writes the clip again and again, every second time backwards."""
  writer = cv2.VideoWriter(
    str(path), cv2.VideoWriter_fourcc(*"mp4v"), FPS, SIZE
  )
  for minute in range(minutes):
    for frame in clip[:: -1 if minute % 2 else 1]:
      writer.write(cv2.imdecode(frame, cv2.IMREAD_COLOR))
  writer.release()


def write_model(directory: pathlib.Path) -> None:
  """A small attention CNN with random weights, as fast as a trained one."""
  description = folder.Description(
    network="attention_cnn",
    options=NETWORK,
    aus=AUS,
    alignment="mtcnn",
    margin=0.0,
    stored_size=112,
    image_size=112,
    standardize=True,
    thresholds=(0.5,) * len(AUS),
    threshold_rule="fixed",
    base_rates=(0.1,) * len(AUS),
    training={},
  )
  model = models.create("attention_cnn", num_outputs=len(AUS), **NETWORK)
  folder.write(directory, description, *model.init(jax.random.key(0)))


def print_stages(workdir: pathlib.Path, count: int, rounds: int) -> None:
  """Prints milliseconds of a frame for each stage alone."""
  path = workdir / "short.mp4"
  frames = np.stack([frame.image for frame in first(path, count)])
  search, tracked = finder.Finder(every=1), finder.Finder(every=EVERY)
  scorer = scoring.Scorer(folder.load(workdir / "model"))
  found = follow(tracked, frames)
  parts = range(0, count, EVERY)
  crops = np.concatenate(
    [
      tracked.cut(frames[s : s + EVERY], found[s : s + EVERY], size=112)
      for s in parts
    ]
  )
  jobs = {
    "decode": lambda: sum(1 for _ in first(path, count)),
    "detect in every frame": functools.partial(search.find, frames),
    f"detect in every {EVERY}th, look between": functools.partial(
      follow, tracked, frames
    ),
    "align": lambda: [
      tracked.cut(frames[s : s + EVERY], found[s : s + EVERY], size=112)
      for s in parts
    ],
    "network": lambda: [scorer(crops[s : s + EVERY]) for s in parts],
  }
  jobs |= peers(frames)
  times = {name: [] for name in jobs}
  for job in jobs.values():
    job()
  for _ in range(rounds):
    for name, job in jobs.items():
      started = time.perf_counter()
      job()
      times[name].append((time.perf_counter() - started) / count)
  print("| stage | ms a frame | frames/s |\n|---|---|---|")
  medians = {name: np.median(t) for name, t in times.items()}
  for name, seconds in medians.items():
    print(f"| {name} | {1e3 * seconds:.2f} | {1 / seconds:.0f} |")
  detect, with_tracking = list(medians.values())[1:3]
  for name in peers(frames):
    ratios = [medians[name] / ours for ours in (detect, with_tracking)]
    print(
      f"\n{name}: {ratios[0]:.1f} times the time of detection in every frame,"
      f" {ratios[1]:.1f} times that with tracking (aims 1.5 and 3)."
    )
  counts = np.array([len(f.boxes) for f in found])
  print(f"\n{(counts == 1).mean():.1%} of {count} frames have one face.\n")


def first(path: pathlib.Path, count: int):
  """The first frames of a video."""
  return itertools.islice(video.read(path), count)


def follow(detector: finder.Finder, frames: np.ndarray) -> list:
  """Faces of all frames, from key frame to key frame."""
  found = []
  for start in range(0, len(frames), detector.every):
    part = frames[start : start + detector.every]
    found += detector.follow(part, found[-1] if found else None)
  return found


@functools.cache
def _package():
  import mtcnn

  return mtcnn.MTCNN()


def peers(frames: np.ndarray) -> dict:
  """The package mtcnn, one frame after the other, as its users do."""
  if importlib.util.find_spec("tensorflow") is None:
    return {}
  return {"package mtcnn": lambda: [_package().detect_faces(f) for f in frames]}


def print_whole(workdir: pathlib.Path, minutes: int) -> None:
  """Prints frames per second and peak memory of the command."""
  print("| video | frames | rows | s | frames/s | peak memory, MiB |")
  print("|---|---|---|---|---|---|")
  command = [sys.executable, "-m", "aujax.commands.predict"]
  for name, length in (("warm-up", 1), ("short", 1), ("long", minutes)):
    path = workdir / f"{'long' if name == 'long' else 'short'}.mp4"
    started = time.perf_counter()
    pid = os.posix_spawn(
      sys.executable,
      [
        *command,
        str(workdir / "model"),
        str(path),
        f"--output={workdir / name}.csv",
      ],
      os.environ | {"JAX_COMPILATION_CACHE_DIR": str(workdir / "compiled")},
      file_actions=[
        (os.POSIX_SPAWN_OPEN, n, os.devnull, os.O_WRONLY, 0) for n in (1, 2)
      ],
    )
    _, status, usage = os.wait4(pid, 0)
    seconds = time.perf_counter() - started
    if status:
      raise SystemExit(f"aujax-predict ended with status {status}")
    rows = sum(1 for _ in (workdir / f"{name}.csv").open()) - 1
    if name != "warm-up":
      frames = 60 * FPS * length
      print(
        f"| {length} min | {frames:,} | {rows:,} | {seconds:.0f} | "
        f"{frames / seconds:.0f} | {usage.ru_maxrss / 1024:.0f} |",
        flush=True,
      )
  print("\nFrom the start of the process, Python and JAX included.")


if __name__ == "__main__":
  main()
