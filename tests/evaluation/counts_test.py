import tracemalloc

import hypothesis
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn import metrics as reference

from aujax import evaluation

FIELDS = ("tp", "fp", "fn", "tn")


def by_loop(scores, labels, mask, threshold):
  num_aus = scores.shape[1]
  table = {field: [0] * num_aus for field in FIELDS}
  for row in range(len(scores)):
    for au in range(num_aus):
      if not mask[row, au] or labels[row, au] == -1:
        continue
      predicted = scores[row, au] >= threshold[au]
      present = labels[row, au] == 1
      table[
        ("tp" if present else "fp")
        if predicted
        else ("fn" if present else "tn")
      ][au] += 1
  return table


def as_lists(counts):
  return {field: getattr(counts, field).tolist() for field in FIELDS}


def random_case(seed, rows, aus=3):
  rng = np.random.default_rng(seed)
  scores = rng.random((rows, aus)).astype(np.float32)
  labels = rng.integers(-1, 2, (rows, aus)).astype(np.int8)
  return scores, labels, rng.random((rows, aus)) < 0.8


@hypothesis.given(
  scores=hnp.arrays(np.float32, (7, 2), elements=st.floats(0, 1, width=32)),
  labels=hnp.arrays(np.int8, (7, 2), elements=st.integers(-1, 1)),
  mask=hnp.arrays(bool, (7, 2)),
  threshold=hnp.arrays(np.float32, 2, elements=st.floats(0, 1, width=32)),
)
def test_equals_a_loop(scores, labels, mask, threshold):
  counts = evaluation.count(scores, labels, mask, threshold=threshold)
  assert as_lists(counts) == by_loop(scores, labels, mask, threshold)


# Around the sizes at which summation changes from rest to lanes to blocks.
@pytest.mark.parametrize("rows", [0, 1, 254, 255, 256, 65279, 65280, 65536])
def test_equals_numpy_sums_at_every_size(rows):
  scores, labels, mask = random_case(rows, rows)
  counts = evaluation.count(scores, labels, mask)
  predicted, present = scores >= 0.5, labels == 1
  known = mask & (labels != -1)
  expected = [
    (known & a & b).sum(0).tolist()
    for a, b in (
      (predicted, present),
      (predicted, ~present),
      (~predicted, present),
      (~predicted, ~present),
    )
  ]
  assert list(as_lists(counts).values()) == expected


def test_all_positive_block_does_not_overflow():
  ones = np.ones((200_000, 2))
  counts = evaluation.count(ones, ones)
  assert counts.tp.tolist() == [200_000, 200_000]
  assert counts.tp.dtype == np.int64


def test_equals_scikit_learn():
  scores, labels, _ = random_case(1, 4000)
  labels = np.abs(labels)
  counts = evaluation.count(scores, labels)
  matrices = reference.multilabel_confusion_matrix(labels, scores >= 0.5)
  np.testing.assert_array_equal(counts.tn, matrices[:, 0, 0])
  np.testing.assert_array_equal(counts.fp, matrices[:, 0, 1])
  np.testing.assert_array_equal(counts.fn, matrices[:, 1, 0])
  np.testing.assert_array_equal(counts.tp, matrices[:, 1, 1])


@hypothesis.given(cuts=st.lists(st.integers(0, 50), max_size=5))
def test_sum_over_parts_equals_the_whole(cuts):
  scores, labels, mask = random_case(2, 50)
  edges = [0, *sorted(cuts), 50]
  parts = [
    evaluation.count(scores[a:b], labels[a:b], mask[a:b])
    for a, b in zip(edges, edges[1:], strict=False)
  ]
  whole = evaluation.count(scores, labels, mask)
  assert as_lists(sum(parts)) == as_lists(whole)


def test_unknown_labels_and_masked_ones_are_the_same():
  scores, labels, _ = random_case(3, 100)
  coded = evaluation.count(scores, labels)
  floats = np.where(labels == -1, np.nan, labels.astype(np.float32))
  masked = evaluation.count(scores, floats, labels != -1)
  assert as_lists(coded) == as_lists(masked)
  assert coded.annotated.tolist() == (labels != -1).sum(0).tolist()
  assert coded.positives.tolist() == (labels == 1).sum(0).tolist()


def test_leading_dimensions_and_jax_arrays_and_half_precision():
  scores, labels, mask = random_case(4, 60)
  flat = evaluation.count(scores, labels, mask)
  shape = (4, 15, 3)
  jax_counts = evaluation.count(
    jnp.asarray(scores).reshape(shape),
    jnp.asarray(labels).reshape(shape),
    jnp.asarray(mask).reshape(shape),
  )
  assert as_lists(jax_counts) == as_lists(flat)
  half = evaluation.count(jnp.asarray(scores, jnp.bfloat16), labels, mask)
  assert half.annotated.tolist() == flat.annotated.tolist()


def test_a_score_at_the_threshold_is_positive_in_every_precision():
  for dtype in (np.float16, np.float32, np.float64, jnp.bfloat16):
    scores = np.array([[0.7]]).astype(dtype)
    counts = evaluation.count(scores, np.array([[1]]), threshold=0.7)
    assert counts.tp.tolist() == [1], dtype


