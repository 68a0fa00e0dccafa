"""Synthetic datasets on disk, in DISFA's own layout, with the truth beside it.

    Videos_LeftCamera/LeftVideoSN001_comp.avi    motion JPEG
    ActionUnit_Labels/SN001/SN001_au1.txt        what the annotator wrote
    Truth/SN001/SN001_au1.txt                    what is shown
    synthetic.json                               the request

A subject appears all at once or not at all, its labels last; a stopped run is
continued by the same request.
"""

import dataclasses
import itertools
import json
import math
import os
import pathlib
import shutil
from collections.abc import Iterable, Iterator

import cv2
import numpy as np
import tqdm
from jaxtyping import Float32, Int8

from aujax import action_units
from aujax.data import folds
from aujax.synthetic import (
  annotator,
  behaviour,
  face,
  identity,
  motion,
  presets,
  workers,
)

VIDEOS = "Videos_LeftCamera"
LABELS = "ActionUnit_Labels"
TRUTH = "Truth"
REQUEST = "synthetic.json"

_PARTIAL = ".partial"
# To be raised when the same request gives other files than before.
_FORMAT = 1
_JPEG_QUALITY = 95
_STREAM = 7004
_CODED = {"disfa": action_units.DISFA_ALL, "bp4d": action_units.BP4D}


@dataclasses.dataclass(frozen=True)
class Request:
  """What to synthesize; the same request gives the same files.

  Attributes:
    preset: A name of `presets.names()`; its subjects are called as those of
      the real dataset.
    num_subjects: How many subjects, each with one video.
    num_frames: Frames of each video.
    fps: Frames per second.
    size: Side of the pictures in pixels, at least 32 and even.
    seed: Decides everything else.
    noise: Strength of the annotator's errors in [0, 2].
    aus: AUs to write labels of; by default those that the real dataset codes.
  """

  preset: str = "disfa"
  num_subjects: int = 27
  num_frames: int = 400
  fps: float = 20.0
  size: int = 112
  seed: int = 0
  noise: float = 1.0
  aus: tuple[int, ...] = ()

  def __post_init__(self):
    presets.load(self.preset)
    if not self.aus:
      object.__setattr__(self, "aus", _CODED[self.preset])
    unknown = sorted(set(self.aus) - set(action_units.SYNTHETIC))
    if unknown:
      raise ValueError(
        f"expected AUs that the synthetic faces show, "
        f"{list(action_units.SYNTHETIC)}, got {unknown}"
      )
    if min(self.num_subjects, self.num_frames) < 1 or self.seed < 0:
      raise ValueError(
        "expected at least one subject and one frame and a seed of 0 or more, "
        f"got {self.num_subjects}, {self.num_frames} and {self.seed}"
      )
    if not (math.isfinite(self.fps) and self.fps >= 1):
      raise ValueError(f"expected 1 frame per second or more, got {self.fps}")
    if self.size < 32 or self.size % 2:
      raise ValueError(
        f"expected an even size of at least 32 pixels, got {self.size}"
      )
    if not 0 <= self.noise <= annotator.MAX_NOISE:
      raise ValueError(
        f"expected noise in [0, {annotator.MAX_NOISE:g}], got {self.noise}"
      )


@dataclasses.dataclass(frozen=True, eq=False)
class Script:
  """Everything that is decided before the first picture is rendered.

  Attributes:
    request: What was asked for.
    subjects: Their names.
    intensities: `[subjects, frames, 18]` what is shown, 0 to 5, in the order
      of `action_units.SYNTHETIC`.
    truth: The same in whole steps.
    labels: What the annotator wrote.
  """

  request: Request
  subjects: tuple[str, ...]
  intensities: Float32[np.ndarray, "subjects frames 18"]
  truth: Int8[np.ndarray, "subjects frames 18"]
  labels: Int8[np.ndarray, "subjects frames 18"]


