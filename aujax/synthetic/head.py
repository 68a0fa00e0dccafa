"""A head's layers on the canvas, and how the AUs deform them."""

import cv2
import numpy as np
from jaxtyping import Float

from aujax import action_units
from aujax.synthetic import anatomy, forehead, recipes, skin, strokes
from aujax.synthetic import canvas as canvas_lib
from aujax.synthetic import hair as hair_lib
from aujax.synthetic import identity as identity_lib

# Skin movements vary slowly: they are kept on a grid this much coarser.
_COARSE = 4
_DEEPEST = 0.85


class Head:
  """The layers of one subject.

  Attributes:
    canvas: The grid.
    surface: `[h, w, 4]`, linear RGB and the height towards the viewer.
    cover: `[h, w, 3]`: opacity, gloss, share of light that arrives.
    back: Opacity of hair that hangs behind the neck, or zeros.
  """

  def __init__(
    self, canvas: canvas_lib.Canvas, identity: identity_lib.Identity
  ):
    self.canvas = canvas
    self.back = np.zeros(canvas.shape, np.float32)
    self.surface, self.cover, hair = self._layers(identity)
    aus = [recipes.RECIPES[au] for au in action_units.SYNTHETIC]
    rng = identity.texture_rng(12)
    places = anatomy.anchors(identity)
    self._moves = np.stack([_moves(canvas, r, places) for r in aus])
    self._folds = []
    for recipe, moves in zip(aus, self._moves, strict=True):
      relief, shadow = _folds(canvas, identity, recipe, places, moves, rng)
      self._folds.append(_trim(relief * (1.0 - hair), shadow * (1.0 - hair)))
    # Big arrays that every frame needs anew cost more to allocate than to
    # fill, so they are kept.
    self._deformed = np.empty_like(self.surface), np.empty_like(self.cover)
    self._lost = np.empty(canvas.shape, np.float32)

  def deform(
    self, weights: Float[np.ndarray, "18"]
  ) -> tuple[Float[np.ndarray, "h w 4"], Float[np.ndarray, "h w 3"]]:
    """Returns surface and cover of a face that shows AUs.

    Args:
      weights: Intensities in [0, 1] in order of `action_units.SYNTHETIC`.

    Returns:
      Arrays like the attributes `surface` and `cover`, to be painted on; the
      next call overwrites them.
    """
    active = np.flatnonzero(weights)
    surface, cover = self._deformed
    if not len(active):
      surface[:], cover[:] = self.surface, self.cover
      return surface, cover
    across, down = self._maps(weights, active)
    cv2.remap(self.surface, across, down, cv2.INTER_LINEAR, dst=surface)
    cv2.remap(self.cover, across, down, cv2.INTER_LINEAR, dst=cover)
    lost = self._lost
    lost.fill(0.0)
    for i in active:
      window, relief, shadow = self._folds[i]
      if relief is None:
        continue
      weight = float(weights[i])
      surface[window][..., 3] += weight * relief
      part = lost[window]
      np.maximum(part, weight**1.15 * shadow, out=part)
    cover[..., 2] *= 1.0 - lost
    return surface, cover

  def moved(
    self,
    weights: Float[np.ndarray, "18"],
    points: Float[np.ndarray, "n 2"],
  ) -> Float[np.ndarray, "n 2"]:
    """Returns where the AUs move points of the skin, in IOD."""
    field = np.tensordot(weights, self._moves, axes=1)
    scale = self.canvas.pixels / _COARSE
    x = (points[:, 0] + canvas_lib.HALF_WIDTH) * scale - 0.5
    y = (points[:, 1] - canvas_lib.TOP) * scale - 0.5
    found = cv2.remap(
      field.astype(np.float32),
      x.astype(np.float32)[None],
      y.astype(np.float32)[None],
      cv2.INTER_LINEAR,
    )
    return points + found[0]

  def _maps(
    self, weights: np.ndarray, active: np.ndarray
  ) -> tuple[np.ndarray, np.ndarray]:
    field = np.tensordot(weights[active], self._moves[active], axes=1)
    field *= np.float32(self.canvas.pixels)
    rows, columns = self.canvas.shape
    field = cv2.resize(field, (columns, rows), interpolation=cv2.INTER_CUBIC)
    across = np.arange(columns, dtype=np.float32) - field[..., 0]
    down = np.arange(rows, dtype=np.float32)[:, None] - field[..., 1]
    return across, down

  def _layers(
    self, identity: identity_lib.Identity
  ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    canvas = self.canvas
    height = anatomy.height(canvas, identity)
    light, lines = skin.shadows(canvas, identity, height)
    height += lines
    colour = skin.albedo(canvas, identity)
    gloss = skin.gloss(canvas, identity)
    alpha = anatomy.outline(canvas, identity)
    beard = skin.stubble(canvas, identity)
    dark = 0.8 * np.float32(identity.brow_colour) ** 2
    colour = _mix(colour, dark, beard)
    gloss *= 1.0 - beard
    alpha, height, light = _ears(canvas, identity, alpha, height, light)
    hair = hair_lib.grow(canvas, identity)
    opacity = np.zeros(canvas.shape, np.float32)
    if hair is not None:
      opacity = hair.alpha
      self.back = hair.back
      below = np.roll(canvas.blur(opacity, 0.06), int(0.05 * canvas.pixels), 0)
      light *= 1.0 - 0.45 * below * (1.0 - opacity)
      light += opacity * (1.0 - light)
      # Beyond the skull nothing but hair gives its edge a colour.
      joint = opacity + alpha * (1.0 - opacity)
      share = opacity / np.maximum(joint, 1e-3)
      colour = _mix(colour, hair.colour, share)
      soft = canvas.blur(opacity, 0.05)
      height = _mix(height, hair.height, soft)
      gloss = _mix(gloss, 0.05, share)
      alpha = joint
    surface = np.dstack([colour, height]).astype(np.float32)
    cover = np.dstack([alpha, gloss, light]).astype(np.float32)
    return surface, cover, opacity


def _mix(
  below: np.ndarray, above: np.ndarray | float, alpha: np.ndarray
) -> np.ndarray:
  if below.ndim > alpha.ndim:
    alpha = alpha[..., None]
  return below + alpha * (above - below)


def _ears(
  canvas: canvas_lib.Canvas,
  identity: identity_lib.Identity,
  alpha: np.ndarray,
  height: np.ndarray,
  light: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
  """Adds ears behind the edge of the face."""
  t = np.linspace(0, 2 * np.pi, 60)
  x = identity.face_width + 0.03 + (0.085 + 0.03 * np.sin(t)) * -np.cos(t)
  y = 0.26 - 0.27 * np.sin(t)
  mask = anatomy.polygon(canvas, np.c_[x + 0.03 * (0.26 - y), y])
  mask = np.maximum(mask, mask[:, ::-1])
  behind = mask * (1.0 - alpha)
  shell = canvas.bump(identity.face_width + 0.02, 0.27, 0.045, 0.17)
  height = height + behind * (0.18 - 0.16 * shell)
  light = light * (1.0 - behind * (0.15 + 0.5 * shell))
  return np.maximum(alpha, mask), height, light


def _folds(
  canvas: canvas_lib.Canvas,
  identity: identity_lib.Identity,
  recipe: recipes.Recipe,
  places: dict[str, tuple[float, float]],
  moves: np.ndarray,
  rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
  """Returns an AU's relief and lost light on bare skin."""
  wrinkled = np.float32(0.75 + 0.5 * identity.age)
  relief = np.zeros(canvas.shape, np.float32)
  shadow = np.zeros(canvas.shape, np.float32)
  for furrow in recipe.furrows:
    path = [np.add(places[k], (dx, dy)) for k, dx, dy in furrow.path]
    _press(canvas, furrow, np.array(path), wrinkled, rng, relief, shadow)
  for bulge in recipe.bulges:
    x, y = np.add(places[bulge.at[0]], bulge.at[1:])
    relief += np.float32(bulge.height) * canvas.bump(x, y, *bulge.size)
  if any(recipe.forehead):
    forehead.deepen(
      canvas,
      forehead.lines(canvas, identity),
      share=recipe.forehead,
      depth=0.040,
      dark=0.34,
      relief=relief,
      shadow=shadow,
      lift=cv2.resize(moves[..., 1], canvas.shape[::-1]),
    )
  if recipe.pebbles:
    rough = skin.pebbles(canvas, identity)
    relief += np.float32(recipe.pebbles) * rough
  if recipe.puckers:
    relief += np.float32(recipe.puckers) * skin.puckers(canvas, identity)
  return relief, shadow


def _press(
  canvas: canvas_lib.Canvas,
  furrow: recipes.Furrow,
  path: np.ndarray,
  wrinkled: np.float32,
  rng: np.random.Generator,
  relief: np.ndarray,
  shadow: np.ndarray,
) -> None:
  """Draws a furrow with a subject's own variation; no two fold alike."""
  shift = rng.normal(0.0, 0.010, path.shape)
  # What crosses the midline stays on it.
  shift[path[:, 0] == 0.0, 0] = 0.0
  strength = wrinkled * rng.uniform(0.85, 1.15)
  strokes.draw(
    canvas,
    path + shift,
    width=furrow.width * rng.uniform(0.92, 1.15),
    depth=furrow.depth * strength,
    dark=min(furrow.dark * strength, _DEEPEST),
    relief=relief,
    shadow=shadow,
  )


def _trim(
  relief: np.ndarray, shadow: np.ndarray
) -> tuple[tuple[slice, slice], np.ndarray | None, np.ndarray | None]:
  """Cuts relief and lost light to where they are not 0."""
  used = (np.abs(relief) > 5e-4) | (shadow > 2e-3)
  if not used.any():
    return (slice(0), slice(0)), None, None
  rows, columns = np.flatnonzero(used.any(1)), np.flatnonzero(used.any(0))
  window = (
    slice(rows[0], rows[-1] + 1),
    slice(columns[0], columns[-1] + 1),
  )
  return window, relief[window].copy(), shadow[window].copy()


def _moves(
  canvas: canvas_lib.Canvas,
  recipe: recipes.Recipe,
  places: dict[str, tuple[float, float]],
) -> np.ndarray:
  """Returns the skin's movement `[h / 4, w / 4, 2]` in IOD."""
  coarse = canvas_lib.of(canvas.pixels / _COARSE)
  field = np.zeros((*coarse.shape, 2), np.float32)
  outward = np.tanh(coarse.x / 0.06)
  for push in recipe.pushes:
    x, y = np.add(places[push.at[0]], push.at[1:])
    hill = coarse.bump(x, y, *push.size)
    field[..., 0] += np.float32(push.by[0]) * hill * outward
    field[..., 1] += np.float32(push.by[1]) * hill
  if recipe.jaw:
    mouth = places["mouth"][1]
    lower = canvas_lib.smoothstep(mouth - 0.50, mouth + 0.42, coarse.y)
    inner = canvas_lib.smoothstep(1.32, 0.75, np.abs(coarse.x))
    field[..., 1] += np.float32(recipe.jaw) * lower * inner
  return field
