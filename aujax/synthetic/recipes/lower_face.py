"""The AUs of cheeks, mouth and chin at intensity 5, one entry per AU."""

# By name, for the table is written in these words.
from aujax.synthetic.recipes.recipe import Bulge, Furrow, Push, Recipe

RECIPES: dict[int, Recipe] = {
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
    corner=0.020,
    bottom=0.055,
    lower=0.08,
    square=1.0,
    part_down=0.11,
    furrows=(
      Furrow(
        (
          ("corner", 0.0, 0.10),
          ("corner", -0.02, 0.22),
          ("corner", -0.09, 0.36),
        ),
        width=0.038,
        depth=0.034,
        dark=0.20,
      ),
      Furrow(
        (
          ("mouth", 0.0, 0.38),
          ("mouth", 0.15, 0.38),
          ("mouth", 0.26, 0.33),
        ),
        width=0.046,
        depth=0.020,
        dark=0.16,
      ),
    ),
    bulges=(
      Bulge(("chin", 0.0, -0.24), (0.24, 0.15), -0.065),
      Bulge(("mouth", 0.0, 0.24), (0.24, 0.06), 0.030),
    ),
    pushes=(
      Push(("mouth", 0.20, 0.24), (0.20, 0.14), (0.03, 0.09)),
      Push(("chin", 0.18, -0.22), (0.22, 0.12), (0.05, 0.02)),
    ),
  ),
  17: Recipe(
    line=-0.053,
    top=-0.022,
    upper=-0.18,
    lower=0.22,
    corner=0.030,
    pebbles=0.032,
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
        width=0.034,
        depth=0.040,
        dark=0.34,
      ),
      Furrow(
        (
          ("corner", 0.33, -0.14),
          ("corner", 0.36, 0.04),
          ("corner", 0.33, 0.20),
        ),
        width=0.032,
        depth=0.032,
        dark=0.24,
      ),
    ),
    bulges=(Bulge(("chin", 0.0, -0.26), (0.24, 0.14), -0.04),),
    pushes=(
      Push(("corner", 0.06, 0.04), (0.22, 0.20), (0.10, 0.02)),
      Push(("chin", 0.26, -0.26), (0.16, 0.16), (0.05, 0.0)),
    ),
  ),
  23: Recipe(
    widen=-0.125,
    upper=-0.46,
    lower=-0.46,
    press=0.30,
    seal=0.35,
    puckers=0.027,
    bulges=(
      Bulge(("mouth", 0.0, -0.125), (0.19, 0.055), 0.050),
      Bulge(("mouth", 0.0, 0.155), (0.18, 0.055), 0.050),
      Bulge(("corner", -0.06, 0.0), (0.06, 0.09), -0.035),
    ),
    pushes=(Push(("corner", 0.02, 0.0), (0.18, 0.16), (-0.09, 0.0)),),
  ),
  24: Recipe(
    widen=-0.01,
    upper=-0.78,
    lower=-0.78,
    press=1.0,
    seal=0.5,
    furrows=(
      Furrow(
        (
          ("corner", 0.03, -0.07),
          ("corner", 0.055, 0.0),
          ("corner", 0.03, 0.08),
        ),
        width=0.034,
        dark=0.20,
      ),
    ),
    bulges=(
      Bulge(("mouth", 0.0, -0.090), (0.30, 0.055), 0.080),
      Bulge(("mouth", 0.0, 0.105), (0.28, 0.060), 0.080),
    ),
    pushes=(
      Push(("mouth", 0.0, 0.20), (0.28, 0.14), (0.0, -0.04)),
      Push(("mouth", 0.0, -0.15), (0.28, 0.10), (0.0, 0.03)),
    ),
  ),
  25: Recipe(
    part=0.17,
    pushes=(Push(("mouth", 0.0, 0.24), (0.30, 0.16), (0.0, 0.04)),),
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
