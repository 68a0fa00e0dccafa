import collections
import dataclasses
import math

import numpy as np
import pytest

from aujax import action_units
from aujax.synthetic import (
  anatomy,
  capture,
  expression,
  identity,
  recipes,
  strokes,
)
from aujax.synthetic import canvas as canvas_lib


@pytest.fixture(scope="module")
def crowd():
  return [identity.sample(1, subject) for subject in range(600)]


def test_subjects_differ_and_repeat(crowd):
  assert len(set(crowd)) == len(crowd)
  assert identity.sample(1, 5) == crowd[5]
  assert identity.sample(2, 5) != crowd[5]


def test_golden_subject():
  who = identity.sample(0, 3)
  measures = (who.face_width, who.chin, who.mouth_width, who.tone)
  np.testing.assert_allclose(measures, GOLDEN, atol=1e-3)


def test_what_hides_aus_is_rare(crowd):
  hair = collections.Counter(who.hair for who in crowd)
  beard = collections.Counter(who.beard for who in crowd)
  glasses = collections.Counter(who.glasses for who in crowd)
  assert 0 < hair["fringe"] < 0.11 * len(crowd)
  assert 0 < beard["full"] + beard["moustache"] < 0.13 * len(crowd)
  assert 0 < glasses["thick"] < 0.07 * len(crowd)
  assert set(hair) == set(identity.HAIR)


def test_shares_sum_to_one():
  for shares in (identity.HAIR, identity.BEARD, identity.GLASSES):
    assert math.isclose(sum(shares.values()), 1.0)


def test_tones_cover_the_range(crowd):
  tones = np.array([who.tone for who in crowd])
  assert np.histogram(tones, 5, (0, 1))[0].min() > 80


def test_faces_are_anatomically_ordered(crowd):
  for who in crowd:
    assert who.crown < who.hairline < who.brow_y < 0 < who.nose_y
    assert who.nose_y < who.mouth_y < who.chin - 0.4
    assert who.nose_wing < who.mouth_width < who.face_width


def test_outline_is_widest_at_the_cheekbones(crowd):
  y = np.linspace(crowd[0].crown, crowd[0].chin, 301)
  width = anatomy.half_width(crowd[0], y)
  assert abs(y[width.argmax()] - anatomy.WIDEST) < 0.05
  assert width[0] < 0.01 and width[-1] < 0.01


def test_capture_is_drawn_within_its_bounds():
  rng = np.random.default_rng(0)
  for _ in range(200):
    taken = capture.sample(rng)
    for angle in (taken.yaw, taken.pitch, taken.roll):
      assert abs(angle) <= capture.MAX_ANGLE
    assert taken.noise > 0 and 0 <= taken.blur < 1


def test_wrong_captures_are_refused():
  with pytest.raises(ValueError, match="yaw"):
    capture.Capture(yaw=0.3)
  with pytest.raises(ValueError, match="roll"):
    capture.Capture(roll=math.nan)
  with pytest.raises(ValueError, match="blink"):
    dataclasses.replace(capture.Capture(), blink=1.5)


def test_every_au_has_a_recipe_on_known_anchors():
  assert tuple(recipes.RECIPES) == action_units.SYNTHETIC
  known = anatomy.anchors(identity.sample(0, 0))
  for recipe in recipes.RECIPES.values():
    assert recipe != recipes.Recipe()
    places = [b.at for b in (*recipe.bulges, *recipe.pushes)]
    places += [place for f in recipe.furrows for place in f.path]
    assert {anchor for anchor, _, _ in places} <= set(known)


def test_movements_add_and_lips_multiply():
  one, two, both = np.zeros((3, 18))
  one[action_units.SYNTHETIC.index(12)] = 4.0
  two[action_units.SYNTHETIC.index(20)] = 2.0
  both = one + two
  a, b, c = (expression.read(v) for v in (one, two, both))
  assert math.isclose(c.widen, a.widen + b.widen)
  assert math.isclose(c.upper, a.upper * b.upper)
  assert c.upper < a.upper < 1.0


def test_furrow_is_a_mirrored_groove_with_raised_flanks():
  canvas = canvas_lib.of(40.0)
  relief, shadow = np.zeros((2, *canvas.shape), np.float32)
  path = np.array([[0.5, -0.4], [0.5, 0.0], [0.5, 0.4]])
  strokes.draw(
    canvas,
    path,
    width=0.05,
    depth=0.1,
    dark=0.6,
    relief=relief,
    shadow=shadow,
  )
  np.testing.assert_array_equal(relief, relief[:, ::-1])
  row = relief[np.abs(canvas.y[:, 0]).argmin()]
  groove = row[np.abs(canvas.x[0] - 0.5).argmin()]
  flank = row[np.abs(canvas.x[0] - 0.62).argmin()]
  np.testing.assert_allclose(groove, -0.1, atol=0.02)
  assert 0.02 < flank < 0.05
  np.testing.assert_allclose(shadow.max(), 0.6, atol=0.03)
  assert relief[canvas.y > 0.8].max() == 0.0


def test_noise_shows_the_same_grains_at_every_resolution():
  coarse, fine = canvas_lib.of(20.0), canvas_lib.of(40.0)
  a = coarse.noise(np.random.default_rng(0), 0.3)
  b = fine.noise(np.random.default_rng(0), 0.3)
  b = b.reshape(a.shape[0], 2, a.shape[1], 2).mean(axis=(1, 3))
  assert np.corrcoef(a.ravel(), b.ravel())[0, 1] > 0.98


# Half the face's width, chin, half the mouth's width, skin tone of (0, 3).
GOLDEN = (1.0474, 1.7906, 0.3983, 0.56)
