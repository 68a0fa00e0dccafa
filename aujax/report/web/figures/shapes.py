"""What figures are made of, as positions in percent of their axes.

The markup is in web/figures.html.jinja. A series is a method's number, for
its colour; -1 is a reference.
"""

import dataclasses

Ticks = tuple[tuple[float, str], ...]


@dataclasses.dataclass(frozen=True)
class Mark:
  """One value: a bar's end, a dot or a line across.

  Attributes:
    series: Which method it belongs to.
    at: Position in percent of the axis.
    text: The value, as printed.
    title: What it is, shown on hover.
  """

  series: int
  at: float
  text: str
  title: str


@dataclasses.dataclass(frozen=True)
class Row:
  """One row of a figure: a name, the marks in it, and a reference mark."""

  name: str
  note: str
  marks: tuple[Mark, ...]
  reference: Mark | None = None


@dataclasses.dataclass(frozen=True)
class Panel:
  """Rows over a common axis.

  Attributes:
    title: What is measured.
    rows: From top to bottom.
    ticks: (position in percent, text) of the axis.
    zero: Where bars start, in percent.
  """

  title: str
  rows: tuple[Row, ...]
  ticks: Ticks
  zero: float = 0.0


@dataclasses.dataclass(frozen=True)
class Bar(Mark):
  """A bar from zero with the range it is the mean of.

  Attributes:
    low: Low end of the range, in percent of the axis.
    high: High end.
  """

  low: float = 0.0
  high: float = 0.0


@dataclasses.dataclass(frozen=True)
class Curve:
  """A line through points, or an area within them.

  Attributes:
    series: Which method it belongs to.
    points: "x,y x,y ...", y from the top.
    mean: Whether it is the strong line among thin ones.
    title: What it is, shown on hover.
  """

  series: int
  points: str
  mean: bool = True
  title: str = ""


@dataclasses.dataclass(frozen=True)
class Dot:
  """One point, y from the top, and what it is, shown on hover."""

  series: int
  x: float
  y: float
  title: str


@dataclasses.dataclass(frozen=True)
class Plot:
  """Curves over two axes.

  Attributes:
    title: What is measured.
    unit: What it is measured by.
    curves: Lines, the strong ones last.
    x_ticks: (position in percent, text).
    y_ticks: (position in percent from the top, text).
    note: A second line of the title.
    bands: Areas behind the lines.
    dots: Points on them.
    levels: Lines across, for what has no place on the horizontal axis.
    quiet: Whether dots are seen only when they are pointed at.
  """

  title: str
  unit: str
  curves: tuple[Curve, ...]
  x_ticks: Ticks
  y_ticks: Ticks
  note: str = ""
  bands: tuple[Curve, ...] = ()
  dots: tuple[Dot, ...] = ()
  levels: tuple[Dot, ...] = ()
  quiet: bool = False


def points(curve, x_axis, y_axis) -> str:
  """A curve's (x, y) as a polyline's points."""
  places = ((x_axis.at(x), 100 - y_axis.at(y)) for x, y in curve)
  return " ".join(f"{x:g},{round(y, 1):g}" for x, y in places)


def band(lower, upper, x_axis, y_axis) -> str:
  """The area between two curves as a polygon's points."""
  return points([*lower, *reversed(upper)], x_axis, y_axis)
