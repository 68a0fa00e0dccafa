"""Warps by homographies, whole batches at a time, on the device, under jit.

Images are `[B, H, W, C]`. Points are (x, y) in shares of the sides: (0, 0) is
the centre of the top left pixel, (1, 1) that of the bottom right one.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Num

# The corners of an image, clockwise on the screen.
CORNERS = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]], np.float32)


def perspective(
  images: Num[Array | np.ndarray, "B H W C"],
  corners: Float[Array | np.ndarray, "B 4 2"],
) -> Float[Array, "B H W C"]:
  """Spreads a quadrilateral of each image over the whole image.

  The homography from the unit square to four points has a closed form
  (Heckbert, Fundamentals of Texture Mapping and Image Warping, 1989, section
  2.2.3). Values between pixels are bilinear; beyond the edge they are the
  edge's.

  Args:
    images: `[B, H, W, C]` of any dtype.
    corners: `[B, 4, 2]`, the points that come to lie on `CORNERS`, in the same
      order; they must form a convex quadrilateral.

  Returns:
    float32 `[B, H, W, C]`.

  Example:
    >>> image = jnp.arange(4.0).reshape(1, 2, 2, 1)
    >>> perspective(image, CORNERS[None]).ravel().tolist()
    [0.0, 1.0, 2.0, 3.0]
  """
  images = jnp.asarray(images, jnp.float32)
  _, height, width, _ = images.shape
  u = jnp.linspace(0.0, 1.0, width)[None, :]
  v = jnp.linspace(0.0, 1.0, height)[:, None]

  def warp(image, corners):
    x, y = _from_unit_square(corners, u, v)
    places = [y * (height - 1), x * (width - 1)]
    return jax.vmap(
      lambda channel: jax.scipy.ndimage.map_coordinates(
        channel, places, order=1, mode="nearest"
      ),
      in_axes=-1,
      out_axes=-1,
    )(image)

  return jax.vmap(warp)(images, jnp.asarray(corners))


def _from_unit_square(corners, u, v):
  """Where points (u, v) of the unit square lie in the quadrilateral."""
  first, second, third, fourth = corners
  excess = first - second + third - fourth
  right, down = second - third, fourth - third
  area = _cross(right, down)
  g = _cross(excess, down) / area
  h = _cross(right, excess) / area
  along_u = second - first + g * second
  along_v = fourth - first + h * fourth
  depth = g * u + h * v + 1
  return [(along_u[i] * u + along_v[i] * v + first[i]) / depth for i in (0, 1)]


def _cross(a, b):
  return a[0] * b[1] - a[1] * b[0]
