"""Single frames, reduced to what the page shows of them."""

import dataclasses
from collections.abc import Sequence

import numpy as np
from jaxtyping import Int

from aujax.report.numbers import results as results_lib
from aujax.report.web import bins as bins_lib
from aujax.report.web import videos


@dataclasses.dataclass(frozen=True, eq=False)
class Evidence:
  """What one trial's frames show, of T AUs.

  Attributes:
    bins: By target, `[T, 2, 101]` negatives and positives by score, as
      `bins.binned` gives them.
    tracks: Some videos of the test fold, frame by frame.
  """

  bins: dict[str, Int[np.ndarray, "T 2 101"]]
  tracks: tuple[videos.Track, ...]


def read(
  results: results_lib.Results, methods: Sequence[str], plan: videos.Plan
) -> dict[tuple[str, int, int], Evidence]:
  """Reads the scores of trials, one after another.

  Args:
    results: The trials.
    methods: Those that are shown.
    plan: Which videos to follow frame by frame.

  Returns:
    Evidence by (method, fold, repeat).

  Raises:
    FileNotFoundError: If a file is gone since `results` were loaded.
    ValueError: If a file does not read.
  """
  found = {}
  for key, trial in results.trials.items():
    if trial.method not in methods:
      continue
    scores = trial.scores()
    found[key] = Evidence(
      bins={
        against: bins_lib.binned(scores.scores, scores.target(against))
        for against in results.targets
      },
      tracks=videos.tracks(scores, trial, plan),
    )
  return found
