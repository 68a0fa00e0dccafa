"""Writes docs/synthetic_faces.png: every AU at intensity 0, 2 and 5.

python -m benchmarks.synthetic_picture
"""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from absl import app, flags
from matplotlib import figure
from matplotlib.backends import backend_agg

from aujax import action_units
from aujax.synthetic import behaviour, motion
from aujax.synthetic import capture as capture_lib
from aujax.synthetic import face as face_lib
from aujax.synthetic import identity as identity_lib

_OUTPUT = flags.DEFINE_string(
  "output", "docs/synthetic_faces.png", "Where the picture is written."
)

# Subjects of data set 0, chosen for what they differ in.
SUBJECTS = (8, 74, 60, 101)
LEVELS = (0, 2, 5)
BLOCKS_ACROSS = 6
_SIZE = 176
_CROP = np.s_[4:172, 20:156]
_TILE = (168, 136)
_GAP, _LABEL, _STRIP = 14, 26, 440
# Frames drawn for each subject, shown in the strip, and pictured in it.
_FILMED, _SHOWN, _STILLS = 1200, 240, 17
_DPI = 100
_INK = "#222222"


def main(_) -> None:
  frames, labels, aus = video()
  picture = compose(frames, labels, aus)
  path = Path(_OUTPUT.value)
  path.parent.mkdir(parents=True, exist_ok=True)
  cv2.imwrite(str(path), picture[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 9])
  print(
    f"{path}: {picture.shape[1]} x {picture.shape[0]}, "
    f"{path.stat().st_size / 2**20:.2f} MiB"
  )


