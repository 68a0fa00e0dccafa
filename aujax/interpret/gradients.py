"""Pictures from gradients: what an output looks for, and what it looks at.

A detector is a function from images `[b, h, w, c]`, as its network gets them,
to logits `[b, t]`, each example for itself as in inference. What is made here
is compiled once for each such function. As a `jax.tree_util.Partial` of a
function and its parameters, it is compiled once for all parameters:

  def logits(params, batch_stats, images):
    return model.apply(params, batch_stats, images)[0]

  detector = jax.tree_util.Partial(logits, params, batch_stats)
"""

import functools
from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray
from scipy import ndimage

Detector = Callable[[Float[Array, "b h w c"]], Float[Array, "b t"]]


def activation_maximization(
  detector: Detector,
  shape: tuple[int, int, int],
  *,
  key: PRNGKeyArray,
  au: Sequence[int] | None = None,
  num_steps: int = 10_000,
  rate: float = 0.2,
  normalize: bool = True,
  decay: float = 0.01,
  clip_percentile: float = 30.0,
  blur_sigma: float = 0.7,
  blur_every: int = 2,
  noise: float = 0.1,
) -> Float[Array, "a h w c"]:
  """Climbs to pictures that raise outputs the most: what each "wants to see".

  It is eq. 3 of Chu et al. 2019, I* = argmax A(I) - Omega(I), where Omega is
  not a term but what is done to the picture after each step, in the order of
  their text: it shrinks (L2 decay), its faintest pixels become zero, and now
  and then it is blurred, I <- blur(clip((1 - decay) (I + rate dA/dI))). These
  operations are Yosinski et al.'s (2015), whose code blurs before it clips.

  The paper has 10,000 steps from a random, zero-centred image. It does not say
  how large steps, decay and noise are, how many pixels are clipped, nor how
  wide and how often the blur is: those defaults are ours, as is that gradients
  are normalized. A is read as the logit, as a sigmoid has next to no gradient
  where it is sure. At a decay of 0.01 some hundred steps are enough.

  Args:
    detector: Maps images to logits.
    shape: Height, width and channels of a picture.
    key: Random key of the first picture, which is the same for all outputs.
    au: Columns of the logits, a picture for each; all by default.
    num_steps: Steps of the ascent.
    rate: Size of a step, in the units that the network gets.
    normalize: Whether each gradient is divided by the root of its mean square,
      so that the same rate fits any network and output; without it a step is
      `rate` times the gradient, as one may read the paper.
    decay: Share of the picture that goes after each step, in [0, 1).
    clip_percentile: Percent of the pixels, those with the smallest norm over
      the channels, that become zero after each step; 0 for none.
    blur_sigma: Standard deviation of the Gaussian, in pixels; 0 for none.
    blur_every: Steps from one blur to the next.
    noise: Standard deviation of the first picture, in units of a pixel.

  Returns:
    `[a, h, w, c]` in the units that the network gets.

  Raises:
    ValueError: If a column is not there or a number is out of range.

  Example:
    >>> weights = jnp.array([1.0, -2.0]).reshape(2, 1, 1, 1)
    >>> detector = lambda images: (images * weights[None, :, :, :, 0]).sum(
    ...   (1, 2, 3)
    ... )[:, None]
    >>> plain = {"normalize": False, "clip_percentile": 0.0, "blur_sigma": 0.0}
    >>> picture = activation_maximization(
    ...   detector,
    ...   (2, 1, 1),
    ...   key=jax.random.key(0),
    ...   rate=1.0,
    ...   decay=0.5,
    ...   **plain,
    ... )
    >>> picture.ravel()  # rate (1 - decay) / decay times the weights
    Array([ 1., -2.], dtype=float32)
  """
  _check_ascent(num_steps, rate, decay, clip_percentile, blur_sigma, blur_every)
  columns = _columns(detector, (1, *shape), au)
  detector = _as_partial(detector)
  first = noise * jax.random.normal(key, shape)
  first = first - first.mean()
  pictures = jnp.tile(first[None], (len(columns), 1, 1, 1))
  options = (
    float(rate),
    float(decay),
    float(clip_percentile) if clip_percentile else None,
  )
  blurs = [_blur_matrix(size, blur_sigma) for size in shape[:2]]
  # Not a loop inside of jit: XLA runs its body on one core of a CPU.
  for number in range(1, num_steps + 1):
    pictures = _climb(detector, pictures, columns, normalize, *options)
    if blur_sigma and number % blur_every == 0:
      pictures = _blur(pictures, *blurs)
  return pictures


