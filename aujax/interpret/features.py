"""Features to compare a network's with, and where frames lie in their space."""

import importlib

import numpy as np
from jaxtyping import Float, Num
from scipy import linalg

# t-SNE's distances are taken among so many principal components.
_NUM_COMPONENTS = 50


def hog(
  images: Num[np.ndarray, "n h w c"],
  *,
  cell: int = 8,
  block: int = 2,
  bins: int = 9,
) -> Float[np.ndarray, "n f"]:
  """Histograms of oriented gradients (Dalal & Triggs 2005).

  The hand-crafted features that papers on AUs compare with. Gradients are
  differences of neighbours in the channel where they are largest; each pixel
  votes with its gradient's length for the two nearest of `bins` directions
  over half a turn, in its cell; blocks of cells, each one cell from the next,
  are normalized, cut at 0.2 and normalized again. Votes are not shared between
  neighbouring cells.

  Args:
    images: `[n, h, w, c]` of any scale.
    cell: Height and width of a cell, in pixels; pixels that are left over at
      the right and the bottom are not used.
    block: Height and width of a block, in cells.
    bins: Directions.

  Returns:
    float32 `[n, f]` with f = (h // cell - block + 1) (w // cell - block + 1)
    block^2 bins.

  Raises:
    ValueError: If the images are smaller than a block.

  Example:
    >>> hog(np.zeros((1, 24, 16, 3), np.uint8)).shape
    (1, 72)
  """
  images = np.asarray(images)
  rows, columns = images.shape[1] // cell, images.shape[2] // cell
  if rows < block or columns < block:
    raise ValueError(
      f"expected images of {block * cell} pixels, a block, or more, got "
      f"{images.shape[1]} x {images.shape[2]}; take smaller cells"
    )
  # Where each pixel's votes go: the first bin of its cell.
  y, x = np.mgrid[: rows * cell, : columns * cell] // cell
  first = bins * (y * columns + x)
  cells = np.stack([_vote(image, first, bins) for image in images])
  cells = cells.reshape(-1, rows, columns, bins)
  blocks = np.lib.stride_tricks.sliding_window_view(
    cells, (block, block), axis=(1, 2)
  )
  blocks = np.moveaxis(blocks, 3, -1).reshape(*blocks.shape[:3], -1)
  blocks = _normalize(np.minimum(_normalize(blocks), 0.2))
  return blocks.reshape(len(images), -1).astype(np.float32)


def embedding(
  features: Float[np.ndarray, "n f"],
  *,
  method: str = "pca",
  perplexity: float = 30.0,
  seed: int = 0,
) -> Float[np.ndarray, "n 2"]:
  """Lays frames out in the plane, those with like features near each other.

  Coloured by AU and by subject it is Fig. 3 of Chu et al. 2019, which has
  t-SNE.

  Args:
    features: Of n frames, each of f dimensions.
    method: "pca", the first two principal components, or "tsne" (van der
      Maaten & Hinton 2008) of the first 50, which needs scikit-learn.
    perplexity: Of t-SNE, about how many neighbours count; a third of the
      frames at most.
    seed: Of t-SNE.

  Returns:
    Places `[n, 2]`, centred.

  Raises:
    ValueError: If the method is not known or scikit-learn is missing, there
      are not 3 frames and 2 dimensions, or a feature is not finite.

  Example:
    >>> features = np.array([[0.0, 0], [1, 0], [5, 0], [2, 1], [2, -1]])
    >>> abs(embedding(features)).round(6).tolist()
    [[2.0, 0.0], [1.0, 0.0], [3.0, 0.0], [0.0, 1.0], [0.0, 1.0]]
  """
  features = np.asarray(features, np.float64)
  if features.ndim != 2 or len(features) < 3 or features.shape[1] < 2:
    raise ValueError(
      "expected features [n, f] of 3 or more frames and 2 or more dimensions, "
      f"got shape {list(features.shape)}"
    )
  if not np.isfinite(features).all():
    raise ValueError("expected finite features, got nan or infinity among them")
  if method == "pca":
    return _principal(features, 2)
  if method != "tsne":
    raise ValueError(f"expected method 'pca' or 'tsne', got {method!r}")
  tsne = _manifold().TSNE(
    perplexity=min(perplexity, (len(features) - 1) / 3),
    init="pca",
    random_state=seed,
  )
  places = tsne.fit_transform(_principal(features, _NUM_COMPONENTS))
  return places - places.mean(0)


def _vote(image, first, bins):
  """Votes of one image's pixels, in bins after one another."""
  image = np.pad(image.astype(np.float32), ((1, 1), (1, 1), (0, 0)), "edge")
  dy = (image[2:, 1:-1] - image[:-2, 1:-1])[: len(first), : first.shape[1]]
  dx = (image[1:-1, 2:] - image[1:-1, :-2])[: len(first), : first.shape[1]]
  length = np.hypot(dx, dy)
  best = length.argmax(-1)[..., None]
  dx, dy, length = (
    np.take_along_axis(values, best, -1)[..., 0] for values in (dx, dy, length)
  )
  place = np.arctan2(dy, dx) / np.pi * bins - 0.5
  low = np.floor(place)
  share = place - low
  votes = 0.0
  for number, weight in ((low, 1 - share), (low + 1, share)):
    index = first + number.astype(int) % bins
    votes = votes + np.bincount(
      index.ravel(), (weight * length).ravel(), first.max() + bins
    )
  return votes


def _normalize(blocks):
  return blocks / np.sqrt((blocks**2).sum(-1, keepdims=True) + 1e-10)


def _principal(features, num_components):
  """Scores of the first principal components, the largest of each positive."""
  features = features - features.mean(0)
  n = len(features)
  num_components = min(num_components, n, features.shape[1])
  # Through the smaller of the two Gram matrices.
  if n <= features.shape[1]:
    values, vectors = _largest(features @ features.T, num_components)
    scores = vectors * np.sqrt(np.maximum(values, 0))
  else:
    scores = features @ _largest(features.T @ features, num_components)[1]
  extreme = np.abs(scores).argmax(0)
  # An eigenvector's sign is chance.
  return scores * np.where(scores[extreme, range(num_components)] < 0, -1, 1)


def _largest(matrix, number):
  size = len(matrix)
  values, vectors = linalg.eigh(
    matrix, subset_by_index=[size - number, size - 1]
  )
  return values[::-1], vectors[:, ::-1]


def _manifold():
  try:
    # By name, as the core does without it.
    return importlib.import_module("sklearn.manifold")
  except ImportError as error:
    raise ValueError(
      "expected scikit-learn for the method 'tsne', found none; install "
      "aujax[interpret] or take the method 'pca'"
    ) from error
