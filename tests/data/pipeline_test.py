import contextlib
import dataclasses
import itertools
import threading
import weakref

import cv2
import numpy as np
import pytest

from aujax import sampling
from aujax.data import array_records, disfa, pipeline, records
from tests.data import layout

ROWS = 36
THREADS = [0, 1, 4, 16]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
  root = tmp_path_factory.mktemp("disfa")
  layout.write_disfa(root, ["SN001"], (1, 2, 12), rows=ROWS)
  table = disfa.read(root, aus=(1, 2, 12))
  # Several files, so that batches mix what is in them.
  records.write(table, root, root / "r", size=24, num_shards=3)
  return records.open_(root / "r")


@pytest.fixture(scope="module")
def plan():
  plan = sampling.random_batches(ROWS - 5, 4, seed=0)
  assert (plan < 0).any()
  return plan


@pytest.fixture(scope="module", params=["random", "stratified", "momu"])
def any_plan(request, data, plan):
  """Plans of 4 slots: with empty ones, with no row twice, with repeats."""
  labels = data.table.labels
  if request.param == "random":
    return plan
  if request.param == "stratified":
    return sampling.stratified_batches(labels, 4, seed=0)
  drawn = sampling.momu_batches(labels, 4, 12, draw=2, seed=0)
  assert len(np.unique(drawn)) < drawn.size
  drawn[3] = drawn[3, 0]  # One row in all slots of a batch,
  drawn[5:7, ::2] = -1  # and empty slots that are not at the end.
  return drawn


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


def reference(data, plan):
  """All images of a plan, one picture after the other, decoded as BGR."""
  image = np.zeros((*plan.shape, 24, 24, 3), np.uint8)
  for place in zip(*np.nonzero(plan >= 0), strict=True):
    encoded = np.frombuffer(data.source[int(plan[place])], np.uint8)
    image[place] = cv2.imdecode(encoded, cv2.IMREAD_COLOR)[..., ::-1]
  return image


def join(parts):
  """Puts the processes' shares of each batch together."""
  return [
    {name: np.concatenate([part[name] for part in step]) for name in step[0]}
    for step in zip(*parts, strict=True)
  ]


@pytest.mark.parametrize("num_threads", THREADS)
def test_order_is_the_plans(data, plan, num_threads):
  result = list(pipeline.batches(data, plan, num_threads=num_threads))
  assert result[0]["image"].shape == (4, 24, 24, 3)
  assert_follow(data, plan, result)


@pytest.mark.parametrize("num_threads", THREADS)
def test_wide_batches_of_short_integers(data, num_threads):
  # Rolled, since memory of the last test may hold that one's pictures.
  plan = np.roll(np.arange(ROWS, dtype=np.int32), num_threads).reshape(2, 18)
  result = list(pipeline.batches(data, plan, num_threads=num_threads))
  assert_follow(data, plan, result)


@pytest.mark.parametrize("num_threads", THREADS)
def test_same_bits_from_any_start_in_any_number_of_processes(
  data, any_plan, num_threads
):
  expected = reference(data, any_plan)
  starts = range(len(any_plan) + 1)
  for start, count in itertools.product(starts, (1, 2, 4)):
    options = dict(start_step=start, num_threads=num_threads)
    parts = [
      pipeline.batches(
        data, any_plan, process_index=i, process_count=count, **options
      )
      for i in range(count)
    ]
    result = join(parts)
    assert_follow(data, any_plan[start:], result)
    for step, batch in enumerate(result, start):
      np.testing.assert_array_equal(batch["image"], expected[step])


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


def test_batches_are_given_away(data, plan):
  """What was yielded is not held on to, so that a long plan needs no more."""
  given = []
  for batch in pipeline.batches(data, np.tile(plan, (4, 1))):
    assert not any(image() is not None for image in given)
    given.append(weakref.ref(batch["image"]))
    del batch


@pytest.mark.parametrize("num_threads", THREADS)
def test_reads_a_bounded_number_of_batches_ahead(data, plan, num_threads):
  plan = np.tile(plan[:4], (10, 1))
  ahead = num_threads + 1 if num_threads else 0
  source = Counting(data.source.directory)
  counted = dataclasses.replace(data, source=source)
  iterator = pipeline.batches(counted, plan, num_threads=num_threads)
  for done in range(1, len(plan) + 1):
    next(iterator)
    assert source.reads <= (done + ahead) * plan.shape[1]
    if done + ahead == len(plan) // 2:
      # They come without being asked for.
      assert source.wait_for((done + ahead) * plan.shape[1])
  assert source.reads == plan.size


class Counting(array_records.Source):
  """Counts what is read."""

  def __init__(self, directory):
    super().__init__(directory)
    self.reads = 0
    self._changed = threading.Condition()

  def __getitem__(self, row):
    with self._changed:
      self.reads += 1
      self._changed.notify_all()
    return super().__getitem__(row)

  def wait_for(self, reads):
    with self._changed:
      return self._changed.wait_for(lambda: self.reads >= reads, timeout=20)


def assert_end(threads):
  for thread in threads:
    thread.join(timeout=5)
    assert not thread.is_alive()


@pytest.mark.parametrize("num_threads", [1, 4, 16])
def test_closing_ends_the_threads(data, plan, num_threads):
  before = set(threading.enumerate())
  iterator = pipeline.batches(data, plan, num_threads=num_threads)
  with contextlib.closing(iterator):
    next(iterator)
    started = set(threading.enumerate()) - before
  assert started
  with pytest.raises(StopIteration):
    next(iterator)
  assert_end(started)


@pytest.mark.parametrize("num_threads", [0, 4])
def test_a_damaged_record_is_an_error_at_its_batch(data, plan, num_threads):
  class Damaged(array_records.Source):
    def __getitem__(self, row):
      return b"?" if row == plan[2, 1] else super().__getitem__(row)

  before = set(threading.enumerate())
  damaged = dataclasses.replace(data, source=Damaged(data.source.directory))
  iterator = pipeline.batches(damaged, plan, num_threads=num_threads)
  assert_follow(data, plan[:2], [next(iterator), next(iterator)])
  started = set(threading.enumerate()) - before
  with pytest.raises(ValueError, match="records are damaged"):
    next(iterator)
  assert_end(started)


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


def test_pictures_stay_while_anything_refers_to_them(data):
  plan = np.tile(np.arange(ROWS).reshape(-1, 4), (4, 1))
  expected = reference(data, plan)
  kept = []
  for step, batch in enumerate(pipeline.batches(data, plan, num_threads=4)):
    # A cut of a cut alone, and now and then nothing, whose memory is reused.
    if step % 3:
      kept.append((expected[step, 2:, 5], batch["image"][1:][1:, 5]))
    del batch
  for there, here in kept:
    np.testing.assert_array_equal(here, there)


def test_memory_is_used_again(data):
  plan = np.arange(ROWS).reshape(-1, 4)
  places = {
    batch["image"].ctypes.data
    for batch in pipeline.batches(data, plan, num_threads=0)
  }
  assert len(places) <= 2