def script(request: Request) -> Script:
  """Draws the behaviour of all subjects and what is written about it.

  Args:
    request: What to synthesize.

  Returns:
    The same script for the same request.

  Example:
    >>> script(Request(num_subjects=3, num_frames=20)).subjects
    ('SN001', 'SN006', 'SN003')
  """
  shown = behaviour.intensities(
    request.preset,
    seed=request.seed,
    num_subjects=request.num_subjects,
    num_frames=request.num_frames,
    fps=request.fps,
  )
  return Script(
    request=request,
    subjects=tuple(subjects(request.preset, request.num_subjects)),
    intensities=shown,
    truth=annotator.truth_of(shown),
    labels=annotator.annotate(
      shown, seed=request.seed, noise=request.noise, fps=request.fps
    ),
  )


def subjects(preset: str, num_subjects: int) -> list[str]:
  """Names subjects as the real dataset does, in turns from its three folds.

  Args:
    preset: A name of `presets.names()`.
    num_subjects: How many; names beyond the real ones count on.

  Returns:
    Distinct names; any three neighbours are of three folds, so that few
    subjects are enough to try cross-validation.

  Example:
    >>> subjects("disfa", 4)
    ['SN001', 'SN006', 'SN003', 'SN002']
  """
  parts: list[list[str]] = [[], [], []]
  for name, fold in sorted(folds.published(preset).items()):
    parts[fold].append(name)
  turns = itertools.chain(*itertools.zip_longest(*parts))
  names = [name for name in turns if name]
  prefix = names[0].rstrip("0123456789")
  last = max(int(n[len(prefix) :]) for n in names if n.startswith(prefix))
  more = (f"{prefix}{last + 1 + i:03d}" for i in itertools.count())
  return list(itertools.islice(itertools.chain(names, more), num_subjects))


def write(
  root: str | pathlib.Path,
  plan: Script,
  *,
  processes: int = 2,
  progress: bool = True,
) -> None:
  """Renders and writes what is not yet there.

  Args:
    root: Folder, made if missing. One with another request is refused.
    plan: What to write, from `script`.
    processes: How many subjects are rendered at a time; the files do not
      depend on it.
    progress: Whether to show a progress bar on stderr.

  Raises:
    ValueError: If the folder holds data of another origin or request, or no
      process may run.
    OSError: If a video cannot be written.
  """
  root = pathlib.Path(root)
  if processes < 1:
    raise ValueError(f"expected at least one process, got {processes}")
  _claim(root, plan.request)
  shutil.rmtree(root / _PARTIAL, ignore_errors=True)
  takes = [take for take in _takes(root, plan) if not _is_written(take)]
  num_frames = plan.request.num_frames
  missing = len(takes) * num_frames
  total = len(plan.subjects) * num_frames
  try:
    with tqdm.tqdm(
      total=total,
      initial=total - missing,
      desc="synthesize",
      unit="frame",
      disable=not progress or not takes,
    ) as bar:
      for _ in workers.run(_write_subject, takes, processes=processes):
        bar.update(num_frames)
  finally:
    shutil.rmtree(root / _PARTIAL, ignore_errors=True)


@dataclasses.dataclass(frozen=True, eq=False)
class _Take:
  """One subject's part of a script, as a worker needs it."""

  root: pathlib.Path
  request: Request
  number: int
  name: str
  intensities: Float32[np.ndarray, "frames 18"]
  truth: Int8[np.ndarray, "frames 18"]
  labels: Int8[np.ndarray, "frames 18"]

  @property
  def video(self) -> pathlib.Path:
    return self.root / VIDEOS / f"LeftVideo{self.name}_comp.avi"


def _takes(root: pathlib.Path, plan: Script) -> Iterator[_Take]:
  for number, name in enumerate(plan.subjects):
    yield _Take(
      root=root,
      request=plan.request,
      number=number,
      name=name,
      intensities=plan.intensities[number],
      truth=plan.truth[number],
      labels=plan.labels[number],
    )


def _is_written(take: _Take) -> bool:
  folders = [take.root / name / take.name for name in (LABELS, TRUTH)]
  return take.video.is_file() and all(folder.is_dir() for folder in folders)


