"""What each Action Unit does to a face at intensity 5, one entry per AU.

Places are (anchor, dx, dy): an anchor of `anatomy.anchors` on the side of
positive x plus an offset in IOD, x outward and y down. All is mirrored. The
appearance changes follow the FACS manual (Ekman, Friesen & Hager 2002).
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
    pebbles: Height of the chin's orange-peel texture.
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
  pebbles: float = 0.0
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


RECIPES: dict[int, Recipe] = {
  1: Recipe(
    brow=(-0.165, -0.105, -0.035, 0.0, 0.0),
    furrows=tuple(
      Furrow(
        (("brow", 0.0, y), ("brow", 0.17, y + 0.01), ("brow", 0.37, y + 0.05)),
        width=0.024,
        dark=0.42,
      )
      for y in (-0.24, -0.36, -0.48)
    ),
    pushes=(Push(("brow", 0.20, -0.05), (0.22, 0.22), (0.0, -0.11)),),
    upper_lid=-0.006,
  ),
  2: Recipe(
    brow=(-0.012, -0.065, -0.125, -0.145, -0.080),
    furrows=tuple(
      Furrow(
        (
          ("brow", 0.38, y + 0.04),
          ("brow", 0.60, y - 0.03),
          ("brow", 0.84, y + 0.06),
        ),
        width=0.024,
        dark=0.42,
      )
      for y in (-0.25, -0.37, -0.49)
    ),
    pushes=(Push(("brow", 0.68, -0.02), (0.20, 0.20), (0.0, -0.11)),),
    upper_lid=-0.008,
  ),
  4: Recipe(
    brow=(0.105, 0.085, 0.055, 0.025, 0.0),
    knit=0.065,
    furrows=(
      Furrow(
        (
          ("brow", 0.075, -0.12),
          ("brow", 0.085, 0.04),
          ("brow", 0.065, 0.20),
        ),
        width=0.024,
        depth=0.05,
        dark=0.62,
      ),
    ),
    bulges=(
      Bulge(("brow", 0.22, 0.05), (0.10, 0.07), 0.07),
      Bulge(("brow", 0.0, 0.02), (0.05, 0.12), 0.025),
    ),
    pushes=(Push(("brow", 0.22, -0.04), (0.20, 0.14), (-0.05, 0.07)),),
    upper_lid=0.008,
    crease=0.25,
  ),
  5: Recipe(upper_lid=-0.072, lower_lid=0.010, crease=0.55),
  6: Recipe(
    lower_lid=-0.030,
    upper_lid=0.018,
    furrows=(
      Furrow(
        (("outer", 0.05, -0.04), ("outer", 0.16, -0.09), ("outer", 0.27, -0.16))
      ),
      Furrow(
        (("outer", 0.06, 0.02), ("outer", 0.18, 0.02), ("outer", 0.30, 0.0))
      ),
      Furrow(
        (("outer", 0.04, 0.07), ("outer", 0.15, 0.12), ("outer", 0.27, 0.16))
      ),
      Furrow(
        (
          ("eye", -0.24, 0.15),
          ("eye", -0.06, 0.205),
          ("eye", 0.14, 0.19),
          ("eye", 0.27, 0.13),
        ),
        width=0.028,
        dark=0.42,
      ),
    ),
    bulges=(
      Bulge(("eye", 0.10, 0.34), (0.22, 0.12), 0.12),
      Bulge(("eye", 0.02, 0.12), (0.17, 0.03), 0.020),
    ),
    pushes=(Push(("eye", 0.12, 0.36), (0.26, 0.20), (0.0, -0.08)),),
  ),
  7: Recipe(
    lower_lid=-0.056,
    upper_lid=0.022,
    crease=0.15,
    furrows=(
      Furrow(
        (
          ("eye", -0.20, 0.085),
          ("eye", -0.05, 0.135),
          ("eye", 0.10, 0.130),
          ("eye", 0.21, 0.080),
        ),
        width=0.022,
        depth=0.04,
        dark=0.45,
      ),
    ),
    bulges=(Bulge(("eye", 0.0, 0.068), (0.17, 0.028), 0.045),),
  ),
  9: Recipe(
    brow=(0.07, 0.05, 0.02, 0.0, 0.0),
    knit=0.02,
    lower_lid=-0.014,
    upper_lid=0.010,
    furrows=(
      Furrow(
        (("nose", 0.0, -0.68), ("nose", 0.10, -0.70)), width=0.022, dark=0.5
      ),
      Furrow(
        (("nose", 0.0, -0.58), ("nose", 0.13, -0.61)), width=0.022, dark=0.5
      ),
      Furrow(
        (("nose", 0.0, -0.48), ("nose", 0.14, -0.50)), width=0.022, dark=0.5
      ),
      Furrow(
        (("nose", 0.09, -0.46), ("nose", 0.17, -0.36), ("nose", 0.22, -0.24)),
        width=0.022,
        dark=0.40,
      ),
      Furrow(
        (("inner", -0.06, 0.06), ("inner", -0.02, 0.16), ("inner", 0.08, 0.24)),
        width=0.024,
        dark=0.34,
      ),
      Furrow(
        (("wing", -0.03, -0.24), ("wing", 0.06, -0.08), ("wing", 0.12, 0.10)),
        width=0.030,
        depth=0.05,
        dark=0.55,
      ),
    ),
    bulges=(
      Bulge(("wing", 0.10, -0.26), (0.10, 0.10), 0.05),
      Bulge(("wing", -0.07, -0.07), (0.07, 0.07), 0.03),
    ),
    pushes=(
      Push(("wing", -0.02, -0.04), (0.13, 0.14), (0.02, -0.085)),
      Push(("nose", 0.0, -0.30), (0.16, 0.16), (0.0, -0.04)),
    ),
    top=-0.035,
    line=-0.012,
  ),
  10: Recipe(
    top=-0.055,
    line=-0.038,
    corner=-0.012,
    part_up=0.06,
    furrows=(
      Furrow(
        (
          ("wing", -0.02, -0.17),
          ("wing", 0.10, -0.07),
          ("wing", 0.18, 0.09),
          ("wing", 0.19, 0.30),
        ),
        width=0.036,
        depth=0.065,
        dark=0.38,
      ),
    ),
    bulges=(
      Bulge(("wing", 0.19, -0.12), (0.13, 0.13), 0.09),
      Bulge(("mouth", 0.16, -0.20), (0.12, 0.07), 0.03),
    ),
    pushes=(Push(("mouth", 0.15, -0.20), (0.20, 0.12), (0.0, -0.06)),),
  ),
  12: Recipe(
    widen=0.115,
    corner=-0.165,
    line=0.012,
    upper=-0.30,
    lower=-0.22,
    furrows=(
      Furrow(
        (
          ("wing", 0.0, -0.14),
          ("wing", 0.13, -0.02),
          ("corner", 0.17, -0.20),
          ("corner", 0.235, -0.02),
          ("corner", 0.19, 0.14),
        ),
        width=0.036,
        depth=0.062,
        dark=0.46,
      ),
    ),
    bulges=(
      Bulge(("wing", 0.36, -0.18), (0.20, 0.16), 0.13),
      Bulge(("corner", 0.08, -0.02), (0.05, 0.08), -0.02),
    ),
    pushes=(
      Push(("corner", 0.05, -0.10), (0.24, 0.22), (0.08, -0.12)),
      Push(("wing", 0.30, -0.10), (0.25, 0.20), (0.01, -0.06)),
    ),
  ),
  14: Recipe(
    widen=-0.005,
    corner=-0.020,
    upper=-0.10,
    lower=-0.10,
    press=0.35,
    furrows=(
      Furrow(
        (
          ("corner", 0.05, -0.15),
          ("corner", 0.11, -0.05),
          ("corner", 0.115, 0.05),
          ("corner", 0.06, 0.14),
        ),
        width=0.032,
        depth=0.07,
        dark=0.75,
      ),
    ),
    bulges=(
      Bulge(("corner", 0.05, 0.0), (0.045, 0.05), -0.05),
      Bulge(("corner", 0.25, 0.0), (0.09, 0.15), 0.07),
    ),
    pushes=(Push(("corner", 0.16, 0.0), (0.12, 0.14), (-0.06, 0.0)),),
  ),
  15: Recipe(
    corner=0.125,
    line=-0.010,
    lower=-0.10,
    furrows=(
      Furrow(
        (
          ("corner", 0.01, 0.06),
          ("corner", 0.06, 0.17),
          ("corner", 0.09, 0.32),
        ),
        width=0.034,
        depth=0.05,
        dark=0.44,
      ),
    ),
    bulges=(
      Bulge(("corner", -0.08, 0.22), (0.08, 0.09), 0.04),
      Bulge(("corner", 0.14, 0.20), (0.06, 0.12), 0.03),
    ),
    pushes=(Push(("corner", 0.02, 0.06), (0.16, 0.15), (0.0, 0.10)),),
  ),
  16: Recipe(
    line=0.045,
    corner=0.015,
    bottom=0.045,
    lower=0.15,
    square=1.0,
    part_down=0.10,
    furrows=(
      Furrow(
        (
          ("mouth", 0.0, 0.36),
          ("mouth", 0.14, 0.37),
          ("mouth", 0.28, 0.31),
        ),
        width=0.034,
        depth=0.05,
        dark=0.34,
      ),
      Furrow(
        (
          ("corner", -0.01, 0.12),
          ("corner", -0.05, 0.24),
          ("corner", -0.13, 0.36),
        ),
        width=0.030,
        depth=0.045,
        dark=0.30,
      ),
    ),
    bulges=(Bulge(("mouth", 0.0, 0.52), (0.20, 0.08), 0.04),),
    pushes=(Push(("mouth", 0.18, 0.22), (0.20, 0.14), (0.02, 0.09)),),
  ),
  17: Recipe(
    line=-0.053,
    top=-0.022,
    upper=-0.18,
    lower=0.22,
    corner=0.030,
    pebbles=0.030,
    furrows=(
      Furrow(
        (
          ("mouth", 0.0, 0.215),
          ("mouth", 0.16, 0.245),
          ("mouth", 0.27, 0.36),
        ),
        width=0.034,
        depth=0.06,
        dark=0.55,
      ),
    ),
    bulges=(Bulge(("chin", 0.0, -0.28), (0.16, 0.13), 0.075),),
    pushes=(Push(("chin", 0.0, -0.28), (0.26, 0.16), (0.0, -0.08)),),
  ),
  20: Recipe(
    widen=0.135,
    corner=0.025,
    upper=-0.28,
    lower=-0.28,
    furrows=(
      Furrow(
        (
          ("corner", 0.21, -0.16),
          ("corner", 0.25, 0.02),
          ("corner", 0.23, 0.20),
        ),
        width=0.028,
        depth=0.04,
        dark=0.42,
      ),
      Furrow(
        (
          ("corner", 0.33, -0.14),
          ("corner", 0.36, 0.04),
          ("corner", 0.33, 0.20),
        ),
        width=0.026,
        depth=0.035,
        dark=0.30,
      ),
    ),
    bulges=(Bulge(("chin", 0.0, -0.26), (0.24, 0.14), -0.04),),
    pushes=(
      Push(("corner", 0.06, 0.04), (0.22, 0.20), (0.10, 0.02)),
      Push(("chin", 0.26, -0.26), (0.16, 0.16), (0.05, 0.0)),
    ),
  ),
  23: Recipe(
    widen=-0.095,
    upper=-0.45,
    lower=-0.45,
    press=0.45,
    seal=0.45,
    furrows=tuple(
      Furrow(
        (("mouth", x, y), ("mouth", 1.25 * x, y + dy)),
        width=0.020,
        depth=0.020,
        dark=0.24,
      )
      for y, dy in ((-0.07, -0.11), (0.10, 0.10))
      for x in (0.06, 0.17)
    ),
    bulges=(
      Bulge(("mouth", 0.0, -0.12), (0.20, 0.05), 0.045),
      Bulge(("mouth", 0.0, 0.15), (0.20, 0.05), 0.045),
      Bulge(("corner", 0.02, 0.0), (0.07, 0.08), -0.02),
    ),
    pushes=(Push(("corner", 0.02, 0.0), (0.16, 0.14), (-0.08, 0.0)),),
  ),
  24: Recipe(
    widen=-0.01,
    upper=-0.78,
    lower=-0.78,
    press=1.0,
    seal=0.6,
    furrows=(
      Furrow(
        (
          ("corner", 0.03, -0.06),
          ("corner", 0.05, 0.0),
          ("corner", 0.03, 0.07),
        ),
        width=0.026,
        dark=0.26,
      ),
    ),
    bulges=(
      Bulge(("mouth", 0.0, -0.085), (0.30, 0.050), 0.075),
      Bulge(("mouth", 0.0, 0.095), (0.28, 0.055), 0.075),
    ),
    pushes=(
      Push(("mouth", 0.0, 0.20), (0.28, 0.14), (0.0, -0.04)),
      Push(("mouth", 0.0, -0.15), (0.28, 0.10), (0.0, 0.03)),
    ),
  ),
  25: Recipe(
    part=0.14,
    pushes=(Push(("mouth", 0.0, 0.24), (0.30, 0.16), (0.0, 0.06)),),
  ),
  26: Recipe(
    jaw=0.28,
    line=0.065,
    corner=0.045,
    widen=-0.025,
    part_up=0.045,
    bulges=(Bulge(("corner", 0.32, 0.0), (0.14, 0.26), -0.07),),
    pushes=(Push(("corner", 0.44, 0.20), (0.22, 0.34), (-0.075, 0.0)),),
  ),
}