def saliency(
  detector: Detector,
  images: Float[Array | np.ndarray, "b h w c"],
  *,
  au: Sequence[int] | None = None,
  times_input: bool = False,
  num_samples: int = 0,
  noise: float = 0.15,
  key: PRNGKeyArray | None = None,
) -> Float[Array, "b a h w"]:
  """Measures how much an output depends on each pixel of each image.

  It is |dA/dI|, the largest over the channels (Simonyan et al. 2014); times
  the image, if asked for; or of the gradient's mean over noisy copies
  (SmoothGrad, Smilkov et al. 2017), which is less of a scatter.

  Args:
    detector: Maps images to logits.
    images: `[b, h, w, c]`, as the network gets them.
    au: Columns of the logits; all by default.
    times_input: Whether the gradient is multiplied by the image.
    num_samples: Noisy copies of each image; 0 takes the image as it is.
    noise: Standard deviation of the noise, as a share of the image's range.
    key: Random key of the noise.

  Returns:
    `[b, a, h, w]`, none negative.

  Raises:
    ValueError: If a column is not there, or noise is asked for without a key.

  Example:
    >>> weights = jnp.array([[1.0, -3.0], [2.0, 0.5]])  # Outputs by channels.
    >>> detector = lambda images: images.sum((1, 2)) @ weights.T
    >>> saliency(detector, jnp.ones((1, 1, 1, 2)))[0].ravel()
    Array([3., 2.], dtype=float32)
  """
  if num_samples < 0 or noise < 0:
    raise ValueError(
      f"expected num_samples and noise of 0 or more, got {num_samples} and "
      f"{noise}"
    )
  if num_samples and key is None:
    raise ValueError(
      f"expected a key for the noise of {num_samples} samples, got none; give "
      "key=jax.random.key(0) or num_samples=0"
    )
  images = jnp.asarray(images)
  columns = _columns(detector, images.shape, au)
  detector = _as_partial(detector)
  if not num_samples:
    return _sizes(_gradients(detector, images, columns), images, times_input)
  total = 0.0
  for sample_key in jax.random.split(key, num_samples):
    noisy = _add_noise(sample_key, images, float(noise))
    total = total + _gradients(detector, noisy, columns)
  return _sizes(total / num_samples, images, times_input)


@functools.partial(jax.jit, static_argnums=3, donate_argnums=1)
def _climb(
  detector, pictures, columns, normalize, rate, decay, clip_percentile
):
  # One picture is one example, so that all outputs climb in one batch.
  logits, pullback = jax.vjp(detector, pictures)
  (gradients,) = pullback(jax.nn.one_hot(columns, logits.shape[1]))
  if normalize:
    square = (gradients * gradients).mean((1, 2, 3), keepdims=True)
    # Where no pixel matters the gradient stays zero.
    gradients = gradients * jax.lax.rsqrt(square + 1e-30)
  pictures = (1 - decay) * (pictures + rate * gradients)
  if clip_percentile is None:
    return pictures
  return _clip(pictures, clip_percentile)


def _clip(pictures, percentile):
  """Zeroes the pixels whose norm is below a percentile of their picture."""
  norms = jnp.sqrt((pictures * pictures).sum(-1, keepdims=True))
  least = jnp.percentile(norms, percentile, axis=(1, 2, 3), keepdims=True)
  return jnp.where(norms < least, 0, pictures)


@functools.partial(jax.jit, donate_argnums=0)
def _blur(pictures, rows, columns):
  return jnp.einsum("ih,jw,bhwc->bijc", rows, columns, pictures)


def _blur_matrix(size: int, sigma: float) -> Float[Array, "n n"] | None:
  """The blur along an axis, mirrored at the edges, as a linear map."""
  if not sigma:
    return None
  unit = np.eye(size, dtype=np.float32)
  return jnp.asarray(ndimage.gaussian_filter1d(unit, sigma, axis=0))


@jax.jit
def _gradients(detector, images, columns):
  """Gradients `[a, b, h, w, c]` of some of the logits."""
  logits, pullback = jax.vjp(detector, images)
  rows = jax.nn.one_hot(columns, logits.shape[1], dtype=logits.dtype)
  return jax.vmap(lambda row: pullback(jnp.broadcast_to(row, logits.shape))[0])(
    rows
  )


@jax.jit
def _add_noise(key, images, noise):
  axes = (1, 2, 3)
  reach = images.max(axes, keepdims=True) - images.min(axes, keepdims=True)
  draw = jax.random.normal(key, images.shape, images.dtype)
  return images + noise * reach * draw


@functools.partial(jax.jit, static_argnums=2)
def _sizes(gradients, images, times_input):
  if times_input:
    gradients = gradients * images[None]
  return jnp.abs(gradients).max(-1).swapaxes(0, 1)


def _as_partial(detector: Detector) -> jax.tree_util.Partial:
  """The detector as a pytree, whose arrays are arguments, not constants."""
  if isinstance(detector, jax.tree_util.Partial):
    return detector
  return jax.tree_util.Partial(detector)


def _columns(detector, shape, au) -> Array:
  images = jax.ShapeDtypeStruct(shape, jnp.float32)
  num_outputs = jax.eval_shape(detector, images).shape[-1]
  columns = np.arange(num_outputs) if au is None else np.asarray(au)
  if (
    columns.ndim != 1
    or columns.dtype.kind not in "iu"
    or not len(columns)
    or (columns < 0).any()
    or (columns >= num_outputs).any()
  ):
    raise ValueError(
      f"expected au to be columns of the logits, 0 to {num_outputs - 1}, got "
      f"{au!r}; an AU's column is its place in the AUs that were trained"
    )
  return jnp.asarray(columns, jnp.int32)


def _check_ascent(
  num_steps, rate, decay, clip_percentile, blur_sigma, blur_every
):
  if num_steps < 0 or rate <= 0:
    raise ValueError(
      f"expected num_steps of 0 or more and a positive rate, got {num_steps} "
      f"and {rate}"
    )
  if not 0 <= decay < 1:
    raise ValueError(
      f"expected a decay in [0, 1), the share of the picture that goes after "
      f"each step, got {decay}"
    )
  if not 0 <= clip_percentile <= 100:
    raise ValueError(
      f"expected a clip_percentile of 0 to 100, got {clip_percentile}"
    )
  if blur_sigma < 0 or blur_every < 1:
    raise ValueError(
      "expected blur_sigma of 0 or more and blur_every of 1 or more, got "
      f"{blur_sigma} and {blur_every}; blur_sigma=0 is no blur"
    )
