"""The AUs of brows, eyes and nose at intensity 5, one entry per AU."""

# By name, for the table is written in these words.
from aujax.synthetic.recipes.recipe import Bulge, Furrow, Push, Recipe

RECIPES: dict[int, Recipe] = {
  1: Recipe(
    brow=(-0.215, -0.115, -0.025, 0.008, 0.005),
    forehead=(1.0, 0.0),
    pushes=(Push(("brow", 0.19, -0.03), (0.20, 0.21), (0.0, -0.12)),),
    upper_lid=-0.006,
  ),
  2: Recipe(
    brow=(-0.005, -0.055, -0.130, -0.165, -0.110),
    forehead=(0.0, 1.0),
    pushes=(Push(("brow", 0.68, 0.0), (0.20, 0.20), (0.0, -0.12)),),
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
  5: Recipe(upper_lid=-0.084, lower_lid=0.012, crease=0.55),
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
    lower_lid=-0.062,
    upper_lid=0.028,
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
        depth=0.05,
        dark=0.52,
      ),
    ),
    bulges=(Bulge(("eye", 0.0, 0.068), (0.17, 0.028), 0.055),),
  ),
  9: Recipe(
    brow=(0.07, 0.05, 0.02, 0.0, 0.0),
    knit=0.02,
    lower_lid=-0.014,
    upper_lid=0.010,
    furrows=(
      Furrow(
        (("nose", 0.0, -0.69), ("nose", 0.06, -0.70), ("nose", 0.13, -0.74)),
        width=0.030,
        dark=0.24,
      ),
      Furrow(
        (("nose", 0.0, -0.57), ("nose", 0.07, -0.59), ("nose", 0.16, -0.64)),
        width=0.030,
        dark=0.30,
      ),
      Furrow(
        (("nose", 0.0, -0.46), ("nose", 0.08, -0.47), ("nose", 0.17, -0.50)),
        width=0.028,
        dark=0.20,
      ),
      Furrow(
        (("nose", 0.08, -0.44), ("nose", 0.16, -0.36), ("nose", 0.22, -0.22)),
        width=0.032,
        dark=0.28,
      ),
      Furrow(
        (("inner", -0.06, 0.06), ("inner", -0.02, 0.16), ("inner", 0.08, 0.24)),
        width=0.030,
        dark=0.26,
      ),
      Furrow(
        (("wing", -0.03, -0.28), ("wing", 0.05, -0.12), ("wing", 0.13, 0.08)),
        width=0.034,
        depth=0.055,
        dark=0.46,
      ),
    ),
    bulges=(
      Bulge(("wing", 0.10, -0.28), (0.10, 0.10), 0.06),
      Bulge(("wing", -0.06, -0.11), (0.07, 0.07), 0.05),
      Bulge(("nose", 0.10, -0.54), (0.06, 0.09), 0.03),
    ),
    pushes=(
      Push(("wing", -0.02, -0.03), (0.13, 0.13), (0.025, -0.115)),
      Push(("nose", 0.0, -0.30), (0.16, 0.16), (0.0, -0.05)),
    ),
    top=-0.040,
    line=-0.014,
  ),
}
