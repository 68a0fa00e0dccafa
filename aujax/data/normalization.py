"""What every image goes through, on the device, under jit: no chance in it.

Images are `[B, H, W, C]`. What is random stands in `augment.py`.
"""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Num


def center_crop(
  images: Num[Array | np.ndarray, "B H W C"], *, size: int | tuple[int, int]
) -> Num[Array, "B h w C"]:
  """Cuts the window from the centre of each image.

  Args:
    images: `[B, H, W, C]` of any dtype.
    size: Height and width of the window in pixels, one number if they are
      equal.

  Returns:
    `[B, h, w, C]`; where it cannot be centred exactly, it lies half a pixel
    towards the top left.

  Raises:
    ValueError: If the window is larger than the images.

  Example:
    >>> center_crop(jnp.arange(5).reshape(1, 1, 5, 1), size=(1, 3)).ravel()
    Array([1, 2, 3], dtype=int32)
  """
  height, width = window(images, size)
  top = (images.shape[1] - height) // 2
  left = (images.shape[2] - width) // 2
  return jnp.asarray(images)[:, top : top + height, left : left + width]


def normalize(
  images: Num[Array | np.ndarray, "B H W C"],
  *,
  mean: float | tuple[float, ...] = 127.5,
  std: float | tuple[float, ...] = 127.5,
) -> Float[Array, "B H W C"]:
  """Brings pixels to float32, (x - mean) / std, by default to [-1, 1].

  Args:
    images: `[B, H, W, C]`, usually uint8 in 0 to 255.
    mean: In pixel units, one number or one for each channel.
    std: In pixel units, one number or one for each channel.

  Returns:
    float32 `[B, H, W, C]`.

  Example:
    >>> normalize(jnp.array([0, 255], jnp.uint8).reshape(1, 1, 2, 1)).ravel()
    Array([-1.,  1.], dtype=float32)
  """
  images = jnp.asarray(images, jnp.float32)
  mean = jnp.broadcast_to(jnp.asarray(mean, jnp.float32), images.shape[-1:])
  std = jnp.broadcast_to(jnp.asarray(std, jnp.float32), images.shape[-1:])
  shape = (1, 1, 1, images.shape[-1])
  return (images - mean.reshape(shape)) / std.reshape(shape)


def standardize(
  images: Num[Array | np.ndarray, "B H W C"], *, floor: float = 8.0
) -> Float[Array, "B H W C"]:
  """Brings each image's channels to mean 0 and the image to deviation 1.

  What a subject's light and skin tone add to all pixels goes, so that fewer
  subjects suffice to learn from.

  Args:
    images: `[B, H, W, C]`, usually uint8 in 0 to 255.
    floor: In pixel units, what is added to the deviation so that the noise of
      a flat image stays small.

  Returns:
    float32 `[B, H, W, C]`.

  Example:
    >>> standardize(jnp.full((1, 2, 2, 1), 9, jnp.uint8)).ravel()
    Array([0., 0., 0., 0.], dtype=float32)
  """
  images = jnp.asarray(images, jnp.float32)
  centred = images - images.mean((1, 2), keepdims=True)
  deviation = jnp.sqrt((centred * centred).mean((1, 2, 3), keepdims=True))
  return centred / (deviation + floor)


def window(
  images: Num[Array | np.ndarray, "B H W C"], size: int | tuple[int, int]
) -> tuple[int, int]:
  """Height and width of a window that is to be cut from images.

  Args:
    images: `[B, H, W, C]` of any dtype.
    size: Height and width in pixels, one number if they are equal.

  Returns:
    Both numbers.

  Raises:
    ValueError: If the window is larger than the images.

  Example:
    >>> window(jnp.zeros((1, 8, 8, 3)), 6)
    (6, 6)
  """
  height, width = (size, size) if isinstance(size, int) else size
  if not (0 < height <= images.shape[1] and 0 < width <= images.shape[2]):
    raise ValueError(
      f"expected a window inside images of {images.shape[1]} x "
      f"{images.shape[2]} pixels, got {height} x {width}; store larger images "
      "or ask for a smaller window"
    )
  return height, width
