"""Faces cut out upright and equally large, by landmarks, under jit.

Points are (x, y) in pixels, whole numbers at pixel centres. The five points
are those of `aujax.faces.mtcnn.LANDMARKS`: the subject's right and left eye,
the nose's tip, the right and left corner of the mouth.
"""

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Num, UInt8

from aujax.faces import resize

# Where the five points lie in 112 x 112 pixels by ArcFace (Deng et al. 2019),
# as InsightFace's face_align.py gives them.
_ARCFACE = (
  (38.2946, 51.6963),
  (73.5318, 51.5014),
  (56.0252, 71.7366),
  (41.5493, 92.3655),
  (70.7299, 92.2041),
)
_ARCFACE_SIZE = 112

# In the 68 points of iBUG's 300-W (Sagonas et al. 2013), from 0. The 66 that
# DISFA has lack the inner corners of the mouth, 60 and 64, which come later.
_RIGHT_EYE, _LEFT_EYE = slice(36, 42), slice(42, 48)
_NOSE_TIP, _RIGHT_CORNER, _LEFT_CORNER = 30, 48, 54


def template(size: int, *, margin: float = 0.0) -> Float[np.ndarray, "5 2"]:
  """Returns where the five points are to lie in a crop: ArcFace's, scaled.

  Args:
    size: Height and width of the crop, in pixels, such as 112, 200 or 224.
    margin: Added on each of the four sides, as a share of the crop's side
      without it. ArcFace's crop cuts the chin off where the jaw drops; 0.1
      takes it in.

  Returns:
    float32 `[5, 2]`.

  Example:
    >>> [template(size)[2].round().tolist() for size in (112, 224)]
    [[56.0, 72.0], [113.0, 144.0]]
  """
  shares = (np.array(_ARCFACE) + 0.5) / _ARCFACE_SIZE
  shares = (shares + margin) / (1 + 2 * margin)
  return (shares * size - 0.5).astype(np.float32)


def similarity(
  points: Float[Array | np.ndarray, "n p 2"],
  target: Float[Array | np.ndarray, "p 2"],
) -> Float[Array, "n 2 3"]:
  """Fits turn, scale and shift, least squares, without mirroring.

  The transform is Umeyama's (Least-squares estimation of transformation
  parameters between two point patterns, IEEE TPAMI 13(4), 1991). In the plane
  it has a closed form: with points as complex numbers z and w about their
  means, w = c z with c = sum(conj(z) w) / sum(|z|^2).

  Args:
    points: `[n, p, 2]`.
    target: `[p, 2]`, where they are to come to lie.

  Returns:
    `[n, 2, 3]`, by which a point (x, y, 1) is multiplied; nan where all the
    points are one.

  Example:
    >>> square = jnp.array([[0.0, 0.0], [2.0, 0.0], [2.0, 2.0], [0.0, 2.0]])
    >>> matrix = similarity(square[None], 3 * square + 1)[0]
    >>> (matrix @ jnp.array([2.0, 1.0, 1.0])).tolist()
    [7.0, 4.0]
  """
  points, target = jnp.asarray(points), jnp.asarray(target)[None]
  middle, to_middle = points.mean(1), target.mean(1)
  z, w = points - middle[:, None], target - to_middle[:, None]
  size = (z * z).sum((1, 2))
  real = (z * w).sum((1, 2)) / size
  imaginary = (z[..., 0] * w[..., 1] - z[..., 1] * w[..., 0]).sum(1) / size
  rows = [real, -imaginary], [imaginary, real]
  turn = jnp.stack([jnp.stack(row, -1) for row in rows], 1)
  shift = to_middle - (turn * middle[:, None]).sum(-1)
  return jnp.concatenate([turn, shift[..., None]], -1)


@functools.partial(jax.jit, static_argnames=("size", "margin"))
def crop(
  frames: UInt8[Array | np.ndarray, "b h w 3"],
  landmarks: Float[Array | np.ndarray, "n 5 2"],
  *,
  size: int,
  margin: float = 0.0,
  frame: Int[Array | np.ndarray, " n"] | None = None,
) -> UInt8[Array, "n {size} {size} 3"]:
  """Cuts faces out so that their landmarks lie on the template.

  A face that becomes smaller is read from the frame at half the size, a
  quarter and so on, between the two sizes nearest to its own (trilinear, as
  graphics cards do), so that nothing aliases. Beyond the frame's edge its
  last pixels go on.

  Args:
    frames: RGB uint8 `[b, h, w, 3]`.
    landmarks: The five points of each face, `[n, 5, 2]`.
    size: Height and width of the crops, in pixels.
    margin: As for `template`.
    frame: `[n]`, the frame that each face is in; by default face i is in
      frame i.

  Returns:
    uint8 `[n, size, size, 3]`, black where the five points are one or nan.

  Raises:
    ValueError: If there are other numbers of faces and frames, without
      `frame`.

  Example:
    >>> frames = np.full((1, 240, 320, 3), 7, np.uint8)
    >>> crop(frames, template(150)[None], size=112)[0, 0, 0].tolist()
    [7, 7, 7]
  """
  if frame is None:
    if len(landmarks) != len(frames):
      raise ValueError(
        f"expected one face for each of {len(frames)} frames, got "
        f"{len(landmarks)}; say with frame= which frame each face is in"
      )
    frame = np.arange(len(frames))
  matrix = similarity(landmarks, template(size, margin=margin))
  usable = jnp.isfinite(matrix).all((1, 2))
  matrix = jnp.where(usable[:, None, None], matrix, jnp.eye(2, 3)[None])
  x, y, shrinkage = _places(matrix, size)
  atlas, sizes = _halvings(jnp.asarray(frames), size)
  last = len(sizes) - 1
  level = jnp.clip(jnp.log2(shrinkage), 0, last)
  finer = jnp.floor(level)
  coarser = jnp.minimum(finer + 1, last)
  frame = jnp.asarray(frame)
  fine = _read(atlas, sizes, finer, frame, x, y)
  coarse = _read(atlas, sizes, coarser, frame, x, y)
  crops = fine + (coarse - fine) * (level - finer)[:, None, None, None]
  crops = jnp.where(usable[:, None, None, None], crops, 0)
  return jnp.round(crops).astype(jnp.uint8)


