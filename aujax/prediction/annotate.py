"""A picture or video with its faces' boxes, and their AUs in a strip beside it.

The strip hides nothing of the picture. Each face has a panel of its own there,
as long as it is seen; where there is no more room faces keep their boxes alone.
"""

import dataclasses
import os
import pathlib

import cv2
import numpy as np
from jaxtyping import UInt8

from aujax import action_units
from aujax.faces import video
from aujax.prediction import finished, inputs

# Names of formats that OpenCV writes wherever its wheel is installed.
_CODES = {".mp4": "mp4v", ".avi": "MJPG"}
_PICTURES = (".png", ".jpg", ".jpeg")

# Those of the report's dark page, RGB; a face has the colour of its place in
# `Input.faces` in the page of the timeline as well.
COLOURS = (
  *((239, 138, 82), (88, 183, 191), (169, 143, 214), (220, 176, 74)),
  *((121, 166, 230), (216, 127, 159), (147, 191, 111)),
)
_GROUND, _TRACK, _BAR = (20, 22, 24), (43, 47, 51), (117, 124, 132)
_INK, _SOFT = (233, 231, 226), (156, 162, 169)
_MOST_PANELS = 8


@dataclasses.dataclass(frozen=True)
class _Layout:
  """Sizes in pixels of a strip, and how many panels it has room for."""

  unit: float
  is_named: bool
  columns: int
  num_aus: int
  height: int

  @property
  def row(self) -> float:
    return self.unit * (1.85 if self.is_named else 1.2)

  @property
  def panel(self) -> float:
    return self.row * self.num_aus + 2.6 * self.unit

  @property
  def panel_width(self) -> int:
    return round(16 * self.unit)

  @property
  def panels(self) -> int:
    return self.columns * max(1, int(self.height / self.panel))

  def corner(self, number: int) -> tuple[int, int]:
    """Left and top of a panel in the strip."""
    column, place = divmod(number, self.panels // self.columns)
    return column * self.panel_width, round(place * self.panel)


def write(
  rows_path: str | os.PathLike,
  source: str | os.PathLike | None,
  output: str | os.PathLike,
  *,
  overwrite: bool = False,
) -> None:
  """Writes a picture or video with what was predicted of it.

  A present AU has a coloured bar and a tick, an absent one a grey bar. A video
  has as many frames as its source, at its rate; sides are made even.

  Args:
    rows_path: Complete table of predictions.
    source: Which of its inputs; None for the only one.
    output: ".mp4" (MPEG-4 part 2) or ".avi" (motion JPEG) of a video, ".png"
      or ".jpg" of a picture. It is there once it is whole.
    overwrite: Replace the output.

  Raises:
    FileExistsError: If the output is there and is not to be replaced.
    FileNotFoundError: If the table, the source or the output's folder is
      missing.
    OSError: If the output could not be written.
    ValueError: If the table does not hold the source, the source does not
      decode, or the output has another suffix or is the source itself.
  """
  output = pathlib.Path(output)
  predicted = _choose(finished.read(rows_path), source, rows_path)
  if not predicted.path.is_file():
    raise FileNotFoundError(
      f"expected the source of {rows_path} at {predicted.path}, found no such "
      "file; run where it was run"
    )
  is_picture = inputs.is_picture(predicted.path)
  suffixes = _PICTURES if is_picture else tuple(_CODES)
  finished.check_output(output, suffixes, overwrite=overwrite)
  if output.exists() and output.samefile(predicted.path):
    raise ValueError(
      f"expected an output beside its source, got {output} for both; give "
      "another output"
    )
  half = output.with_name(f".{output.stem}.{os.getpid()}{output.suffix}")
  try:
    (_write_picture if is_picture else _write_video)(predicted, half)
    os.replace(half, output)
  finally:
    half.unlink(missing_ok=True)


def outline(
  image: UInt8[np.ndarray, "height width 3"],
  box: tuple[float, float, float, float],
  colour: tuple[int, int, int],
  width: int,
) -> None:
  """Draws a box that is seen on bright and on dark ground.

  Args:
    image: RGB; drawn into.
    box: Left, top, width and height in pixels.
    colour: RGB.
    width: Of the line in pixels.
  """
  x, y, across, down = box
  # A corner far outside does not fit into OpenCV's numbers.
  ends = np.clip([x, y, x + across, y + down], -9999, 9999).round().astype(int)
  for shade, line in ((_GROUND, width + 2), (colour, width)):
    cv2.rectangle(image, ends[:2], ends[2:], shade, line, cv2.LINE_AA)


def _choose(found, source, rows_path):
  names = [one.name for one in found]
  several = f"{', '.join(names[:3])}{', ...' if len(names) > 3 else ''}"
  if source is None:
    if len(found) == 1:
      return found[0]
    raise ValueError(
      f"expected the name of one of the {len(found)} inputs of {rows_path}, "
      f"got none; name one of {several}"
    )
  for one in found:
    same = pathlib.Path(source).absolute()
    if os.fspath(source) == one.name or same == one.path.absolute():
      return one
  raise ValueError(
    f"expected an input of {rows_path}, got {source}; it holds {several}"
  )


def _write_picture(predicted, path):
  (frame,) = inputs.frames(predicted.path)
  canvas = _Canvas(predicted, frame.image.shape[:2])
  picture = cv2.cvtColor(canvas.draw(frame), cv2.COLOR_RGB2BGR)
  path.write_bytes(cv2.imencode(path.suffix.lower(), picture)[1].tobytes())


def _write_video(predicted, path):
  rate = video.frame_rate(predicted.path) or _rate(predicted)
  code = cv2.VideoWriter_fourcc(*_CODES[path.suffix.lower()])
  canvas, writer, number = None, None, 0
  try:
    for frame in video.read(predicted.path):
      if writer is None:
        canvas = _Canvas(predicted, frame.image.shape[:2])
        size = canvas.size
        writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, code, rate, size)
        if not writer.isOpened():
          break
      writer.write(cv2.cvtColor(canvas.draw(frame), cv2.COLOR_RGB2BGR))
      number += 1
  finally:
    if writer is not None:
      writer.release()
  # OpenCV does not say so if it could not write.
  if not number or number != _count(path):
    raise OSError(
      f"expected to write every frame of {predicted.name}, but they did not "
      "all arrive; see whether there is room, or choose another suffix"
    )


