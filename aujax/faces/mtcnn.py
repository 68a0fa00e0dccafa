"""The face detector MTCNN (Zhang et al. 2016) on batches of frames, under jit.

Numbers and steps are those of the package mtcnn 1.0, whose weights these are:
Zhang et al., Joint Face Detection and Alignment Using Multitask Cascaded
Convolutional Networks, IEEE Signal Processing Letters 23(10).

Boxes are (x1, y1, x2, y2), points (x, y), both in pixels.
"""

import dataclasses
import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Bool, Float, Int, Num

from aujax.faces import boxes as boxes_lib
from aujax.faces import networks, resize
from aujax.faces import weights as weights_lib

# Right and left are the subject's own, so the right eye is on the picture's
# left; the package mtcnn names its points from the viewer's side.
LANDMARKS = (
  "right_eye",
  "left_eye",
  "nose_tip",
  "right_mouth_corner",
  "left_mouth_corner",
)

# PNet looks at windows of 12 px that lie 2 px apart.
WINDOW, _STRIDE = 12, 2
# Boxes overlap too much: in one level of the pyramid, later, and at the end.
_IN_LEVEL, _AFTERWARDS = 0.5, 0.7
# How many boxes RNet and ONet look at in one go. The last go is filled up
# with boxes that nobody needs, so it is small.
_REFINED, _DECIDED = 32, 8


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class Detections:
  """Faces of frames in arrays of fixed shape, the surest first.

  Attributes:
    boxes: `[b, k, 4]`, cut off at the frame's edges.
    scores: `[b, k]`, probability of a face.
    landmarks: `[b, k, 5, 2]`, in the order of `LANDMARKS`; they may lie
      outside the frame.
    found: `[b, k]`, which slots hold a face; the others are zero.
    dropped: `[b]`, how many candidates, the least likely, found no slot in
      some stage; where it is not zero, faces may be missing.
  """

  boxes: Float[Array | np.ndarray, "b k 4"]
  scores: Float[Array | np.ndarray, "b k"]
  landmarks: Float[Array | np.ndarray, "b k 5 2"]
  found: Bool[Array | np.ndarray, "b k"]
  dropped: Int[Array | np.ndarray, " b"]


@dataclasses.dataclass(frozen=True)
class Faces:
  """The faces of one frame, the surest first.

  Attributes:
    boxes: `[n, 4]`.
    scores: `[n]`.
    landmarks: `[n, 5, 2]`.
  """

  boxes: Float[np.ndarray, "n 4"]
  scores: Float[np.ndarray, " n"]
  landmarks: Float[np.ndarray, "n 5 2"]


NO_FACES = Faces(*(np.zeros((0, *shape)) for shape in ((4,), (), (5, 2))))


@functools.partial(
  jax.jit, static_argnames=("min_face", "factor", "thresholds", "slots")
)
def detect(
  frames: Num[Array | np.ndarray, "..."],
  weights: weights_lib.Weights,
  *,
  min_face: float = 20.0,
  factor: float = 0.709,
  thresholds: tuple[float, float, float] = (0.6, 0.7, 0.8),
  slots: tuple[int, int, int] = (1024, 256, 64),
) -> Detections:
  """Finds faces; one program for each size of frames and number of them.

  A candidate is dropped only for want of a slot, and the least likely go
  first; those that stay fare as they would have without.

  Args:
    frames: RGB uint8 `[b, h, w, 3]`.
    weights: Of `aujax.faces.weights.load`.
    min_face: Side of the smallest face to look for, in pixels; the work is
      about proportional to its inverse square.
    factor: Ratio of sizes between levels of the image pyramid.
    thresholds: Probability above which a candidate passes each stage.
    slots: Candidates kept for each frame after each stage; the last is k,
      unless the frame has fewer windows.

  Returns:
    The faces; `per_frame` takes them out of their slots.

  Raises:
    ValueError: If the frames have another shape or type, or are too small for
      a single level of the pyramid.

  Example:
    >>> frames = np.zeros((2, 48, 64, 3), np.uint8)
    >>> detections = detect(frames, weights_lib.load())
    >>> detections.boxes.shape, detections.found.any().item()
    ((2, 64, 4), False)
  """
  frames = jnp.asarray(frames)
  _check(frames)
  boxes, found, dropped = _propose(
    frames,
    weights["pnet"],
    scales=_scales(frames.shape[1:3], min_face, factor),
    threshold=thresholds[0],
    slots=slots[0],
  )
  boxes, found, lost = _refine(
    frames,
    weights["rnet"],
    boxes,
    found,
    threshold=thresholds[1],
    slots=slots[1],
  )
  dropped += lost
  boxes, scores, landmarks = _decide(frames, weights["onet"], boxes, found)
  scores, index, found, lost = _likeliest(scores, thresholds[2], slots[2])
  dropped += lost
  boxes, landmarks = _take(boxes, index), _take(landmarks, index)
  shares = boxes_lib.overlaps(boxes, of="smaller")
  found = boxes_lib.best(shares > _AFTERWARDS, found)
  # Faces first, in the order of their scores.
  order = jnp.argsort(~found, stable=True)
  boxes, scores, landmarks = (
    _take(jnp.where(_like(found, x), x, 0), order)
    for x in (_clip(boxes, frames), scores, landmarks)
  )
  return Detections(boxes, scores, landmarks, _take(found, order), dropped)


