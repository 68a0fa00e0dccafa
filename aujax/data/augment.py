"""Augmentation on the device, whole batches at a time, under jit.

Images are `[B, H, W, C]` with values of 0 to 255. Each image draws its own
random numbers, which depend on the key and its place in the batch alone.
Flipping and cropping keep the dtype; all else returns float32 in 0 to 255,
cut off at both ends, so that one can follow the other.
"""

import math
import types
from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key, Num

from aujax.data import normalization, warp

# Rieger, Pahl & Seuss 2020 (seed 2), section IV.B, calls its imgaug augmenters
# slight and gives no numbers. imgaug 0.4 itself goes to a blur of 3, a contrast
# of 0.4, noise of 15, a factor of 0.2 and recommends perspectives up to 0.1;
# these leave the AUs of synthetic faces of 112 pixels to be named by eye.
SLIGHT: Mapping[str, float] = types.MappingProxyType(
  {
    "blur": 0.75,
    "contrast": 0.2,
    "noise": 6.0,
    "multiply": 0.2,
    "perspective": 0.05,
  }
)


def augment(
  key: Key[Array, ""],
  images: Num[Array | np.ndarray, "B H W C"],
  *,
  flip: bool = True,
  blur: float = 0.0,
  contrast: float = 0.0,
  noise: float = 0.0,
  multiply: float = 0.0,
  perspective: float = 0.0,
) -> Float[Array, "B H W C"]:
  """Applies the six augmentations of seed 2, in the order it names them.

  Flip, blur, contrast, noise, multiply, perspective (Rieger, Pahl & Seuss
  2020, section IV.B). Each draws from a key of its own, so that switching one
  off does not change the others. `**SLIGHT` gives the strengths for AUs.

  Args:
    key: Random key.
    images: `[B, H, W, C]` in 0 to 255, usually uint8.
    flip: Whether to mirror half of the images. AUs are coded regardless of
      the side, so that labels stay valid.
    blur: `sigma` of `random_blur`. Each strength is a number known when
      tracing; 0 leaves the step out.
    contrast: `strength` of `random_contrast`.
    noise: `scale` of `random_noise`.
    multiply: `strength` of `random_multiply`.
    perspective: `scale` of `random_perspective`.

  Returns:
    float32 `[B, H, W, C]` in 0 to 255.

  Raises:
    ValueError: If a strength lies outside its range.

  Example:
    >>> images = np.zeros((2, 8, 8, 3), np.uint8)
    >>> augment(jax.random.key(0), images, **SLIGHT).shape
    (2, 8, 8, 3)
  """
  keys = jax.random.split(key, 6)
  if flip:
    images = random_flip(keys[0], images)
  images = random_blur(keys[1], images, sigma=blur)
  images = random_contrast(keys[2], images, strength=contrast)
  images = random_noise(keys[3], images, scale=noise)
  images = random_multiply(keys[4], images, strength=multiply)
  return random_perspective(keys[5], images, scale=perspective)


def random_flip(
  key: Key[Array, ""], images: Num[Array | np.ndarray, "B H W C"]
) -> Num[Array, "B H W C"]:
  """Mirrors each image left to right with probability one half.

  Args:
    key: Random key.
    images: `[B, H, W, C]` of any dtype.

  Returns:
    The images, about half of them mirrored.

  Example:
    >>> images = jnp.arange(12.0).reshape(2, 2, 3, 1)
    >>> random_flip(jax.random.key(0), images).shape
    (2, 2, 3, 1)
  """
  images = jnp.asarray(images)
  flipped = jax.random.bernoulli(key, 0.5, (len(images), 1, 1, 1))
  return jnp.where(flipped, images[:, :, ::-1], images)


