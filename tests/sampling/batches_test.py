import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

from aujax import sampling


@hypothesis.settings(deadline=None, max_examples=60)
@hypothesis.given(
  n=st.integers(0, 200), b=st.integers(1, 40), seed=st.integers(0, 2**63)
)
def test_every_example_once_in_batches_of_even_size(n, b, seed):
  plan = sampling.random_batches(n, b, seed=seed)
  assert plan.dtype == np.int64 and plan.shape == (-(-n // b), b)
  np.testing.assert_array_equal(np.sort(plan[plan >= 0]), np.arange(n))
  sizes = (plan >= 0).sum(1)
  assert not n or sizes.max() - sizes.min() <= 1
  empty = plan < 0
  assert (plan[empty] == -1).all()
  assert (empty[:, :-1] <= empty[:, 1:]).all()  # Empty slots end the row.


def test_golden_rows():
  plan = sampling.random_batches(11, 4, seed=7, epoch=2)
  np.testing.assert_array_equal(
    plan, [[1, 7, 10, 2], [9, 4, 5, 6], [3, 0, 8, -1]]
  )


def test_order_depends_on_seed_and_epoch_alone():
  plans = [
    sampling.random_batches(1000, 10, seed=seed, epoch=epoch)
    for seed, epoch in [(0, 0), (0, 1), (1, 0), (0, 0)]
  ]
  np.testing.assert_array_equal(plans[0], plans[3])
  assert not np.array_equal(plans[0], plans[1])
  assert not np.array_equal(plans[0], plans[2])
  assert not np.array_equal(plans[1], plans[2])


def test_every_position_is_about_equally_likely():
  first = [
    sampling.random_batches(4, 4, seed=0, epoch=e)[0, 0] for e in range(2000)
  ]
  counts = np.bincount(first, minlength=4)
  assert abs(counts - 500).max() < 100  # Five standard deviations.


@pytest.mark.parametrize(
  "wrong",
  [
    {"num_examples": -1},
    {"batch_size": 0},
    {"seed": -1},
    {"epoch": -1},
  ],
)
def test_wrong_numbers_are_refused(wrong):
  options = dict(num_examples=4, batch_size=2, seed=0, epoch=0)
  with pytest.raises(ValueError, match="expected"):
    sampling.random_batches(**{**options, **wrong})