def five_points(
  landmarks: Num[np.ndarray, "n p 2"],
) -> Float[np.ndarray, "n 5 2"]:
  """Reduces the 66 or 68 points of a dataset's landmark files to five.

  Args:
    landmarks: `[n, p, 2]` in iBUG's order of 68 points, or in DISFA's of 66,
      which is the same up to the lips' inner line. An eye is the mean of its
      six points (36 to 41 and 42 to 47, from 0), the nose's tip is point 30,
      the mouth's corners are 48 and 54.

  Returns:
    float32 `[n, 5, 2]`.

  Raises:
    ValueError: If there are other than 66 or 68 points.

  Example:
    >>> five_points(np.arange(136.0).reshape(1, 68, 2))[0, :, 0].tolist()
    [77.0, 89.0, 60.0, 96.0, 108.0]
  """
  landmarks = np.asarray(landmarks)
  if landmarks.ndim != 3 or landmarks.shape[1:] not in ((66, 2), (68, 2)):
    raise ValueError(
      "expected landmarks of shape [faces, 66 or 68, 2], got "
      f"{list(landmarks.shape)}; give five points of your own to crop"
    )
  points = [
    landmarks[:, _RIGHT_EYE].mean(1),
    landmarks[:, _LEFT_EYE].mean(1),
    landmarks[:, _NOSE_TIP],
    landmarks[:, _RIGHT_CORNER],
    landmarks[:, _LEFT_CORNER],
  ]
  return np.stack(points, 1).astype(np.float32)


def _places(matrix: Array, size: int) -> tuple[Array, Array, Array]:
  """Where a crop's pixels lie in the frame, and how far apart.

  Returns:
    x and y, `[n, size, size]`, and the distance of neighbours `[n]`.
  """
  a, b = matrix[:, 0, 0], matrix[:, 1, 0]
  square = a * a + b * b
  y, x = np.mgrid[:size, :size].astype(np.float32)[:, None]
  x, y = (p - matrix[:, i, 2, None, None] for i, p in enumerate((x, y)))
  # The inverse of a turn and scale.
  a, b = ((part / square)[:, None, None] for part in (a, b))
  return a * x + b * y, a * y - b * x, jax.lax.rsqrt(square)


def _halvings(frames: Array, size: int) -> tuple[Array, np.ndarray]:
  """Puts the frames, their halves, quarters, ... below one another.

  Returns:
    uint8 `[b, rows, w, 3]`, and `[levels, 3]` of each level's first row,
    height and width.
  """
  picture, pictures = frames.astype(jnp.float32), []
  longer = max(frames.shape[1:3])
  for _ in range(1 + max(0, math.ceil(math.log2(longer / size)))):
    pictures.append(jnp.round(picture).astype(jnp.uint8))
    odd = [(0, length % 2) for length in picture.shape[1:3]]
    even = jnp.pad(picture, [(0, 0), *odd, (0, 0)], mode="edge")
    # On a CPU a tenth of the time of a mean over two axes.
    rows = even[:, ::2] + even[:, 1::2]
    picture = (rows[:, :, ::2] + rows[:, :, 1::2]) / 4
  sizes = np.array([p.shape[1:3] for p in pictures])
  tops = np.cumsum(sizes[:, 0]) - sizes[:, 0]
  spare = [frames.shape[2] - p.shape[2] for p in pictures]
  pictures = [
    jnp.pad(p, [(0, 0), (0, 0), (0, n), (0, 0)])
    for p, n in zip(pictures, spare, strict=True)
  ]
  return jnp.concatenate(pictures, 1), np.c_[tops, sizes]


def _read(
  atlas: Array,
  sizes: np.ndarray,
  level: Array,
  frame: Array,
  x: Array,
  y: Array,
) -> Array:
  """Reads each crop from its level of `_halvings`."""
  top, height, width = jnp.asarray(sizes)[level.astype(int)].T[..., None, None]
  scale = 2.0 ** level[:, None, None]
  x, y = (x + 0.5) / scale - 0.5, (y + 0.5) / scale - 0.5
  x, y = jnp.clip(x, 0, width - 1), jnp.clip(y, 0, height - 1)
  return resize.read(atlas, frame, x, top + y)