def test_predictions_may_be_graded():
  predictions = np.array([[True, False], [False, False]])
  counts = evaluation.count(predictions, np.array([[1, 1], [0, 0]]))
  assert as_lists(counts) == {
    "tp": [1, 0],
    "fp": [0, 0],
    "fn": [0, 1],
    "tn": [1, 1],
  }


def test_nan_scores_are_counted_over_all_blocks():
  scores = np.full((200_000, 2), [0.5, np.nan])
  with pytest.raises(ValueError, match="200000 NaN for the AU with index 1"):
    evaluation.count(scores, np.zeros((200_000, 2)))


def test_nan_scores_name_the_au_and_how_many():
  scores, labels, _ = random_case(5, 20)
  labels = np.abs(labels)
  scores[3:7, 1] = np.nan
  with pytest.raises(ValueError, match="4 NaN for the AU with index 1"):
    evaluation.count(scores, labels)
  mask = ~np.isnan(scores)
  assert evaluation.count(scores, labels, mask).annotated.tolist() == [
    20,
    16,
    20,
  ]


@pytest.mark.parametrize(
  ("labels", "mask", "threshold", "message"),
  [
    (np.full((2, 3), 9), None, 0.5, "got 9 for the AU with index 0"),
    (np.full((2, 3), np.nan), None, 0.5, "got nan"),
    (np.zeros((3, 2)), None, 0.5, r"shape \[2, 3\], got \[3, 2\]"),
    (np.zeros((2, 3)), np.ones(3, bool), 0.5, "expected mask"),
    (np.zeros((2, 3)), None, [0.5, 0.5], "one for each of 3 AUs"),
  ],
)
def test_bad_input(unchecked, labels, mask, threshold, message):
  with pytest.raises(ValueError, match=message):
    evaluation.count(np.zeros((2, 3)), labels, mask, threshold=threshold)


def test_counts_of_different_aus_do_not_add():
  two = evaluation.count(np.zeros((1, 2)), np.zeros((1, 2)))
  three = evaluation.count(np.zeros((1, 3)), np.zeros((1, 3)))
  with pytest.raises(ValueError, match=r"\[2\] and \[3\]"):
    two + three
  with pytest.raises(TypeError):
    two + 1


def test_memory_does_not_grow_with_the_number_of_frames():
  scores, labels, _ = random_case(6, 1_000_000, aus=4)
  tracemalloc.start()
  evaluation.count(scores, labels)
  peak = tracemalloc.get_traced_memory()[1]
  tracemalloc.stop()
  assert peak < 4 * 2**20


@hypothesis.given(
  groups=st.lists(st.sampled_from("abcd"), max_size=40), seed=st.integers(0, 9)
)
def test_count_by_equals_counts_of_each_group_alone(groups, seed):
  scores, labels, mask = random_case(seed, len(groups))
  groups = np.array(groups, np.str_)
  names, counts = evaluation.count_by(
    scores, labels, mask, groups=groups, threshold=np.array([0.3, 0.5, 0.9])
  )
  assert names.tolist() == sorted(set(groups.tolist()))
  assert counts.tp.shape == (len(names), 3)
  for index, name in enumerate(names):
    rows = groups == name
    alone = evaluation.count(
      scores[rows],
      labels[rows],
      mask[rows],
      threshold=np.array([0.3, 0.5, 0.9]),
    )
    for field in FIELDS:
      values = getattr(counts, field)
      assert values.dtype == np.int64
      assert values[index].tolist() == getattr(alone, field).tolist()


# Groups that end within, at and beyond a block of rows; runs and a shuffle.
@pytest.mark.parametrize("run", [1, 65280, 70000, 200_000])
def test_count_by_sums_to_count_over_blocks(run):
  scores, labels, mask = random_case(8, 200_000)
  groups = np.arange(200_000) // run % 7
  names, counts = evaluation.count_by(scores, labels, mask, groups=groups)
  whole = evaluation.count(scores, labels, mask)
  assert names.tolist() == sorted(set(groups.tolist()))
  for field in FIELDS:
    total = getattr(counts, field).sum(0)
    assert total.tolist() == getattr(whole, field).tolist()
  last = evaluation.count(*(x[groups == names[-1]] for x in (scores, labels)))
  masked = evaluation.count_by(scores, labels, groups=groups)[1]
  assert masked.fp[-1].tolist() == last.fp.tolist()


def test_count_by_takes_leading_dimensions_and_names_of_any_kind():
  scores, labels, mask = random_case(9, 6)
  shape = (2, 3, 3)
  deep = [x.reshape(shape) for x in (scores, labels, mask)]
  groups = [["b", "a", "b"], ["a", "b", "b"]]
  names, counts = evaluation.count_by(*deep, groups=groups)
  flat = evaluation.count_by(
    scores, labels, mask, groups=np.array(sum(groups, []), object)
  )
  assert names.tolist() == flat[0].tolist() == ["a", "b"]
  assert as_lists(counts) == as_lists(flat[1])


def test_count_by_wants_a_group_for_every_frame(unchecked):
  scores, labels, _ = random_case(10, 4)
  with pytest.raises(ValueError, match=r"shape \[4\], got \[3\]"):
    evaluation.count_by(scores, labels, groups=["a", "b", "c"])
  labels[2, 1] = 9
  with pytest.raises(ValueError, match="got 9 for the AU with index 1"):
    evaluation.count_by(scores, labels, groups=list("abcd"))