def _count(path):
  capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
  number = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
  capture.release()
  return number


def _rate(predicted):
  """Frames per second by the table, where the file says none."""
  steps = predicted.frame[-1] - predicted.frame[0]
  seconds = predicted.seconds[-1] - predicted.seconds[0]
  return float(steps / seconds) if seconds > 0 else 25.0


class _Canvas:
  """Draws frames of one source, with a strip that stays as it is."""

  def __init__(self, predicted: finished.Input, size: tuple[int, int]):
    self._predicted, (self._height, self._width) = predicted, size
    wanted = 1 + max(_panels(predicted, _MOST_PANELS).values(), default=-1)
    self._layout = layout = _fit(size, len(predicted.aus), wanted)
    self._panels = _panels(predicted, min(layout.panels, wanted))
    # A column is there only if it is needed.
    columns = -(-wanted // (layout.panels // layout.columns))
    strip = min(columns, layout.columns) * layout.panel_width
    height = max(self._height, round(layout.panel) if wanted else 0)
    # Codecs want sides that are even.
    even = (
      height + height % 2,
      self._width + strip + (self._width + strip) % 2,
    )
    self._blank = np.full((*even, 3), _GROUND, np.uint8)
    self._line = max(1, round(layout.unit / 10))

  @property
  def size(self) -> tuple[int, int]:
    """Width and height."""
    return self._blank.shape[1::-1]

  def draw(self, frame: video.Frame) -> UInt8[np.ndarray, "height width 3"]:
    """Makes the picture of a frame."""
    if frame.image.shape[:2] != (self._height, self._width):
      raise ValueError(
        f"expected frames of one size in {self._predicted.path}, got another "
        f"one in frame {frame.index}; convert it, for instance with ffmpeg"
      )
    canvas = self._blank.copy()
    picture = canvas[: self._height, : self._width]
    picture[:] = frame.image
    rows = self._predicted.rows(frame.index)
    faces = self._predicted.face[rows].tolist()
    seen = {face: row for row, face in enumerate(faces, rows.start)}
    if -1 in seen:
      _tag(picture, "no face", self._layout.unit)
    for face in sorted(seen.keys() - {-1}, key=lambda f: f in self._panels):
      self._draw_box(picture, face, self._predicted.box[seen[face]])
    for face, number in self._panels.items():
      if face in seen:
        left, top = self._layout.corner(number)
        self._draw_panel(canvas[top:, self._width + left :], face, seen[face])
    return canvas

  def _colour(self, face):
    place = self._predicted.faces.index(face)
    return COLOURS[place % len(COLOURS)] if face in self._panels else _SOFT

  def _draw_box(self, picture, face, box):
    unit, colour = self._layout.unit, self._colour(face)
    outline(picture, box, colour, self._line)
    text = f"Face {face}" if box[2] > 5 * unit else str(face)
    width = _measure(text, unit, is_bold=True) + unit * 0.8
    # Above the box, inside the picture.
    x = int(np.clip(box[0], 0, max(0, self._width - width)))
    y = int(np.clip(box[1] - 1.4 * unit, 0, self._height - 1.4 * unit))
    corner = round(x + width), round(y + 1.4 * unit)
    cv2.rectangle(picture, (x, y), corner, colour, cv2.FILLED)
    at = x + 0.4 * unit, y + 1.05 * unit
    _print(picture, text, at, unit, _GROUND, is_bold=True)

  def _draw_panel(self, panel, face, row):
    layout, unit, colour = self._layout, self._layout.unit, self._colour(face)
    left, right = 0.9 * unit, layout.panel_width - 0.9 * unit
    _bar(panel, (left, left + 0.75 * unit), (0.62 * unit, 1.37 * unit), colour)
    at = left + 1.2 * unit, 1.37 * unit
    _print(panel, f"Face {face}", at, unit, _INK, is_bold=True)
    predicted = self._predicted
    for number, au in enumerate(predicted.aus):
      score = float(predicted.scores[row, number])
      base = 2.88 * unit + number * layout.row
      is_present = bool(predicted.present[row, number] == 1)
      _mark(panel, left, base, unit, colour if is_present else _BAR, is_present)
      ink = _INK if is_present else _SOFT
      at = left + 1.2 * unit, base
      _print(panel, action_units.name(au), at, unit, ink, is_present)
      text = f"{score:.2f}"
      at = right - _measure(text, unit, is_present), base
      _print(panel, text, at, unit, ink, is_present)
      if layout.is_named:
        at = left + 4.7 * unit, base
        _print_within(panel, au, at, right - 2.4 * unit - at[0], unit)
        ends, low, height = (left + 1.2 * unit, right), base + 0.7 * unit, 0.26
      else:
        ends, low, height = (left + 4.8 * unit, right - 2.9 * unit), base, 0.5
      rows = low - max(height * unit, 2), low - 1
      middle = ends[0] + (ends[1] - ends[0]) * float(np.clip(score, 0, 1))
      _bar(panel, ends, rows, _TRACK)
      _bar(panel, (ends[0], middle), rows, colour if is_present else _BAR)


def _fit(size: tuple[int, int], num_aus: int, wanted: int) -> _Layout:
  """The most legible layout with room for all panels, or for the most."""
  best = max(12.0, 5 + min(size) / 55)
  layouts = [
    _Layout(unit, is_named, columns, num_aus, size[0])
    for columns in (1, 2)
    for is_named in (True, False)
    for unit in (best, 0.85 * best, max(10.0, 0.7 * best))
  ]
  fitting = [
    layout
    for layout in layouts
    if layout.panels >= wanted and layout.panel <= size[0]
  ]
  return (fitting or [max(layouts, key=lambda layout: layout.panels)])[0]


def _panels(predicted: finished.Input, most: int) -> dict[int, int]:
  """Gives faces panels that nobody else has while they are in the video."""
  spans = []
  for face in predicted.faces:
    rows = np.flatnonzero(predicted.face == face)
    first, last = predicted.frame[rows[[0, -1]]].tolist()
    spans.append((first, face, last))
  panels, taken_until = {}, [-1] * most
  for first, face, last in sorted(spans):
    number = next((n for n in range(most) if taken_until[n] < first), None)
    if number is not None:
      panels[face], taken_until[number] = number, last
  return panels


def _bar(panel, across, down, colour):
  ends = zip(across, down, strict=True)
  corners = [(round(x), round(y)) for x, y in ends]
  cv2.rectangle(panel, *corners, colour, cv2.FILLED)


def _mark(panel, left, base, unit, colour, is_present):
  """A tick for what is present, a short dash for what is not."""
  if is_present:
    points = ((0.0, -0.35), (0.28, -0.05), (0.8, -0.68))
  else:
    points = ((0.15, -0.33), (0.6, -0.33))
  # Four bits behind the point, for a smooth slope.
  ends = 16 * (np.array(points) * unit + (left, base))
  ends, line = np.round(ends).astype(np.int32), max(1, round(unit / 8))
  cv2.polylines(panel, [ends], False, colour, line, cv2.LINE_AA, 4)


def _tag(picture, text, unit):
  """A word at the bottom left on a dark, half transparent ground."""
  width, height = round(_measure(text, unit) + 1.2 * unit), round(1.7 * unit)
  gap = round(0.6 * unit)
  ground = picture[-height - gap : -gap, gap : gap + width]
  if not ground.size:
    return
  ground[:] = np.round(0.35 * ground + 0.65 * np.array(_GROUND))
  _print(ground, text, (0.6 * unit, 1.2 * unit), unit, _INK)


def _font(unit, is_bold):
  face = cv2.FONT_HERSHEY_DUPLEX if is_bold else cv2.FONT_HERSHEY_SIMPLEX
  return face, unit / 31, max(1, round(unit / 24))


def _measure(text, unit, is_bold=False) -> int:
  face, scale, thickness = _font(unit, is_bold)
  return cv2.getTextSize(text, face, scale, thickness)[0][0]


def _print_within(panel, au, at, room, unit):
  """The AU's name in FACS, in smaller letters if it is long."""
  about = action_units.DESCRIPTIONS.get(au, "")
  small = 0.84 * unit
  small *= min(1, room / max(1, _measure(about, small)))
  _print(panel, about, at, small, _SOFT)


def _print(image, text, at, unit, colour, is_bold=False):
  face, scale, thickness = _font(unit, is_bold)
  at = round(at[0]), round(at[1])
  cv2.putText(image, text, at, face, scale, colour, thickness, cv2.LINE_AA)
