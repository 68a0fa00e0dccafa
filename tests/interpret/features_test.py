import sys

import numpy as np
import pytest
import threadpoolctl
from sklearn import decomposition

from aujax import interpret


@pytest.fixture(autouse=True)
def one_thread():
  """t-SNE's threads spin, which is slow beside other tests."""
  with threadpoolctl.threadpool_limits(1):
    yield


def ramp(angle, size=24):
  """A picture that grows evenly in one direction, in degrees."""
  y, x = np.mgrid[:size, :size].astype(np.float32)
  radians = np.deg2rad(angle)
  return (np.cos(radians) * x + np.sin(radians) * y)[None, ..., None]


@pytest.mark.parametrize("bin_", range(9))
def test_an_even_slope_is_one_direction(bin_):
  # The middle of a bin; borders have half the slope, in the same direction
  # only along an axis, so that a block inside is looked at.
  found = interpret.hog(ramp(20 * bin_ + 10, 48)).reshape(5, 5, 4, 9)[2, 2]
  expected = np.zeros((4, 9))
  # Four equal entries of 1/2 are cut at 0.2 and scaled back to 1/2.
  expected[:, bin_] = 0.5
  np.testing.assert_allclose(found, expected, atol=1e-3)


def test_a_slope_between_two_directions_is_shared():
  found = interpret.hog(ramp(35, 48)).reshape(5, 5, 4, 9)[2, 2]
  # 35 degrees is 5 past 30 of 20: shares of 3/4 and 1/4, which come to 3/sqrt
  # of 40 and 1/sqrt of 40 in a block; the first is cut at 0.2.
  cut = np.array([0.2, 1 / np.sqrt(40)])
  cut /= np.sqrt(4 * (cut**2).sum())
  np.testing.assert_allclose(found[:, 1:3], np.tile(cut, (4, 1)), atol=1e-3)


def test_light_and_contrast_do_not_matter():
  images = np.random.default_rng(0).integers(0, 100, (2, 32, 24, 3))
  found = interpret.hog(images.astype(np.uint8))
  assert found.shape == (2, 3 * 2 * 36) and found.dtype == np.float32
  np.testing.assert_allclose(interpret.hog(1.5 * images + 30), found, atol=1e-5)
  # A turn by half keeps directions: a gradient counts like its opposite.
  np.testing.assert_allclose(interpret.hog(255 - images), found, atol=1e-5)
  assert np.linalg.norm(found.reshape(2, 6, 36), axis=-1) == pytest.approx(1)


def test_the_channel_of_the_steepest_slope_counts():
  grey = ramp(70)
  color = np.concatenate([0.2 * ramp(10), grey, 0 * grey], -1)
  np.testing.assert_array_equal(interpret.hog(color), interpret.hog(grey))


def test_pixels_that_fill_no_cell_are_left_out():
  image = np.random.default_rng(0).random((1, 21, 19, 3))
  smaller = interpret.hog(image[:, :17, :17])
  np.testing.assert_allclose(interpret.hog(image), smaller)


def test_an_image_smaller_than_a_block_is_refused():
  with pytest.raises(ValueError, match="16 pixels.*15 x 24"):
    interpret.hog(np.zeros((1, 15, 24, 3)))


@pytest.mark.parametrize("shape", [(50, 8), (8, 50)])
def test_pca_is_scikit_learns_but_for_signs(shape):
  features = np.random.default_rng(0).normal(size=shape)
  found = interpret.embedding(features)
  expected = decomposition.PCA(2, svd_solver="full").fit_transform(features)
  np.testing.assert_allclose(np.abs(found), np.abs(expected), atol=1e-10)
  extreme = found[np.abs(found).argmax(0), [0, 1]]
  assert (extreme > 0).all()


@pytest.mark.parametrize("method", ["pca", "tsne"])
def test_groups_stay_together(method):
  rng = np.random.default_rng(0)
  centres = 20 * rng.normal(size=(3, 60))
  features = np.repeat(centres, 20, axis=0) + rng.normal(size=(60, 60))
  found = interpret.embedding(features, method=method, perplexity=10.0)
  assert found.shape == (60, 2)
  np.testing.assert_allclose(found.mean(0), 0, atol=1e-3)
  groups = found.reshape(3, 20, 2)
  spread = np.linalg.norm(groups - groups.mean(1, keepdims=True), axis=-1)
  apart = np.linalg.norm(groups.mean(1) - groups.mean(1)[[1, 2, 0]], axis=-1)
  assert 2 * spread.max() < apart.min()
  again = interpret.embedding(features, method=method, perplexity=10.0)
  np.testing.assert_array_equal(found, again)


def test_few_frames_need_no_smaller_perplexity():
  features = np.random.default_rng(0).normal(size=(8, 5))
  assert interpret.embedding(features, method="tsne").shape == (8, 2)


def test_without_scikit_learn_the_way_out_is_named(monkeypatch):
  monkeypatch.setitem(sys.modules, "sklearn.manifold", None)
  with pytest.raises(ValueError, match=r"aujax\[interpret\].*'pca'"):
    interpret.embedding(np.eye(4), method="tsne")


@pytest.mark.parametrize(
  "features, options, match",
  [
    (np.eye(4), {"method": "umap"}, "'pca' or 'tsne', got 'umap'"),
    (np.eye(4)[:2], {}, "3 or more frames"),
    (np.eye(4)[:, :1], {}, "2 or more dimensions"),
    (np.full((4, 4), np.inf), {}, "finite"),
  ],
)
def test_what_cannot_be_laid_out_is_refused(features, options, match):
  with pytest.raises(ValueError, match=match):
    interpret.embedding(features, **options)
