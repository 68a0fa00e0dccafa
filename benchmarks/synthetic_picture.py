"""Writes docs/synthetic_faces.png: every AU at intensity 0, 2 and 5.

python -m benchmarks.synthetic_picture
"""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from absl import app, flags
from matplotlib import figure
from matplotlib.backends import backend_agg

from aujax import action_units
from aujax.synthetic import capture as capture_lib
from aujax.synthetic import face as face_lib
from aujax.synthetic import identity as identity_lib

_OUTPUT = flags.DEFINE_string(
  "output", "docs/synthetic_faces.png", "Where the picture is written."
)

# Subjects of data set 0, chosen for what they differ in.
SUBJECTS = (8, 17, 31, 55)
LEVELS = (0, 2, 5)
BLOCKS_ACROSS = 6
_SIZE = 160
_CROP = np.s_[4:156, 20:140]
_TILE = (152, 120)
_GAP, _LABEL, _STRIP = 14, 26, 300
_DPI = 100
_INK = "#222222"


def main(_) -> None:
  frames, labels, aus = ramp()
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
        background=40 + i, light_azimuth=(-0.5, 0.5)[i % 2]
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
    track.fill_between(number, base, base + values / 5, lw=0, color=f"C{row}")
    track.text(0, base + 0.35, f"AU {au} ", ha="right", fontsize=11)
  track.set_xlim(-0.03 * len(number), len(number) - 1)
  track.set_axis_off()


def ramp() -> tuple[np.ndarray, np.ndarray, tuple[int, ...]]:
  """Returns frames, labels and AUs of a smile that follows surprise."""
  aus = (1, 2, 5, 6, 12, 25, 26)
  time = np.linspace(0.0, 1.0, 240)
  surprise = 5 * np.clip(1.6 - np.abs(time - 0.28) / 0.11, 0, 1)
  smile = 5 * np.clip(1.8 - np.abs(time - 0.72) / 0.13, 0, 1)
  part = np.maximum(surprise, 0.8 * smile)
  labels = np.stack(
    [surprise, surprise, 0.8 * surprise, 0.8 * smile, smile, part, surprise]
  )
  face = face_lib.Face(identity_lib.sample(0, SUBJECTS[1]), size=_SIZE)
  frames = []
  for i in np.linspace(8, len(time) - 8, 17).astype(int):
    intensities = np.zeros(len(action_units.SYNTHETIC))
    for au, values in zip(aus, labels, strict=True):
      intensities[action_units.SYNTHETIC.index(au)] = values[i]
    capture = capture_lib.Capture(
      background=43,
      yaw=0.15 * np.sin(6 * time[i]),
      roll=0.06 * np.cos(9 * time[i]),
      noise=0.008,
    )
    rng = np.random.default_rng(i)
    frames.append(face.render(intensities, capture, rng=rng)[_CROP])
  return np.stack(frames), labels, aus


def _put(fig: figure.Figure, left: int, top: int, image: np.ndarray) -> None:
  height = round(fig.get_size_inches()[1] * _DPI)
  fig.figimage(image, left, height - top - image.shape[0], origin="upper")


def _write(fig: figure.Figure, left: int, top: int, text: str) -> None:
  width, height = fig.get_size_inches() * _DPI
  x, y = left / width, 1 - (top + _LABEL / 2) / height
  fig.text(x, y, text, va="center", fontsize=13, weight="bold", color=_INK)


def _pixels(fig: figure.Figure) -> np.ndarray:
  canvas = backend_agg.FigureCanvasAgg(fig)
  canvas.draw()
  return np.asarray(canvas.buffer_rgba())[..., :3]


if __name__ == "__main__":
  app.run(main)
