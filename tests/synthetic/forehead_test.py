import numpy as np
import pytest

from aujax.synthetic import canvas as canvas_lib
from aujax.synthetic import forehead, identity

CANVAS = canvas_lib.of(40.0)
MIDDLE = np.abs(CANVAS.x[0]) < 0.2
SIDES = np.abs(CANVAS.x[0]) > 0.52


def press(subject, share):
  relief = np.zeros(CANVAS.shape, np.float32)
  shadow = np.zeros(CANVAS.shape, np.float32)
  forehead.deepen(
    CANVAS,
    forehead.lines(CANVAS, identity.sample(0, subject)),
    share=share,
    depth=0.04,
    dark=0.3,
    relief=relief,
    shadow=shadow,
  )
  return relief, shadow


def test_lines_differ_between_subjects_and_repeat_for_one():
  people = [identity.sample(0, s) for s in range(40)]
  drawn = [forehead.lines(CANVAS, who) for who in people]
  assert {len(lines) for lines in drawn} == {2, 3, 4}
  heights = [
    lines[0].centre[64] - who.brow_y
    for lines, who in zip(drawn, people, strict=True)
  ]
  assert np.std(heights) > 0.015
  again = forehead.lines(CANVAS, people[0])
  np.testing.assert_array_equal(drawn[0][0].centre, again[0].centre)


@pytest.mark.parametrize("subject", range(8))
def test_lines_run_out_softly_above_the_brows(subject):
  who = identity.sample(0, subject)
  for line in forehead.lines(CANVAS, who):
    assert (line.strength[np.abs(CANVAS.x[0]) > 1.02] == 0).all()
    assert line.strength.max() > 0.2
    # An end cut off would fall from full depth to none in one pixel.
    assert np.abs(np.diff(line.strength)).max() < line.strength.max() / 3
    shown = line.strength > 0.3
    assert (line.centre[shown] < who.brow_y - 0.1).all()


@pytest.mark.parametrize("subject", range(8))
def test_share_says_where_lines_show(subject):
  _, middle = press(subject, (1.0, 0.0))
  _, sides = press(subject, (0.0, 1.0))
  assert middle[:, MIDDLE].max() > 0.05 and (middle[:, SIDES] == 0).all()
  assert sides[:, SIDES].max() > 0.05 and (sides[:, MIDDLE] == 0).all()


def test_depth_and_darkness_stay_within_what_was_asked():
  for subject in range(8):
    relief, shadow = press(subject, (1.0, 1.0))
    assert relief.min() < -0.01 and relief.max() > 0.0
    assert 0.05 < shadow.max() <= 0.3 * 1.2 * 1.25


def test_raised_skin_carries_the_lines():
  lines = forehead.lines(CANVAS, identity.sample(0, 8))
  found = []
  for lift in (None, np.full(CANVAS.shape, -0.1, np.float32)):
    relief, shadow = np.zeros((2, *CANVAS.shape), np.float32)
    forehead.deepen(
      CANVAS,
      lines,
      share=(1.0, 1.0),
      depth=0.04,
      dark=0.3,
      relief=relief,
      shadow=shadow,
      lift=lift,
    )
    found.append(shadow)
  # A tenth of an IOD is four of the canvas's rows.
  np.testing.assert_allclose(found[1][:-4], found[0][4:], atol=1e-3)


def test_every_resolution_shows_the_same_lines():
  who = identity.sample(0, 8)
  coarse = forehead.lines(canvas_lib.of(20.0), who)
  for line, other in zip(forehead.lines(CANVAS, who), coarse, strict=True):
    halved = line.centre.reshape(-1, 2).mean(axis=1)
    np.testing.assert_allclose(halved, other.centre, atol=2e-3)
    assert line.width == other.width
