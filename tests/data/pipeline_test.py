import contextlib
import threading

import numpy as np
import pytest

from aujax import sampling
from aujax.data import disfa, pipeline, records
from tests.data import layout

ROWS = 36


@pytest.fixture(scope="module")
def data(tmp_path_factory):
  root = tmp_path_factory.mktemp("disfa")
  layout.write_disfa(root, ["SN001"], (1, 2, 12), rows=ROWS)
  table = disfa.read(root, aus=(1, 2, 12))
  records.write(table, root, root / "r", size=24)
  return records.open_(root / "r")


@pytest.fixture(scope="module")
def plan():
  plan = sampling.random_batches(ROWS - 5, 4, seed=0)
  assert (plan < 0).any()
  return plan


def assert_follow(data, plan, result):
  """Checks batches against the plan by what is painted in the pictures."""
  assert len(result) == len(plan)
  for rows, batch in zip(plan, result, strict=True):
    assert batch["image"].dtype == np.uint8
    assert batch["labels"].dtype == np.int8
    assert batch["index"].dtype == np.int64
    np.testing.assert_array_equal(batch["index"], rows)
    for slot, row in enumerate(rows):
      picture, labels = batch["image"][slot], batch["labels"][slot]
      if row < 0:
        assert not picture.any() and (labels == -1).all()
      else:
        assert layout.painted_index(picture) == row
        np.testing.assert_array_equal(labels, data.table.labels[row])


@pytest.mark.parametrize("num_threads", [0, 1, 4])
def test_order_is_the_plans(data, plan, num_threads):
  result = list(pipeline.batches(data, plan, num_threads=num_threads))
  assert result[0]["image"].shape == (4, 24, 24, 3)
  assert_follow(data, plan, result)


def test_resumes_at_every_step(data, plan):
  for start in range(len(plan) + 1):
    result = list(pipeline.batches(data, plan, start_step=start))
    assert_follow(data, plan[start:], result)


@pytest.mark.parametrize("processes", [2, 4])
def test_processes_share_each_batch(data, plan, processes):
  shares = [
    list(pipeline.batches(data, plan, process_index=i, process_count=processes))
    for i in range(processes)
  ]
  joined = [
    {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    for parts in zip(*shares, strict=True)
  ]
  assert_follow(data, plan, joined)


@pytest.mark.parametrize("size", [None, 12])
def test_preloaded_records_give_the_same_batches(data, plan, size):
  loaded = records.preload(data, image_size=size)
  assert loaded.size == (size or 24)
  expected = pipeline.batches(data, plan, image_size=size)
  for ours, theirs in zip(
    pipeline.batches(loaded, plan), expected, strict=True
  ):
    for name in theirs:
      np.testing.assert_array_equal(ours[name], theirs[name])


def test_resizes_to_another_size(data):
  batch = next(pipeline.batches(data, np.array([[7, -1]]), image_size=12))
  assert batch["image"].shape == (2, 12, 12, 3)
  assert layout.painted_index(batch["image"][0]) == 7


def test_repeated_and_empty_rows(data):
  plan = np.array([[3, 3], [-1, -1], [-1, 3]])
  assert_follow(data, plan, list(pipeline.batches(data, plan)))
  assert list(pipeline.batches(data, plan[:0])) == []


def test_closing_ends_the_threads(data, plan):
  before = set(threading.enumerate())
  with contextlib.closing(pipeline.batches(data, plan)) as iterator:
    next(iterator)
    started = set(threading.enumerate()) - before
  assert started
  with pytest.raises(StopIteration):
    next(iterator)
  for thread in started:
    thread.join(timeout=5)
    assert not thread.is_alive()


@pytest.mark.parametrize(
  "plan, options",
  [
    ([[0, ROWS]], {}),
    ([[0, -2]], {}),
    ([[0, 1]], {"start_step": 2}),
    ([[0, 1]], {"start_step": -1}),
    ([[0, 1]], {"process_count": 3}),
    ([[0, 1]], {"process_index": 2, "process_count": 2}),
    ([[0, 1]], {"num_threads": -1}),
    ([[0, 1]], {"image_size": 0}),
  ],
)
def test_wrong_plans_are_refused_at_once(data, plan, options):
  with pytest.raises(ValueError, match="expected"):
    pipeline.batches(data, np.array(plan), **options)
