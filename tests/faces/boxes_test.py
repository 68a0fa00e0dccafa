import jax.numpy as jnp
import numpy as np
import pytest

from aujax.faces import boxes


def random_boxes(*shape, seed=0):
  rng = np.random.default_rng(seed)
  low = rng.uniform(0, 50, (*shape, 2))
  high = low + rng.uniform(5, 50, (*shape, 2))
  return np.concatenate([low, high], -1).astype(np.float32)


def test_overlaps_by_hand():
  # Areas 16, 16 and 4; the first two share 4, the third lies in the first.
  pair = jnp.array(
    [[0.0, 0.0, 4.0, 4.0], [2.0, 2.0, 6.0, 6.0], [0.0, 0.0, 2.0, 2.0]]
  )
  union = [[1, 4 / 28, 4 / 16], [4 / 28, 1, 0], [4 / 16, 0, 1]]
  smaller = [[1, 4 / 16, 1], [4 / 16, 1, 0], [1, 0, 1]]
  np.testing.assert_allclose(boxes.overlaps(pair), union, rtol=1e-6)
  np.testing.assert_allclose(
    boxes.overlaps(pair, of="smaller"), smaller, rtol=1e-6
  )


def test_overlaps_takes_batches_and_knows_its_words():
  batch = jnp.asarray(random_boxes(3, 7))
  whole = boxes.overlaps(batch)
  for one, single in zip(batch, whole, strict=True):
    np.testing.assert_array_equal(single, boxes.overlaps(one))
  with pytest.raises(ValueError, match="'union' or 'smaller', got 'both'"):
    boxes.overlaps(batch, of="both")


def test_a_box_falls_to_a_better_one_that_fell_itself():
  # The second clashes with the first, the third only with the second.
  clash = jnp.array([[1, 1, 0], [1, 1, 1], [0, 1, 1]], bool)
  everything = jnp.ones(3, bool)
  assert boxes.best(clash, everything).tolist() == [True, False, False]


def test_what_is_no_box_beats_nobody():
  clash = jnp.ones((2, 3, 3), bool)
  valid = jnp.array([[False, True, True], [True, True, True]])
  assert boxes.best(clash, valid).tolist() == [
    [False, True, False],
    [True, False, False],
  ]


def test_best_agrees_with_a_loop():
  rng = np.random.default_rng(1)
  clash = rng.random((20, 20)) < 0.1
  valid = rng.random(20) < 0.7
  expected = [
    bool(valid[i]) and not any(clash[j, i] and valid[j] for j in range(i))
    for i in range(20)
  ]
  assert boxes.best(jnp.asarray(clash), jnp.asarray(valid)).tolist() == expected


def test_move_counts_both_ends_of_a_side():
  box = jnp.array([[10.0, 20.0, 19.0, 39.0]])
  offsets = jnp.array([[0.1, 0.1, -0.1, 0.2]])
  np.testing.assert_allclose(boxes.move(box, offsets), [[11, 22, 18, 43]])


def test_squares_keep_their_centres_and_the_longer_side():
  before = random_boxes(2, 9)
  after = np.asarray(boxes.square(jnp.asarray(before)))
  sides = after[..., 2:] - after[..., :2]
  longer = (before[..., 2:] - before[..., :2]).max(-1)
  np.testing.assert_allclose(sides[..., 0], longer, rtol=1e-5)
  np.testing.assert_allclose(sides[..., 1], longer, rtol=1e-5)
  np.testing.assert_allclose(
    after[..., 2:] + after[..., :2],
    before[..., 2:] + before[..., :2],
    rtol=1e-5,
  )