@functools.partial(jax.jit, static_argnames="threshold")
def confirm(
  frames: Num[Array | np.ndarray, "..."],
  boxes: Float[Array | np.ndarray, "b k 4"],
  weights: weights_lib.Weights,
  *,
  threshold: float = 0.8,
) -> Detections:
  """Looks where faces are expected, with the last of the three networks.

  Far cheaper than `detect`, for faces that have moved little since they were
  found.

  Args:
    frames: RGB uint8 `[b, h, w, 3]`.
    boxes: `[b, k, 4]`, such as those of `detect` in a frame before.
    weights: Of `aujax.faces.weights.load`.
    threshold: Probability above which a box holds a face.

  Returns:
    In each box's slot what is there: box, score and landmarks, whether it is
    a face or not; of slots with the same face none is left out.

  Raises:
    ValueError: If the frames have another shape or type.

  Example:
    >>> frames = np.zeros((1, 48, 64, 3), np.uint8)
    >>> boxes = np.array([[[8.0, 8.0, 40.0, 40.0]]], np.float32)
    >>> confirm(frames, boxes, weights_lib.load()).found.tolist()
    [[False]]
  """
  frames, boxes = jnp.asarray(frames), boxes_lib.square(jnp.asarray(boxes))
  _check(frames)
  everywhere = jnp.ones(boxes.shape[:2], bool)
  boxes, scores, landmarks = _decide(frames, weights["onet"], boxes, everywhere)
  return Detections(
    _clip(boxes, frames),
    scores,
    landmarks,
    scores > threshold,
    jnp.zeros(len(frames), int),
  )


def per_frame(detections: Detections) -> list[Faces]:
  """Takes the faces out of their slots, on the host.

  Args:
    detections: Of `detect`.

  Returns:
    For each frame its faces, perhaps none.

  Example:
    >>> frames = np.zeros((2, 48, 64, 3), np.uint8)
    >>> [len(f.boxes) for f in per_frame(detect(frames, weights_lib.load()))]
    [0, 0]
  """
  host = jax.device_get(detections)
  return [
    Faces(*(x[found] for x in faces))
    for *faces, found in zip(
      host.boxes, host.scores, host.landmarks, host.found, strict=True
    )
  ]


def _check(frames: Array) -> None:
  if frames.ndim != 4 or frames.shape[-1] != 3 or frames.dtype != jnp.uint8:
    raise ValueError(
      "expected uint8 RGB frames of shape [batch, height, width, 3], got "
      f"{frames.dtype} of shape {list(frames.shape)}"
    )


def _scales(
  shape: tuple[int, int], min_face: float, factor: float
) -> list[float]:
  """Returns the pyramid's scales, the finest first."""
  shorter = min(shape)
  count = round(-(math.log(shorter / WINDOW) / math.log(factor) + 1))
  scales = [WINDOW / min_face * factor**level for level in range(count)]
  scales = [scale for scale in scales if int(shorter * scale) >= WINDOW]
  if not scales:
    raise ValueError(
      f"expected frames in which a face of {min_face:g} pixels has room, got "
      f"{shape[0]} x {shape[1]} pixels; enlarge them or lower min_face"
    )
  return scales


def _propose(
  frames: Array,
  params: weights_lib.Weights,
  *,
  scales: list[float],
  threshold: float,
  slots: int,
) -> tuple[Array, Array, Array]:
  """Stage 1: windows of PNet at every scale that may show a face."""
  every_box, every_score, every_level = [], [], []
  for level, scale in enumerate(scales):
    height, width = (int(side * scale) for side in frames.shape[1:3])
    images = _normalize(resize.shrink(frames, height, width))
    offsets, scores = networks.apply(networks.PNet, params, images)
    windows = jnp.asarray(_windows(*scores.shape[1:]))
    moved = windows + (WINDOW - 1) * offsets.reshape(len(frames), -1, 4)
    every_box.append(moved / scale)
    every_score.append(scores.reshape(len(frames), -1))
    every_level.append(np.full(windows.shape[1], level))
  scores = jnp.concatenate(every_score, 1)
  _, index, found, dropped = _likeliest(scores, threshold, slots)
  boxes = _take(jnp.concatenate(every_box, 1), index)
  level = jnp.asarray(np.concatenate(every_level))[index]
  shares = boxes_lib.overlaps(boxes)
  same = level[:, :, None] == level[:, None, :]
  found = boxes_lib.best((shares > _IN_LEVEL) & same, found)
  found = boxes_lib.best(shares > _AFTERWARDS, found)
  return boxes_lib.square(boxes), found, dropped


