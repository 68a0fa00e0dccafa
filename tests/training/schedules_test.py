import numpy as np
import pytest

from aujax.training import schedules


def test_rate_may_decay_between_steps():
  schedule = schedules.exponential_decay(
    1.0, steps_per_epoch=4, factor=0.5, staircase=False
  )
  np.testing.assert_allclose(schedule(2), 0.5**0.5, rtol=1e-6)


def test_cosine_warms_up_and_ends_at_zero():
  schedule = schedules.cosine(
    2.0, steps_per_epoch=4, num_epochs=5, warmup_epochs=1
  )
  rates = [float(schedule(step)) for step in range(21)]
  np.testing.assert_allclose(rates[:5], [0, 0.5, 1, 1.5, 2])
  half = 1 + np.cos(np.pi * np.arange(17) / 16)
  np.testing.assert_allclose(rates[4:], half, atol=1e-6)


def test_cosine_without_warmup_starts_at_the_rate():
  schedule = schedules.cosine(2.0, steps_per_epoch=4, num_epochs=5)
  assert float(schedule(0)) == 2.0


def test_cosine_rejects_a_warmup_as_long_as_the_run():
  with pytest.raises(ValueError, match="warm-up"):
    schedules.cosine(1.0, steps_per_epoch=4, num_epochs=2, warmup_epochs=2)


@pytest.mark.parametrize(
  ("num_queries", "expected"), [(196, 9.05e-6), (8, 3.70e-7), (12, 5.54e-7)]
)
def test_transformer_rate_gives_the_values_of_the_paper(num_queries, expected):
  rate = schedules.transformer_rate(
    batch_size=32, num_queries=num_queries, width=768
  )
  np.testing.assert_allclose(rate, expected, rtol=2e-3)


def test_durations_become_whole_steps():
  assert schedules.epoch_steps(0.5, steps_per_epoch=3) == 2
  with pytest.raises(ValueError, match="at least 1 step"):
    schedules.epoch_steps(1, steps_per_epoch=0)
