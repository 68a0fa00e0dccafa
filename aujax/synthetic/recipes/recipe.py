"""The form in which a recipe says what an Action Unit does to a face.

Places are (anchor, dx, dy): an anchor of `anatomy.anchors` on the side of
positive x plus an offset in IOD, x outward and y down. All is mirrored.
"""

import dataclasses

Place = tuple[str, float, float]


@dataclasses.dataclass(frozen=True)
class Furrow:
  """A groove through `path`; see `strokes.draw`."""

  path: tuple[Place, ...]
  width: float = 0.026
  depth: float = 0.035
  dark: float = 0.45


@dataclasses.dataclass(frozen=True)
class Bulge:
  """A hill of skin, `height` above it and of two standard deviations."""

  at: Place
  size: tuple[float, float]
  height: float


@dataclasses.dataclass(frozen=True)
class Push:
  """Skin around a place is moved `by` (outward, down), fading as a hill."""

  at: Place
  size: tuple[float, float]
  by: tuple[float, float]


@dataclasses.dataclass(frozen=True)
class Recipe:
  """The whole appearance change of one AU.

  Attributes:
    furrows: Grooves that appear or deepen.
    bulges: Hills, or hollows where the height is negative.
    pushes: Movements of the skin.
    forehead: Share of the forehead's lines that deepen, above the nose and
      above the outer brows.
    pebbles: Height of the chin's orange-peel texture.
    puckers: Depth of the short lines that run into tightened lips.
    brow: Movement down of five points from the inner to the outer end.
    knit: Movement of the inner brow towards the midline.
    upper_lid: Movement down of the upper lid's edge.
    lower_lid: Movement down of the lower lid's edge.
    crease: Share by which the crease above the upper lid closes up.
    widen: Movement of the mouth's corners outward.
    corner: Movement of the corners down.
    line: Movement down of the middle of the line between the lips.
    top: Further movement down of the upper lip's upper edge.
    bottom: Further movement down of the lower lip's lower edge.
    upper: Share by which the upper lip thickens.
    lower: Share by which the lower lip thickens.
    square: How square the lower lip's lower edge gets, in [0, 1].
    press: Darkness of the line between the lips, in [0, 1].
    part: Gap between the lips.
    part_up: Further gap upwards once the lips are parted.
    part_down: Further gap downwards once the lips are parted.
    seal: Share of the gap that is closed again.
    jaw: Movement of the chin down.
  """

  furrows: tuple[Furrow, ...] = ()
  bulges: tuple[Bulge, ...] = ()
  pushes: tuple[Push, ...] = ()
  forehead: tuple[float, float] = (0.0, 0.0)
  pebbles: float = 0.0
  puckers: float = 0.0
  brow: tuple[float, float, float, float, float] = (0.0,) * 5
  knit: float = 0.0
  upper_lid: float = 0.0
  lower_lid: float = 0.0
  crease: float = 0.0
  widen: float = 0.0
  corner: float = 0.0
  line: float = 0.0
  top: float = 0.0
  bottom: float = 0.0
  upper: float = 0.0
  lower: float = 0.0
  square: float = 0.0
  press: float = 0.0
  part: float = 0.0
  part_up: float = 0.0
  part_down: float = 0.0
  seal: float = 0.0
  jaw: float = 0.0
