"""From the intensities of the AUs to the movements of one face's features."""

import dataclasses

import numpy as np
from jaxtyping import Float

from aujax import action_units
from aujax.synthetic import recipes

MAX_INTENSITY = 5.0
_RECIPES = [recipes.RECIPES[au] for au in action_units.SYNTHETIC]
_COLUMN = {au: i for i, au in enumerate(action_units.SYNTHETIC)}
_BROWS = np.array([recipe.brow for recipe in _RECIPES], np.float32)
_ADDED = (
  "knit upper_lid lower_lid crease widen corner line top bottom square press "
  "part_up part_down jaw"
).split()
_SUMS = np.array([[getattr(r, k) for k in _ADDED] for r in _RECIPES])
_LIPS = np.log1p([[r.upper, r.lower] for r in _RECIPES])
_SEAL = np.log1p([-r.seal for r in _RECIPES])


@dataclasses.dataclass(frozen=True)
class Expression:
  """Movements of one face's features, in IOD and down unless said otherwise.

  Attributes:
    weights: Intensity of each AU in [0, 1], in order of
      `action_units.SYNTHETIC`.
    brow: Movement of the brow's five points from the inner to the outer end.
    knit: Movement of the inner brow towards the midline.
    upper_lid: Movement of the upper lid's edge.
    lower_lid: Movement of the lower lid's edge.
    crease: Share by which the lid's crease closes.
    widen: Movement of the mouth's corners outward.
    corner: Movement of the mouth's corners.
    line: Movement of the closure line's middle.
    top: Further movement of the upper lip's upper edge.
    bottom: Further movement of the lower lip's lower edge.
    square: How square the lower lip's lower edge is, in [0, 1].
    press: Darkness of the line between pressed lips, in [0, 1].
    upper: Factor on the upper lip's thickness.
    lower: Factor on the lower lip's thickness.
    gap_up: Opening above the closure line.
    gap_down: Opening below it.
    jaw: Movement of the chin.
  """

  weights: Float[np.ndarray, "18"]
  brow: Float[np.ndarray, "5"]
  knit: float
  upper_lid: float
  lower_lid: float
  crease: float
  widen: float
  corner: float
  line: float
  top: float
  bottom: float
  square: float
  press: float
  upper: float
  lower: float
  gap_up: float
  gap_down: float
  jaw: float


def read(intensities: Float[np.ndarray, "18"]) -> Expression:
  """Adds up what the AUs do.

  Movements add, lip thicknesses multiply, and what parts the lips further
  (jaw, AU 10 and 16) does so only as far as AU 25 has parted them.

  Args:
    intensities: 0 to 5 for each AU of `action_units.SYNTHETIC`.

  Returns:
    The movements of the features.

  Raises:
    ValueError: If the shape is another or a value lies outside [0, 5].

  Example:
    >>> read(np.zeros(18)).jaw
    0.0
  """
  weights = _weights(intensities)
  sums = dict(zip(_ADDED, (weights @ _SUMS).tolist(), strict=True))
  upper, lower = np.exp(weights @ _LIPS).tolist()
  gap_up, gap_down = _gap(weights, sums)
  del sums["part_up"], sums["part_down"]
  return Expression(
    weights=weights.astype(np.float32),
    brow=weights.astype(np.float32) @ _BROWS,
    upper=upper,
    lower=lower,
    gap_up=gap_up,
    gap_down=gap_down,
    **sums,
  )


def _weights(intensities: np.ndarray) -> np.ndarray:
  values = np.asarray(intensities, np.float64)
  expected = len(action_units.SYNTHETIC)
  if values.shape != (expected,):
    raise ValueError(
      f"expected {expected} intensities, one for each AU of "
      f"action_units.SYNTHETIC, got an array of shape {list(values.shape)}"
    )
  for au, value in zip(action_units.SYNTHETIC, values, strict=True):
    if not 0.0 <= value <= MAX_INTENSITY:
      raise ValueError(
        f"expected intensities in [0, {MAX_INTENSITY:g}], got {value} for "
        f"{action_units.name(au)}; clip them before rendering"
      )
  return values / MAX_INTENSITY


def _gap(weights: np.ndarray, sums: dict) -> tuple[float, float]:
  """Returns the opening above and below the closure line."""
  parted = float(weights[_COLUMN[25]])
  gate = min(1.0, 2.5 * parted)
  seal = float(np.exp(weights @ _SEAL))
  gap = recipes.RECIPES[25].part * parted**0.75
  dropped = 0.72 * sums["jaw"]
  up = 0.32 * gap + gate * (sums["part_up"] + 0.04 * dropped)
  down = 0.68 * gap + gate * (sums["part_down"] + 0.96 * dropped)
  return up * seal, down * seal