def random_crop(
  key: Key[Array, ""],
  images: Num[Array | np.ndarray, "B H W C"],
  *,
  size: int | tuple[int, int],
) -> Num[Array, "B h w C"]:
  """Cuts a window from each image, every place in it being equally likely.

  Args:
    key: Random key.
    images: `[B, H, W, C]` of any dtype.
    size: Height and width of the window in pixels, one number if they are
      equal.

  Returns:
    `[B, h, w, C]`.

  Raises:
    ValueError: If the window is larger than the images.

  Example:
    >>> random_crop(jax.random.key(0), jnp.zeros((2, 8, 8, 3)), size=6).shape
    (2, 6, 6, 3)
  """
  height, width = normalization.window(images, size)
  rows = images.shape[1] - height + 1
  columns = images.shape[2] - width + 1
  limits = jnp.array([rows, columns])
  corners = jax.random.randint(key, (len(images), 2), 0, limits[None])

  def cut(image, corner):
    start = (corner[0], corner[1], 0)
    return jax.lax.dynamic_slice(image, start, (height, width, image.shape[2]))

  # A batched slice; on the CPU 16 to 35 times faster than selecting by matrix
  # products or by shifts of powers of two.
  return jax.vmap(cut)(images, corners)


def random_blur(
  key: Key[Array, ""],
  images: Num[Array | np.ndarray, "B H W C"],
  *,
  sigma: float,
) -> Float[Array, "B H W C"]:
  """Blurs each image by a Gaussian of its own width.

  Beyond the edge the image continues with its edge values; the kernels of all
  images end at three times the largest sigma.

  Args:
    key: Random key.
    images: `[B, H, W, C]` in 0 to 255.
    sigma: Each image's standard deviation is uniform in 0 to this, in pixels.

  Returns:
    float32 `[B, H, W, C]`.

  Raises:
    ValueError: If sigma is negative.

  Example:
    >>> random_blur(jax.random.key(0), jnp.full((1, 1, 2, 1), 9), sigma=1.0)[0]
    Array([[[9.],
            [9.]]], dtype=float32)
  """
  _check("sigma", sigma, math.inf)
  images = jnp.asarray(images, jnp.float32)
  if not sigma:
    return images
  # The floor makes a sigma of 0 the identity rather than 0 / 0.
  widths = jnp.maximum(_draw(key, images, 0.0, sigma), 1e-3)
  distances = jnp.arange(math.ceil(3 * sigma) + 1.0).reshape(-1, 1, 1, 1, 1)
  taps = jnp.exp(-0.5 * jnp.square(distances / widths[None]))
  taps /= 2 * taps.sum(0, keepdims=True) - taps[:1]
  for axis in (1, 2):
    images = _convolve(images, taps, axis)
  return jnp.clip(images, 0.0, 255.0)


def random_contrast(
  key: Key[Array, ""],
  images: Num[Array | np.ndarray, "B H W C"],
  *,
  strength: float,
) -> Float[Array, "B H W C"]:
  """Spreads or narrows each image's values about mid-grey.

  (x - 127.5) c + 127.5, the same for all pixels and channels; imgaug's centre
  is 127, half a grey level below the middle.

  Args:
    key: Random key.
    images: `[B, H, W, C]` in 0 to 255.
    strength: c is uniform in 1 - strength to 1 + strength; at most 1.

  Returns:
    float32 `[B, H, W, C]` in 0 to 255.

  Raises:
    ValueError: If strength lies outside [0, 1].

  Example:
    >>> grey = jnp.full((1, 1, 1, 1), 127.5)
    >>> random_contrast(jax.random.key(0), grey, strength=0.25).item()
    127.5
  """
  _check("strength", strength, 1.0)
  images = jnp.asarray(images, jnp.float32)
  if not strength:
    return images
  factors = _draw(key, images, 1 - strength, 1 + strength)
  return jnp.clip((images - 127.5) * factors + 127.5, 0.0, 255.0)


def random_noise(
  key: Key[Array, ""],
  images: Num[Array | np.ndarray, "B H W C"],
  *,
  scale: float,
) -> Float[Array, "B H W C"]:
  """Adds Gaussian noise to each pixel, the same to all its channels.

  So it changes brightness and no colour, as imgaug's `per_channel=False`.

  Args:
    key: Random key.
    images: `[B, H, W, C]` in 0 to 255.
    scale: Each image's standard deviation is uniform in 0 to this, in grey
      levels.

  Returns:
    float32 `[B, H, W, C]` in 0 to 255.

  Raises:
    ValueError: If scale is negative.

  Example:
    >>> grey = jnp.full((1, 4, 4, 3), 127.5)
    >>> noisy = random_noise(jax.random.key(0), grey, scale=8.0)
    >>> bool((noisy[..., 0] == noisy[..., 1]).all())
    True
  """
  _check("scale", scale, math.inf)
  images = jnp.asarray(images, jnp.float32)
  if not scale:
    return images
  scale_key, noise_key = jax.random.split(key)
  noise = jax.random.normal(noise_key, (*images.shape[:3], 1))
  scales = _draw(scale_key, images, 0.0, scale)
  return jnp.clip(images + scales * noise, 0.0, 255.0)


