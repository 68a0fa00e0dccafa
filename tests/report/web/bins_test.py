import hypothesis
import numpy as np
from hypothesis import strategies as st

from aujax import evaluation
from aujax.report.web import bins

EDGES = np.float32(np.arange(101) / 100)
NEAR = np.unique(
  np.clip(
    np.concatenate(
      [EDGES, np.nextafter(EDGES, np.float32(2)), np.nextafter(EDGES, -EDGES)]
    ),
    0,
    1,
  )
)


def check(scores, labels):
  counts = bins.reached(bins.binned(scores, labels))
  for k in range(101):
    wanted = evaluation.count(scores, labels, threshold=k / 100)
    for name in ("tp", "fp", "fn", "tn"):
      found = getattr(counts, name)[k]
      np.testing.assert_array_equal(found, getattr(wanted, name), f"{k} {name}")


def test_counts_are_evaluations_on_and_beside_every_threshold():
  labels = np.resize(np.int8([1, 0, -1, 1, 0]), (len(NEAR), 2))
  check(np.stack([NEAR, NEAR[::-1]], 1), labels)


@hypothesis.given(st.data())
@hypothesis.settings(max_examples=20)
def test_counts_are_evaluations_for_any_scores(data):
  size = data.draw(st.integers(1, 8))
  score = st.floats(0, 1, width=32) | st.sampled_from(NEAR.tolist())
  scores = data.draw(st.lists(score, min_size=size, max_size=size))
  label = st.sampled_from([-1, 0, 1])
  labels = data.draw(st.lists(label, min_size=size, max_size=size))
  check(np.float32(scores)[:, None], np.int8(labels)[:, None])


def test_bins_hold_every_known_frame_once():
  rng = np.random.default_rng(0)
  scores = rng.random((500, 3), np.float32)
  labels = rng.integers(-1, 2, (500, 3)).astype(np.int8)
  counted = bins.binned(scores, labels)
  assert counted.shape == (3, 2, 101)
  np.testing.assert_array_equal(counted[:, 1].sum(1), (labels == 1).sum(0))
  np.testing.assert_array_equal(counted[:, 0].sum(1), (labels == 0).sum(0))
