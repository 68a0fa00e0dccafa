import types

import numpy as np
import pytest

from aujax import report
from aujax.evaluation import scores as scores_lib
from aujax.report.web import shown, videos


def make_scores(lengths, present):
  """Videos v0, v1, ... of one AU with so many present labels each."""
  labels = [
    np.r_[np.ones(p), np.zeros(n - p)]
    for n, p in zip(lengths, present, strict=True)
  ]
  n = sum(lengths)
  names = np.repeat([f"v{i}" for i in range(len(lengths))], lengths)
  return scores_lib.Scores(
    aus=(1,),
    subject=names,
    sequence=names,
    frame=np.concatenate([np.arange(length) for length in lengths]),
    labels=np.concatenate(labels).astype(np.int8)[:, None],
    scores=np.zeros((n, 1), np.float32),
  )


def test_videos_stand_in_the_middle_of_equal_parts_of_the_ranking():
  present = [5, 0, 9, 3, 7, 1, 8, 2, 6, 4]
  scores = make_scores([10] * 10, present)
  picked = [name for name, _ in videos.chosen(scores, 2)]
  # Ranked v1 v5 v7 v3 v9 | v0 v8 v4 v6 v2: the middle of each half.
  assert picked == ["v7", "v4"]
  assert [name for name, _ in videos.chosen(scores, 1)] == ["v0"]


def test_what_is_picked_does_not_depend_on_scores_or_order():
  scores = make_scores([10] * 10, [5, 0, 9, 3, 7, 1, 8, 2, 6, 4])
  rng = np.random.default_rng(0)
  order = rng.permutation(100)
  other = scores_lib.Scores(
    **{
      name: getattr(scores, name)[order]
      for name in ("subject", "sequence", "frame", "labels")
    },
    aus=(1,),
    scores=rng.random((100, 1), np.float32),
  )
  one, two = videos.chosen(scores, 3), videos.chosen(other, 3)
  assert [name for name, _ in one] == [name for name, _ in two]
  for _, rows in two:
    assert (np.diff(other.frame[rows]) == 1).all()


def test_fewer_videos_than_wanted_are_all_picked_once():
  scores = make_scores([4, 4], [1, 2])
  assert [name for name, _ in videos.chosen(scores, 5)] == ["v0", "v1"]


@pytest.mark.parametrize("frames", [7, 240, 241, 5000])
def test_a_single_frame_is_seen_however_long_the_video(frames):
  scores = make_scores([frames], [1])
  at = frames * 2 // 3
  scores.scores[at] = 0.75
  trial = types.SimpleNamespace(method="m", fold=0, repeat=0, threshold=0.7)
  plan = videos.Plan(frozenset([("m", 0, 0)]), 1, 240)
  (track,) = videos.tracks(scores, trial, plan)
  assert len(track.frames) <= 240 and track.last == frames - 1
  (column,) = np.flatnonzero(track.detected)
  ends = [*track.frames[1:], frames]
  assert track.frames[column] <= at < ends[column]
  assert track.high[column] == 75 and track.high.sum() == 75
  assert track.coded["labels"][0] == 1 | (2 if ends[0] > 1 else 0)


def test_unknown_and_mixed_columns_keep_all_that_is_in_them():
  scores = make_scores([480], [0])
  scores.labels[[0, 2, 4, 5], 0] = (1, -1, -1, 1)
  trial = types.SimpleNamespace(method="m", fold=0, repeat=0, threshold=0.5)
  plan = videos.Plan(frozenset([("m", 0, 0)]), 1, 240)
  (track,) = videos.tracks(scores, trial, plan)
  assert track.coded["labels"][:4, 0].tolist() == [1 | 2, 4 | 2, 4 | 1, 2]


def test_a_plan_takes_the_first_repeat_of_each_fold(complete):
  results = report.load(complete)
  plan = videos.plan(results, ("robin_hood",))
  assert plan.trials == {("robin_hood", fold, 0) for fold in range(3)}
  assert (plan.per_fold, plan.columns) == (3, 240)


@pytest.mark.parametrize("folds", [3, 10, 40, 400])
def test_a_plan_is_bounded_for_any_experiment(folds):
  methods = [f"m{i}" for i in range(shown.MOST_CLOSELY)]
  results = types.SimpleNamespace(
    trials=[(m, f, 0) for m in methods for f in range(folds)],
    targets=("labels", "truth"),
    aus=tuple(range(30)),
  )
  plan = videos.plan(results, methods)
  number = len({fold for _, fold, _ in plan.trials})
  column = (2 * len(methods) + 2) * 30 * 4 / 3
  size = number * plan.per_fold * plan.columns * column
  assert 0 < size <= videos.MOST_BYTES