def random_multiply(
  key: Key[Array, ""],
  images: Num[Array | np.ndarray, "B H W C"],
  *,
  strength: float,
) -> Float[Array, "B H W C"]:
  """Makes each image darker or brighter by one factor.

  Args:
    key: Random key.
    images: `[B, H, W, C]` in 0 to 255.
    strength: The factor is uniform in 1 - strength to 1 + strength; at most 1.

  Returns:
    float32 `[B, H, W, C]` in 0 to 255.

  Raises:
    ValueError: If strength lies outside [0, 1].

  Example:
    >>> black = jnp.zeros((1, 1, 1, 1))
    >>> random_multiply(jax.random.key(0), black, strength=0.2).item()
    0.0
  """
  _check("strength", strength, 1.0)
  images = jnp.asarray(images, jnp.float32)
  if not strength:
    return images
  factors = _draw(key, images, 1 - strength, 1 + strength)
  return jnp.clip(images * factors, 0.0, 255.0)


def random_perspective(
  key: Key[Array, ""],
  images: Num[Array | np.ndarray, "B H W C"],
  *,
  scale: float,
) -> Float[Array, "B H W C"]:
  """Shows each image as if seen from slightly aside and slightly nearer.

  A quadrilateral inside the image, its corners drawn in from the image's, is
  spread over the whole by a homography, with bilinear interpolation. imgaug
  draws the corners in by absolute values of a normal distribution, which has
  no bound; here they are uniform, so that no point moves farther along a side
  than 1.2 times the scale up to a scale of 0.1, and 1.5 times beyond.

  Args:
    key: Random key.
    images: `[B, H, W, C]` in 0 to 255.
    scale: Largest distance of a corner along each side, as a share of that
      side; at most 0.25, for from 1/3 on the corners could fold over.

  Returns:
    float32 `[B, H, W, C]`.

  Raises:
    ValueError: If scale lies outside [0, 0.25].

  Example:
    >>> columns = jnp.tile(jnp.arange(101.0)[None, None, :, None], (1, 9, 1, 1))
    >>> result = random_perspective(jax.random.key(0), columns, scale=0.1)
    >>> bool(abs(result - columns).max() <= 12)
    True
  """
  _check("scale", scale, 0.25)
  images = jnp.asarray(images, jnp.float32)
  if not scale:
    return images
  inwards = jax.random.uniform(key, (len(images), 4, 2), maxval=scale)
  return warp.perspective(images, jnp.abs(warp.CORNERS[None] - inwards))


def _convolve(images, taps, axis):
  """Convolves along an axis with symmetric taps `[K, B, 1, 1, 1]`."""
  size, radius = images.shape[axis], len(taps) - 1
  pad = [(0, 0)] * 4
  pad[axis] = (radius, radius)
  padded = jnp.pad(images, pad, mode="edge")

  def shifted(i):
    return jax.lax.dynamic_slice_in_dim(padded, radius + i, size, axis)

  # XLA fuses a plain sum into all that reads it and computes it again for each
  # of the perspective's four neighbours: on the CPU 3 times the time for all
  # six. A loop's result it keeps.
  return jax.lax.fori_loop(
    1,
    radius + 1,
    lambda i, total: total + taps[i] * (shifted(i) + shifted(-i)),
    taps[0] * images,
  )


def _draw(key, images, low, high):
  """One number per image, uniform, of the images' rank."""
  shape = (len(images), 1, 1, 1)
  return jax.random.uniform(key, shape, minval=low, maxval=high)


def _check(name, value, most):
  if not 0 <= value <= most or math.isinf(value):
    upper = "finite" if math.isinf(most) else f"at most {most:g}"
    raise ValueError(
      f"expected {name} of augmentation to be at least 0 and {upper}, got "
      f"{value}; 0 switches it off"
    )