def compose(
  frames: np.ndarray, labels: np.ndarray, aus: Sequence[int]
) -> np.ndarray:
  """Lays out the blocks of all AUs and the strip below them.

  Args:
    frames: uint8 `[M, h, w, 3]`, evenly spaced frames of a video.
    labels: `[T, N]` intensities of all its frames, 0 to 5.
    aus: The AU of each row of labels.

  Returns:
    The picture, uint8 RGB.
  """
  faces = [
    face_lib.Face(identity_lib.sample(0, subject), size=_SIZE)
    for subject in SUBJECTS
  ]
  rows, columns = len(SUBJECTS) * _TILE[0], len(LEVELS) * _TILE[1]
  lines = -(-len(action_units.SYNTHETIC) // BLOCKS_ACROSS)
  width = BLOCKS_ACROSS * (columns + _GAP) + _GAP
  height = lines * (rows + _LABEL + _GAP) + _STRIP + _GAP
  fig = figure.Figure(figsize=(width / _DPI, height / _DPI), dpi=_DPI)
  for i, au in enumerate(action_units.SYNTHETIC):
    line, place = divmod(i, BLOCKS_ACROSS)
    left = _GAP + place * (columns + _GAP)
    top = _GAP + line * (rows + _LABEL + _GAP)
    _write(fig, left, top, f"AU {au}  {action_units.DESCRIPTIONS[au]}")
    _put(fig, left, top + _LABEL, block(faces, au))
  strip(fig, height - _STRIP, frames, labels, aus)
  return _pixels(fig)


def block(faces: Sequence[face_lib.Face], au: int) -> np.ndarray:
  """Returns one AU on all faces (down) at all levels (across)."""
  column = action_units.SYNTHETIC.index(au)
  lines = []
  for i, face in enumerate(faces):
    tiles = []
    for level in LEVELS:
      intensities = np.zeros(len(action_units.SYNTHETIC))
      intensities[column] = level
      capture = capture_lib.Capture(
        background=40 + i, light_strength=1.1, light_azimuth=(-0.5, 0.5)[i % 2]
      )
      rng = np.random.default_rng(0)
      tiles.append(face.render(intensities, capture, rng=rng)[_CROP])
    lines.append(np.hstack(tiles))
  return np.vstack(lines)


def strip(
  fig: figure.Figure,
  top: int,
  frames: np.ndarray,
  labels: np.ndarray,
  aus: Sequence[int],
) -> None:
  """Draws frames of a video and below them the track of its labels.

  Args:
    fig: The figure, one unit of `_DPI` to the inch.
    top: Pixels from the figure's upper edge.
    frames: uint8 `[M, h, w, 3]`, evenly spaced.
    labels: `[T, N]` intensities, 0 to 5.
    aus: The AU of each row of labels.
  """
  width, height = fig.get_size_inches() * _DPI
  space = (width - 2 * _GAP) / len(frames)
  for i, frame in enumerate(frames):
    _put(fig, round(_GAP + (i + 0.5) * space - frame.shape[1] / 2), top, frame)
  below = top + frames.shape[1] + 6
  track = fig.add_axes(
    (
      _GAP / width,
      _GAP / height,
      1 - 2 * _GAP / width,
      (height - below - _GAP) / height,
    )
  )
  number = np.arange(labels.shape[1])
  for row, (au, values) in enumerate(zip(aus, labels, strict=True)):
    base = -1.15 * row
    track.fill_between(number, base, base + values / 5, lw=0, color="#3a6ea5")
    track.text(-2, base + 0.3, f"AU {au}", ha="right", fontsize=13, color=_INK)
  track.set_xlim(-0.03 * len(number), len(number) - 1)
  track.set_axis_off()


def video() -> tuple[np.ndarray, np.ndarray, tuple[int, ...]]:
  """Films the liveliest seconds of data set 0, DISFA's base rates.

  Returns:
    Evenly spaced frames `[M, h, w, 3]`, intensities `[T, N]` of all frames,
    and the T AUs that are present at step 2 or more.
  """
  drawn = behaviour.intensities(
    "disfa", seed=0, num_subjects=27, num_frames=_FILMED
  )
  subject, start = _liveliest(drawn)
  frames = slice(start, start + _SHOWN)
  track = drawn[subject, frames].T
  present = np.flatnonzero(track.max(axis=1) >= 2)
  captures = motion.captures(seed=0, subject=subject, num_frames=_FILMED)
  face = face_lib.Face(identity_lib.sample(0, subject), size=_SIZE)
  still = np.linspace(0, _SHOWN, _STILLS, endpoint=False) + _SHOWN / _STILLS / 2
  pictures = [
    face.render(
      track[:, i],
      # A clip is darker or brighter as a whole; the strip shows faces.
      dataclasses.replace(captures[start + i], light_strength=1.1, blink=0.0),
      rng=np.random.default_rng(i),
    )[_CROP]
    for i in still.astype(int)
  ]
  aus = tuple(action_units.SYNTHETIC[i] for i in present)
  return np.stack(pictures), track[present], aus


def _liveliest(drawn: np.ndarray) -> tuple[int, int]:
  """Returns subject and first frame of the seconds that show most."""
  best = (0.0, 0, 0)
  for subject, track in enumerate(drawn):
    who = identity_lib.sample(0, subject)
    if who.hair == "fringe" or who.beard != "none" or who.glasses != "none":
      continue
    for start in range(0, len(track) - _SHOWN, 20):
      window = track[start : start + _SHOWN]
      best = max(best, (float(window.max(axis=0).sum()), subject, start))
  return best[1:]


def _put(fig: figure.Figure, left: int, top: int, image: np.ndarray) -> None:
  height = round(fig.get_size_inches()[1] * _DPI)
  fig.figimage(image, left, height - top - image.shape[0], origin="upper")


def _write(fig: figure.Figure, left: int, top: int, text: str) -> None:
  width, height = fig.get_size_inches() * _DPI
  x, y = left / width, 1 - (top + _LABEL / 2) / height
  fig.text(x, y, text, va="center", fontsize=14, weight="bold", color=_INK)


def _pixels(fig: figure.Figure) -> np.ndarray:
  canvas = backend_agg.FigureCanvasAgg(fig)
  canvas.draw()
  return np.asarray(canvas.buffer_rgba())[..., :3]


if __name__ == "__main__":
  app.run(main)
