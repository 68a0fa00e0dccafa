"""From faces' pictures to the probabilities of a model's AUs."""

import functools

import jax
import numpy as np
from jaxtyping import Array, Float, UInt8

from aujax import evaluation, models
from aujax.data import images as images_lib
from aujax.data import normalization
from aujax.models import folder


class Scorer:
  """A model, ready to be applied to faces.

  Args:
    ensemble: Of `folder.load`.
    batch_size: Faces that are computed at once, at most; memory grows with it.

  Attributes:
    ensemble: The model.
    batch_size: As given.
    size: Height and width that faces have to have, in pixels.
  """

  def __init__(self, ensemble: folder.Ensemble, *, batch_size: int = 32):
    self.ensemble, self.batch_size = ensemble, batch_size
    self.size = max(m.description.stored_size for m in ensemble.members)
    compiled = {}
    self._functions = []
    for member in ensemble.members:
      said = member.description
      alike = (
        said.network,
        repr(said.options),
        said.image_size,
        said.standardize,
      )
      # Members that differ in their weights alone are compiled once.
      function = compiled.setdefault(
        alike, jax.jit(functools.partial(_probabilities, member.model, said))
      )
      self._functions.append(function)
    self._variables = [
      jax.device_put((m.params, m.batch_stats)) for m in ensemble.members
    ]

  def __call__(
    self, faces: UInt8[np.ndarray, "n size size 3"]
  ) -> Float[np.ndarray, "n T"]:
    """Computes the combined probabilities.

    Args:
      faces: `[n, size, size, 3]`, RGB, any n.

    Returns:
      `[n, T]`, in the order of the model's AUs.
    """
    members, weights = self.ensemble.members, self.ensemble.weights
    if not len(faces):
      return np.zeros((0, len(self.ensemble.aus)), np.float32)
    resized, scores = {self.size: faces}, []
    for member, variables, function in zip(
      members, self._variables, self._functions, strict=True
    ):
      size = member.description.stored_size
      if size not in resized:
        resized[size] = np.stack([images_lib.square(f, size) for f in faces])
      scores.append(self._in_batches(function, variables, resized[size]))
    return evaluation.combine(
      np.stack(scores),
      how=self.ensemble.how,
      weights=None if weights is None else np.array(weights),
      threshold=np.array([m.description.thresholds for m in members]),
    )

  def _in_batches(self, function, variables, faces):
    scores = []
    for start in range(0, len(faces), self.batch_size):
      part = faces[start : start + self.batch_size]
      # One of few shapes, so that little is compiled.
      length = min(self.batch_size, _few(len(part)))
      padded = np.zeros((length, *faces.shape[1:]), np.uint8)
      padded[: len(part)] = part
      found = function(*variables, padded)
      scores.append(np.asarray(found)[: len(part)])
    return np.concatenate(scores)


def _few(count: int) -> int:
  """1, 4, 16, ...: the first that is not less."""
  length = 1
  while length < count:
    length *= 4
  return length


def _probabilities(
  model: models.Model,
  said: folder.Description,
  params: models.Tree,
  batch_stats: models.Tree,
  faces: UInt8[Array, "b size size 3"],
) -> Float[Array, "b T"]:
  images = normalization.center_crop(faces, size=said.image_size)
  if said.standardize:
    images = normalization.standardize(images)
  else:
    images = normalization.normalize(images)
  logits, _ = model.apply(params, batch_stats, images)
  return jax.nn.sigmoid(logits)