def _refine(
  frames: Array,
  params: weights_lib.Weights,
  boxes: Array,
  found: Array,
  *,
  threshold: float,
  slots: int,
) -> tuple[Array, Array, Array]:
  """Stage 2: boxes that RNet takes for faces, moved by it."""
  offsets, scores = _look(
    networks.RNet, params, frames, boxes, found, size=24, at_once=_REFINED
  )
  scores = jnp.where(found, scores, 0)
  _, index, found, dropped = _likeliest(scores, threshold, slots)
  boxes = _take(boxes_lib.move(boxes, offsets), index)
  found = boxes_lib.best(boxes_lib.overlaps(boxes) > _AFTERWARDS, found)
  return boxes_lib.square(boxes), found, dropped


def _decide(
  frames: Array, params: weights_lib.Weights, boxes: Array, found: Array
) -> tuple[Array, Array, Array]:
  """Stage 3: boxes moved by ONet, scores, 0 where not found, landmarks."""
  offsets, landmarks, scores = _look(
    networks.ONet, params, frames, boxes, found, size=48, at_once=_DECIDED
  )
  sides = boxes[..., 2:] - boxes[..., :2] + 1
  landmarks = landmarks * sides[..., None, :] + boxes[..., None, :2] - 1
  return boxes_lib.move(boxes, offsets), jnp.where(found, scores, 0), landmarks


def _clip(boxes: Array, frames: Array) -> Array:
  height, width = frames.shape[1:3]
  edge = jnp.array([width - 1, height - 1] * 2, jnp.float32)
  return jnp.clip(boxes, 0, edge.reshape(1, 1, 4))


def _look(
  network: type[nnx.Module],
  params: weights_lib.Weights,
  frames: Array,
  boxes: Array,
  found: Array,
  *,
  size: int,
  at_once: int,
) -> tuple[Array, ...]:
  """Returns the network's answers `[b, k, ...]`, zero for most other slots.

  As many rounds are done as the boxes that there are need, whichever frames
  they are in; so slots that stay empty cost nothing.
  """
  per_frame = found.shape[1]
  flat = boxes.reshape(-1, 4)
  at_once = min(at_once, len(flat))
  order = jnp.argsort(~found.ravel(), stable=True)

  def answer(index):
    crops = resize.crop(
      frames, flat[index], index // per_frame, size=size, outside=127.5
    )
    return networks.apply(network, params, _normalize(crops))

  def step(number, answers):
    # Beyond the end it looks at the last ones again, with the same answers.
    index = jax.lax.dynamic_slice(order, [number * at_once], [at_once])
    return jax.tree.map(
      lambda all_, some: all_.at[index].set(some), answers, answer(index)
    )

  empty = jax.tree.map(jnp.zeros_like, jax.eval_shape(answer, order))
  rounds = (found.sum() + at_once - 1) // at_once
  answers = jax.lax.fori_loop(0, rounds, step, empty)
  return jax.tree.map(lambda x: x.reshape(*found.shape, *x.shape[1:]), answers)


def _likeliest(
  scores: Array, threshold: float, slots: int
) -> tuple[Array, Array, Array, Array]:
  """Scores and places of the best, which of them pass, how many did not fit.

  Large faces score 1 in several windows; the package takes the last of them.
  """
  count = scores.shape[1]
  slots = min(slots, count)
  dropped = jnp.maximum((scores > threshold).sum(1) - slots, 0)
  best, index = jax.lax.top_k(scores[:, ::-1], slots)
  return best, count - 1 - index, best > threshold, dropped


def _take(values: Array, index: Array) -> Array:
  return jnp.take_along_axis(values, _like(index, values), 1)


def _like(values: Array, other: Array) -> Array:
  """Appends axes until there are as many."""
  return values.reshape(values.shape + (1,) * (other.ndim - values.ndim))


def _normalize(images: Array) -> Array:
  return (images - 127.5) / 128


@functools.cache
def _windows(rows: int, columns: int) -> Float[np.ndarray, "1 n 4"]:
  """Boxes of PNet's windows, row by row; they start with pixel 1."""
  y, x = np.mgrid[:rows, :columns].reshape(2, 1, -1) * _STRIDE
  corners = np.stack([x + 1, y + 1, x + WINDOW, y + WINDOW], -1)
  return corners.astype(np.float32)
