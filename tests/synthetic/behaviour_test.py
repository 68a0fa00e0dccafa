import numpy as np
import pytest

from aujax import action_units
from aujax.data import folds
from aujax.synthetic import behaviour, coding, motion, presets


def column(au):
  return action_units.SYNTHETIC.index(au)


def present(drawn):
  return coding.at_least(drawn.swapaxes(1, 2)).swapaxes(1, 2)


@pytest.fixture(scope="module")
def disfa():
  return behaviour.intensities("disfa", seed=0, num_subjects=27, num_frames=300)


def schmitt(values, step):
  """The loop that `coding.at_least` must equal."""
  state, out = False, []
  for value in values:
    if value >= step - 0.5 + coding.MARGIN:
      state = True
    elif value < step - 0.5 - coding.MARGIN:
      state = False
    out.append(state)
  return out


def test_steps_equal_a_loop_over_frames():
  walk = np.random.default_rng(0).normal(0, 0.3, (4, 200)).cumsum(1) % 5
  steps = coding.steps(walk)
  for row, got in zip(walk, steps, strict=True):
    loop = [schmitt(row, step) for step in range(1, 6)]
    np.testing.assert_array_equal(got, np.sum(loop, 0))
  np.testing.assert_array_equal(steps >= 2, coding.at_least(walk))
  assert np.abs(steps - walk).max() <= 0.5 + coding.MARGIN


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("name, num", [("disfa", 27), ("bp4d", 41)])
def test_base_rates_are_the_presets(name, num, seed):
  drawn = behaviour.intensities(
    name, seed=seed, num_subjects=num, num_frames=300
  )
  rates = present(drawn).mean((0, 1))
  np.testing.assert_allclose(rates, presets.load(name).rates, rtol=0.1)


def test_presets_hold_the_published_rates():
  # Positive frames over all frames, in per cent.
  disfa = presets.load("disfa")
  published = [4.97, 4.31, 15.24, 7.89, 4.18, 12.88, 27.71, 8.82]
  coded = [column(au) for au in action_units.DISFA]
  np.testing.assert_allclose(100 * disfa.rates[coded], published, atol=0.006)
  assert disfa.coded == action_units.DISFA
  bp4d = presets.load("bp4d")
  published = [21.14, 17.10, 20.26, 46.09, 54.90, 59.43]
  published += [56.20, 46.56, 16.94, 34.33, 16.54, 15.14]
  coded = [column(au) for au in action_units.BP4D]
  np.testing.assert_allclose(100 * bp4d.rates[coded], published, atol=0.006)
  assert bp4d.coded == action_units.BP4D


@pytest.mark.parametrize("name", presets.names())
def test_expressions_add_up_to_the_rates(name):
  preset = presets.load(name)
  total = np.zeros(18)
  for expression in preset.expressions:
    assert expression.rate > 0
    total[list(expression.columns)] += expression.rate
  np.testing.assert_allclose(total, preset.rates, rtol=1e-9)


def test_intensities_are_continuous_and_graded(disfa):
  assert disfa.shape == (27, 300, 18) and disfa.dtype == np.float32
  assert disfa.min() == 0 and 4 < disfa.max() <= 5
  # The fastest onset takes 0.1 s; a step of 20 fps is half of it at most.
  assert np.abs(np.diff(disfa, axis=1)).max() < 3.5
  steps = np.bincount(coding.steps(disfa.swapaxes(1, 2)).ravel(), minlength=6)
  assert (steps[1:] > 0).all() and steps[5] < steps[3]


def test_every_published_fold_has_every_au(disfa):
  dealt = folds.published("disfa")
  counts = np.stack(
    [present(disfa)[g::3].sum((0, 1)) for g in range(behaviour.NUM_GROUPS)]
  )
  assert len(dealt) == 27
  assert (counts / counts.sum(0)).min() > 0.12


