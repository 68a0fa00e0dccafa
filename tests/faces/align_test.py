import math

import numpy as np
import pytest

from aujax.faces import align


def turned(points, *, angle, scale, shift):
  """Points `[..., 2]` after a similarity transform."""
  cos, sin = scale * math.cos(angle), scale * math.sin(angle)
  return points @ np.array([[cos, sin], [-sin, cos]]) + shift


def umeyama(points, target):
  """Eq. 40 to 43 of Umeyama 1991, by singular values."""
  middle, to_middle = points.mean(0), target.mean(0)
  z, w = points - middle, target - to_middle
  u, d, v = np.linalg.svd(w.T @ z / len(z))
  sign = np.array([1, np.sign(np.linalg.det(u) * np.linalg.det(v))])
  turn = u @ np.diag(sign) @ v
  scale = (d * sign).sum() / (z**2).sum(1).mean()
  shift = to_middle - scale * turn @ middle
  return np.c_[scale * turn, shift]


def waves(x, y):
  """A smooth picture `[..., 3]`."""
  values = [np.sin(x / 9), np.cos(y / 11), np.sin((x + y) / 13)]
  return 127 + 100 * np.stack(values, -1)


def test_templates_of_all_sizes_show_the_same():
  small = align.template(112)
  for size in (200, 224):
    shares = (align.template(size) + 0.5) / size
    np.testing.assert_allclose(shares, (small + 0.5) / 112, rtol=1e-6)


def test_margin_is_added_on_every_side():
  with_margin = align.template(168, margin=0.25)
  np.testing.assert_allclose(with_margin, align.template(112) + 28, rtol=1e-6)


def test_a_known_transform_is_recovered():
  target = align.template(112)
  known = dict(angle=0.4, scale=2.5, shift=[40.0, -7.0])
  points = turned(target, **known)
  matrix = np.asarray(align.similarity(points[None], target)[0])
  again = points @ matrix[:, :2].T + matrix[:, 2]
  np.testing.assert_allclose(again, target, atol=1e-3)
  assert math.hypot(*matrix[:, 0]) == pytest.approx(1 / 2.5, rel=1e-5)


def test_noisy_and_mirrored_points_give_umeyamas_transform():
  rng = np.random.default_rng(0)
  target = align.template(112)
  noisy = 3 * target + rng.normal(0, 5, (6, 5, 2))
  mirrored = noisy * [-1, 1]
  points = np.concatenate([noisy, mirrored])
  actual = align.similarity(points, target)
  expected = [umeyama(p, target) for p in points]
  np.testing.assert_allclose(actual, expected, rtol=1e-3, atol=1e-3)
  assert (np.linalg.det(np.asarray(actual)[:, :, :2]) > 0).all()


def test_points_that_are_one_have_no_transform():
  points = np.full((1, 5, 2), 3.0)
  assert np.isnan(align.similarity(points, align.template(112))).all()


def test_a_face_that_is_in_place_is_not_touched():
  rng = np.random.default_rng(0)
  frames = rng.integers(0, 256, (2, 112, 112, 3)).astype(np.uint8)
  landmarks = np.stack([align.template(112)] * 2)
  crops = align.crop(frames, landmarks, size=112)
  np.testing.assert_array_equal(crops, frames)


@pytest.mark.parametrize("scale", [0.8, 1.0, 1.7])
def test_a_turned_face_is_set_upright(scale):
  # The frame shows the waves turned by the transform, the crop as they are.
  known = dict(angle=0.3, scale=scale, shift=[60.0, 20.0])
  landmarks = turned(align.template(112), **known)
  y, x = np.mgrid[:240, :320]
  back = turned(
    np.stack([x, y], -1) - [60.0, 20.0],
    angle=-0.3,
    scale=1 / scale,
    shift=[0, 0],
  )
  frame = waves(back[..., 0], back[..., 1]).round().astype(np.uint8)
  (crop,) = align.crop(frame[None], landmarks[None], size=112)
  y, x = np.mgrid[:112, :112]
  inside = turned(np.stack([x, y], -1), **known)
  inside = ((inside >= 0) & (inside <= [319, 239])).all(-1)
  assert inside.mean() > 0.8
  difference = abs(np.asarray(crop, float) - waves(x, y))
  assert difference[inside].max() < 4


def test_a_mirrored_picture_gives_the_mirrored_crop():
  y, x = np.mgrid[:240, :320]
  frame = waves(x, y).round().astype(np.uint8)
  landmarks = turned(align.template(112), angle=0.1, scale=1.5, shift=[80, 30])
  mirrored = np.array([319, 0]) + landmarks * [-1, 1]
  # What was the right eye is now the left one.
  mirrored = mirrored[[1, 0, 2, 4, 3]]
  frames = np.stack([frame, frame[:, ::-1]])
  crops = align.crop(frames, np.stack([landmarks, mirrored]), size=112)
  one, other = np.asarray(crops, float)
  # The template is not quite symmetric.
  assert abs(one - other[:, ::-1]).mean() < 8
  assert abs(one - other).mean() > 40


def test_what_becomes_smaller_does_not_alias():
  stripes = np.zeros((1, 448, 448, 3), np.uint8)
  stripes[:, :, ::2] = 254
  landmarks = 3.3 * align.template(112)[None] + 5
  crop = np.asarray(align.crop(stripes, landmarks, size=112), float)
  assert abs(crop[:, 4:-4, 4:-4] - 127).max() < 20


def test_faces_name_their_frames():
  frames = np.zeros((2, 120, 120, 3), np.uint8)
  frames[1] = 50
  landmarks = np.stack([align.template(112)] * 3)
  frame = np.array([1, 0, 1])
  crops = align.crop(frames, landmarks, size=112, frame=frame)
  assert crops[:, 0, 0, 0].tolist() == [50, 0, 50]
  with pytest.raises(ValueError, match="each of 2 frames, got 3; say with"):
    align.crop(frames, landmarks, size=112)


def test_unusable_points_give_a_black_crop():
  frames = np.full((2, 120, 120, 3), 9, np.uint8)
  landmarks = np.stack([np.full((5, 2), np.nan), np.full((5, 2), 4.0)])
  assert not align.crop(frames, landmarks, size=112).any()


def test_66_points_are_the_68_without_the_inner_corners_of_the_mouth():
  points = np.random.default_rng(0).uniform(0, 200, (3, 68, 2))
  five = align.five_points(points)
  fewer = np.delete(points, [60, 64], axis=1)
  np.testing.assert_array_equal(five, align.five_points(fewer))
  np.testing.assert_allclose(five[:, 0], points[:, 36:42].mean(1), rtol=1e-6)
  with pytest.raises(ValueError, match=r"66 or 68, 2\], got \[3, 49, 2\]"):
    align.five_points(points[:, :49])
