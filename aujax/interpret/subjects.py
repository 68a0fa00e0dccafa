"""How far features tell people apart, which a detector of AUs should not."""

import dataclasses

import numpy as np
from jaxtyping import Float, Shaped
from scipy import special


@dataclasses.dataclass(frozen=True, eq=False)
class Divergence:
  """How far subjects lie apart in a space of features.

  Attributes:
    subjects: Names of the S subjects, sorted.
    matrix: `[S, S]` Jensen-Shannon divergences in nats, 0 to ln 2.
    num_features: Dimensions of the space.
  """

  subjects: tuple[str, ...]
  matrix: Float[np.ndarray, "S S"]
  num_features: int

  @property
  def mean(self) -> float:
    """The mean over pairs of different subjects, in nats."""
    size = len(self.subjects)
    return float(self.matrix.sum() / (size * (size - 1)))

  @property
  def normalized(self) -> Float[np.ndarray, " S"]:
    """`[S]`, each subject's sum over all others / ln(num_features) * 1e6.

    The unit of Chu et al. 2019, Fig. 4, whose mean and deviation over subjects
    it prints. "Normalized by log(d)" is read as the logarithm of the number of
    dimensions; text and figure do not say it.
    """
    return self.matrix.sum(1) / np.log(self.num_features) * 1e6


def subject_divergence(
  features: Float[np.ndarray, "n f"], subjects: Shaped[np.ndarray, " n"]
) -> Divergence:
  """Measures how far subjects' mean features lie apart.

  It is eq. 2 of Chu et al. 2019: each subject's mean mu becomes a distribution
  over the dimensions, sigma(mu) / |sigma(mu)| with sigma(a) = 1 / (1 +
  exp(-a / m)), and two subjects differ by its Jensen-Shannon divergence.

  The paper's m is the median of mu itself, which is zero where most dimensions
  are silent, and of either sign where values are centred. Here it is the
  median of |mu| over the entries that are not zero, which is the same for
  positive features such as HOG.

  Args:
    features: Of n frames, each of f dimensions.
    subjects: Whose frames they are.

  Returns:
    The divergences.

  Raises:
    ValueError: If there are not two subjects and two dimensions, features and
      subjects differ in length, or a feature is not finite.

  Example:
    >>> features = np.array([[1.0, 2, 3], [3, 2, 1], [1, 2, 3]])
    >>> found = subject_divergence(features, np.array(["a", "b", "c"]))
    >>> found.subjects, found.matrix.round(4).tolist()[0]
    (('a', 'b', 'c'), [0.0, 0.0061, 0.0])
  """
  features, names, whose = _read(features, subjects)
  if len(names) < 2 or features.shape[1] < 2:
    raise ValueError(
      "expected 2 or more subjects and dimensions, got "
      f"{len(names)} and {features.shape[1]}"
    )
  distributions = _squeeze(_means(features, whose))
  return Divergence(
    tuple(map(str, names)),
    # A row at a time: of large pictures all pairs at once would not fit.
    np.stack([jensen_shannon(p, distributions) for p in distributions]),
    features.shape[1],
  )


def variance_share(
  features: Float[np.ndarray, "n f"], groups: Shaped[np.ndarray, " n"]
) -> float:
  """The share of the features' variance that lies between groups.

  Squared distances of group means to the overall mean by those of all frames
  (eta squared). Unlike `subject_divergence` it compares people's distances
  with how far one person's frames lie apart, and means the same in any space.

  Args:
    features: Of n frames, each of f dimensions.
    groups: Which group each frame is of, such as its subject.

  Returns:
    From 0, where groups have one mean, to 1, where all frames of a group are
    the same; nan where all frames are.

  Raises:
    ValueError: If features and groups differ in length, or a feature is not
      finite.

  Example:
    >>> features = np.array([[0.0], [2.0], [2.0], [4.0]])
    >>> variance_share(features, np.array(["a", "a", "b", "b"]))
    0.5
  """
  features, _, whose = _read(features, groups)
  features = features - features.mean(0)
  total = (features**2).sum()
  within = features - _means(features, whose)[whose]
  return float(1 - (within**2).sum() / total) if total else float("nan")


def jensen_shannon(
  p: Float[np.ndarray, "*n f"], q: Float[np.ndarray, "*m f"]
) -> Float[np.ndarray, "*k"]:
  """Jensen-Shannon divergence of discrete distributions (Lin 1991).

  D = KL(p | m) / 2 + KL(q | m) / 2 with m = (p + q) / 2.

  Args:
    p: Distributions over the last axis.
    q: Others; what is before the last axis is broadcast.

  Returns:
    Divergences in nats, 0 where both are the same and ln 2 where they share
    nothing.

  Example:
    >>> jensen_shannon(np.array([1.0, 0]), np.array([[1.0, 0], [0, 1]]))
    array([0.        , 0.69314718])
  """
  middle = (p + q) / 2
  kl = special.rel_entr(p, middle).sum(-1), special.rel_entr(q, middle).sum(-1)
  # Rounding may leave those of like distributions just below zero.
  return np.asarray(np.maximum((kl[0] + kl[1]) / 2, 0))


def _read(features, groups):
  """Features, the groups' names, and the number of each frame's group."""
  features, groups = np.asarray(features, np.float64), np.asarray(groups)
  if features.ndim != 2 or groups.shape != features.shape[:1]:
    raise ValueError(
      "expected features [n, f] and the subjects or groups of n frames, got "
      f"shapes {list(features.shape)} and {list(groups.shape)}"
    )
  if not np.isfinite(features).all():
    raise ValueError("expected finite features, got nan or infinity among them")
  return features, *np.unique(groups, return_inverse=True)


def _means(features, whose):
  return np.stack(
    [features[whose == group].mean(0) for group in range(whose.max() + 1)]
  )


def _squeeze(means: Float[np.ndarray, "S f"]) -> Float[np.ndarray, "S f"]:
  """Vectors as distributions."""
  scales = [
    np.median(size[size > 0]) if size.any() else 1.0 for size in np.abs(means)
  ]
  positive = special.expit(means / np.array(scales)[:, None])
  return positive / positive.sum(1, keepdims=True)
