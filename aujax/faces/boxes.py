"""Boxes `[..., 4]` as corners (x1, y1, x2, y2) in pixels, on the device."""

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float


def overlaps(
  boxes: Float[Array, "... n 4"], *, of: str = "union"
) -> Float[Array, "... n n"]:
  """Returns which share of two boxes' area is common to both.

  Args:
    boxes: `[..., n, 4]`.
    of: Area that the common one is divided by, "union" or "smaller".

  Returns:
    `[..., n, n]`; nan where that area is zero.

  Raises:
    ValueError: If `of` is another word.

  Example:
    >>> boxes = jnp.array([[0.0, 0.0, 4.0, 2.0], [2.0, 0.0, 4.0, 2.0]])
    >>> overlaps(boxes)[0].tolist(), overlaps(boxes, of="smaller")[0].tolist()
    ([1.0, 0.5], [1.0, 1.0])
  """
  first, second = boxes[..., :, None, :], boxes[..., None, :, :]
  low = jnp.maximum(first[..., :2], second[..., :2])
  high = jnp.minimum(first[..., 2:], second[..., 2:])
  common = jnp.prod(jnp.maximum(high - low, 0), -1)
  area = jnp.prod(boxes[..., 2:] - boxes[..., :2], -1)
  pair = area[..., :, None], area[..., None, :]
  if of == "union":
    return common / (pair[0] + pair[1] - common)
  if of == "smaller":
    return common / jnp.minimum(*pair)
  raise ValueError(f"expected of to be 'union' or 'smaller', got {of!r}")


def best(
  clash: Bool[Array, "... n n"], valid: Bool[Array, "... n"]
) -> Bool[Array, "... n"]:
  """Keeps the boxes that clash with no better one, kept or not.

  The usual suppression lets a box live whose better rival was itself
  suppressed; this one, of the package mtcnn, does not, and needs no loop.

  Args:
    clash: `[..., n, n]`, whether two boxes show the same; the better box
      comes first.
    valid: `[..., n]`, which are boxes at all.

  Returns:
    `[..., n]`, which of them are kept.

  Example:
    >>> clash = jnp.array([[1, 1, 0], [1, 1, 1], [0, 1, 1]], bool)
    >>> best(clash, jnp.ones(3, bool)).tolist()
    [True, False, False]
  """
  beaten = jnp.triu(clash & valid[..., :, None], k=1).any(-2)
  return valid & ~beaten


def move(
  boxes: Float[Array, "... 4"], offsets: Float[Array, "... 4"]
) -> Float[Array, "... 4"]:
  """Moves corners by shares of the sides, counted with both end pixels.

  Args:
    boxes: `[..., 4]`.
    offsets: `[..., 4]`, of x1, y1, x2 and y2, as the networks give them.

  Returns:
    `[..., 4]`.

  Example:
    >>> move(jnp.array([0.0, 0.0, 9.0, 19.0]), jnp.full(4, 0.5)).tolist()
    [5.0, 10.0, 14.0, 29.0]
  """
  sides = boxes[..., 2:] - boxes[..., :2] + 1
  return boxes + offsets * jnp.concatenate([sides, sides], -1)


def square(boxes: Float[Array, "... 4"]) -> Float[Array, "... 4"]:
  """Lengthens the shorter sides about the boxes' centres.

  Args:
    boxes: `[..., 4]`.

  Returns:
    `[..., 4]`, as high as wide.

  Example:
    >>> square(jnp.array([0.0, 0.0, 2.0, 6.0])).tolist()
    [-2.0, 0.0, 4.0, 6.0]
  """
  sides = boxes[..., 2:] - boxes[..., :2]
  grow = (sides.max(-1, keepdims=True) - sides) / 2
  return boxes + jnp.concatenate([-grow, grow], -1)