def test_aus_come_together_as_in_disfa(disfa):
  shown = present(disfa)

  def together(*aus):
    return shown[..., [column(au) for au in aus]].all(-1).mean()

  alone = together
  # Published: 6 with 12 5 %, 25 with 26 6 %, 12 with 25 10 % of all frames.
  assert together(6, 12) > 2 * alone(6) * alone(12)
  assert together(12, 25) > 2 * alone(12) * alone(25)
  assert together(25, 26) > 1.5 * alone(25) * alone(26)
  assert together(1, 2) > 3 * alone(1) * alone(2)
  # 53.7 % of DISFA's frames show none of the eight.
  eight = [column(au) for au in action_units.DISFA]
  assert 0.45 < (~shown[..., eight].any(-1)).mean() < 0.62


def test_lips_do_not_part_while_they_are_pressed():
  shown = present(
    behaviour.intensities("bp4d", seed=0, num_subjects=6, num_frames=1200)
  )
  pressed, parted = shown[..., column(24)], shown[..., column(25)]
  assert (pressed & parted).mean() < 0.4 * pressed.mean() * parted.mean()


def test_subjects_differ(disfa):
  rates = present(disfa).mean(1)
  smile = rates[:, column(12)]
  assert smile.max() > 2 * smile.mean()
  assert (rates[:, column(9)] == 0).sum() >= 5


def test_drawn_from_the_seed_alone():
  def draw(seed):
    return behaviour.intensities(
      "disfa", seed=seed, num_subjects=4, num_frames=60
    )

  np.testing.assert_array_equal(draw(1), draw(1))
  assert not np.array_equal(draw(1), draw(2))


@pytest.mark.parametrize("num_subjects, num_frames", [(1, 1), (2, 7), (4, 30)])
def test_tiny_datasets_are_drawn_too(num_subjects, num_frames):
  drawn = behaviour.intensities(
    "bp4d", seed=0, num_subjects=num_subjects, num_frames=num_frames, fps=5.0
  )
  assert drawn.shape == (num_subjects, num_frames, 18)
  assert np.isfinite(drawn).all()


def test_duration_is_in_video_time():
  lengths = []
  for fps in (10, 40):
    drawn = behaviour.intensities(
      "disfa", seed=0, num_subjects=9, num_frames=20 * fps, fps=float(fps)
    )
    begins = np.diff(present(drawn).astype(int), axis=1) == 1
    lengths.append(present(drawn).sum() / fps / begins.sum())
  assert lengths[0] == pytest.approx(lengths[1], rel=0.25)


@pytest.mark.parametrize(
  "wrong, says",
  [
    ({"preset": "dsfa"}, r"expected a preset of \['bp4d', 'disfa'\]"),
    ({"num_frames": 0}, "at least one subject, one frame"),
    ({"fps": float("nan")}, "a positive fps"),
  ],
)
def test_wrong_requests(wrong, says):
  given = {"preset": "disfa", "seed": 0, "num_subjects": 1, "num_frames": 5}
  given |= wrong
  with pytest.raises(ValueError, match=says):
    behaviour.intensities(given.pop("preset"), **given)


def test_drift_is_standardised_and_smooth():
  rng = np.random.default_rng(0)
  path = motion.drift(rng, (400, 200), seconds=1.0, fps=20.0)
  assert path.mean() == pytest.approx(0, abs=0.05)
  assert path.std() == pytest.approx(1, abs=0.05)
  np.testing.assert_allclose(path[:, 0].std(), 1, atol=0.1)
  assert np.diff(path).std() < 0.1


def test_captures_move_within_limits_and_keep_the_camera():
  video = motion.captures(seed=1, subject=2, num_frames=400)
  for fixed in ("background", "light_azimuth", "noise", "blur", "scale"):
    assert len({getattr(capture, fixed) for capture in video}) == 1
  yaw = np.array([capture.yaw for capture in video])
  assert 0.5 < np.degrees(yaw).std() < 10
  assert np.abs(np.degrees(yaw)).max() <= 15
  assert np.degrees(np.abs(np.diff(yaw)).max()) < 1.5
  blink = np.array([capture.blink for capture in video])
  assert 2 <= (np.diff((blink > 0).astype(int)) == 1).sum() <= 12
  assert blink.max() <= 1
  assert video == motion.captures(seed=1, subject=2, num_frames=400)