def _claim(root: pathlib.Path, request: Request) -> None:
  """Makes the folder this request's, or finds that it is."""
  if root.exists() and not root.is_dir():
    raise NotADirectoryError(
      f"expected a folder to write to, got the file {root}; choose another name"
    )
  path = root / REQUEST
  wanted = {"format": _FORMAT, **dataclasses.asdict(request)}
  wanted = json.loads(json.dumps(wanted))
  if path.is_file():
    found = _read_request(path)
    for key in wanted.keys() | found.keys():
      if wanted.get(key) != found.get(key):
        raise ValueError(
          f"expected the request in {path} again, which has {key} "
          f"{found.get(key)}, got {key} {wanted.get(key)}; choose another "
          f"folder or remove {root}"
        )
    return
  for name in (LABELS, VIDEOS, TRUTH):
    if (root / name).exists():
      raise ValueError(
        f"expected a new folder or one with synthetic data, got {root} with "
        f"{name} but no {REQUEST}; choose another folder"
      )
  root.mkdir(parents=True, exist_ok=True)
  partial = path.with_suffix(".tmp")
  partial.write_text(json.dumps(wanted, indent=2) + "\n", encoding="utf-8")
  os.replace(partial, path)


def _read_request(path: pathlib.Path) -> dict:
  try:
    found = json.loads(path.read_text(encoding="utf-8"))
  except ValueError:
    found = None
  if not isinstance(found, dict):
    raise ValueError(
      f"expected the request of a synthetic dataset in {path}, got something "
      "else; choose another folder or remove this one"
    )
  return found


def _write_subject(take: _Take) -> None:
  """Writes all of a subject under a hidden name, then moves it into place."""
  partial = take.root / _PARTIAL / take.name
  partial.mkdir(parents=True)
  video = partial / take.video.name
  _write_video(video, take)
  for folder, steps in ((TRUTH, take.truth), (LABELS, take.labels)):
    _write_steps(partial / folder, take, steps)
  take.video.parent.mkdir(exist_ok=True)
  os.replace(video, take.video)
  for folder in (TRUTH, LABELS):
    target = take.root / folder / take.name
    target.parent.mkdir(exist_ok=True)
    shutil.rmtree(target, ignore_errors=True)
    os.replace(partial / folder, target)


def _write_steps(
  folder: pathlib.Path, take: _Take, steps: Int8[np.ndarray, "frames 18"]
) -> None:
  folder.mkdir()
  for au in take.request.aus:
    column = steps[:, action_units.SYNTHETIC.index(au)].tolist()
    lines = [f"{frame},{step}\n" for frame, step in enumerate(column, 1)]
    path = folder / f"{take.name}_au{au}.txt"
    path.write_text("".join(lines), encoding="ascii", newline="\n")


def _write_video(path: pathlib.Path, take: _Take) -> None:
  size, fps = take.request.size, take.request.fps
  # OpenCV's own encoder: the same bytes with and without FFmpeg.
  writer = cv2.VideoWriter(
    str(path),
    cv2.CAP_OPENCV_MJPEG,
    cv2.VideoWriter_fourcc(*"MJPG"),
    fps,
    (size, size),
    [cv2.VIDEOWRITER_PROP_QUALITY, _JPEG_QUALITY],
  )
  try:
    if not writer.isOpened():
      raise OSError(f"expected to write a video to {path}, which did not open")
    for picture in workers.until_stopped(_pictures(take)):
      writer.write(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
  finally:
    writer.release()
  _check_length(path, take.request.num_frames)


def _pictures(take: _Take) -> Iterable[np.ndarray]:
  """Yields the rendered frames, RGB."""
  request = take.request
  subject = identity.sample(request.seed, take.number)
  head = face.Face(subject, size=request.size)
  rng = np.random.default_rng([request.seed, take.number, _STREAM])
  conditions = motion.captures(
    seed=request.seed,
    subject=take.number,
    num_frames=request.num_frames,
    fps=request.fps,
  )
  for shown, capture in zip(take.intensities, conditions, strict=True):
    yield head.render(shown, capture, rng=rng)


def _check_length(path: pathlib.Path, num_frames: int) -> None:
  # The encoder says nothing when the disk is full.
  video = cv2.VideoCapture(str(path))
  found = int(video.get(cv2.CAP_PROP_FRAME_COUNT))
  video.release()
  if found != num_frames:
    raise OSError(
      f"expected {num_frames} frames in {path}, found {found} after writing; "
      "free some disk space and run again"
    )
