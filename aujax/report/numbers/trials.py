"""One trial, reduced from frames to what the report is made of.

Frames are read once and let go; `Trial.scores` reads them again for whoever
draws single frames.
"""

import dataclasses
import functools
import hashlib
import pathlib
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int, Int8, Num

from aujax import evaluation
from aujax.evaluation import scores as scores_lib
from aujax.report.numbers import history as history_lib


@dataclasses.dataclass(frozen=True, eq=False)
class Measures:
  """What frames tell beyond counts, against one target.

  Attributes:
    roc_auc: `[T]`, nan where a class is absent.
    average_precision: `[T]`, nan where the AU never occurs.
    event_f1: `[T]` area below event F1 over the overlap that an event needs.
    calibration_error: `[T]` expected calibration error.
    reliability: How often an AU is there, by what its score says.
  """

  roc_auc: Float[np.ndarray, " T"]
  average_precision: Float[np.ndarray, " T"]
  event_f1: Float[np.ndarray, " T"]
  calibration_error: Float[np.ndarray, " T"]
  reliability: evaluation.Reliability


@dataclasses.dataclass(frozen=True, eq=False)
class Trial:
  """One method, fold and repeat, reduced from frames to counts.

  Attributes:
    method: Name of the method.
    fold: The fold that was tested.
    repeat: Number of the seed.
    threshold: Where a score becomes a detection; one number or one per AU.
    aus: AUs that were graded.
    by_subject: By "labels" and, where it is known, "truth": counts `[S, T]`
      in the order of `subjects`.
    coder: Counts of the coded labels graded against the truth.
    measures: What frames tell beyond counts, by the same targets.
    subjects: The S subjects that were tested, sorted.
    num_frames: How many of their frames.
    digest: Of the tested frames and their labels: equal means the same test.
    settings: What trial.json says.
    history: Loss and validation F1 during training.
    scores_path: The file in which the frames stand,
    rows: and their rows; None for all of them.
  """

  method: str
  fold: int
  repeat: int
  threshold: float | tuple[float, ...]
  aus: tuple[int, ...]
  by_subject: dict[str, evaluation.Counts]
  coder: evaluation.Counts | None
  measures: dict[str, Measures]
  subjects: tuple[str, ...]
  num_frames: int
  digest: str
  settings: dict[str, Any]
  history: history_lib.History
  scores_path: pathlib.Path
  rows: Int[np.ndarray, " N"] | None = None

  @functools.cached_property
  def counts(self) -> dict[str, evaluation.Counts]:
    """Counts `[T]` of all subjects, by "labels" and "truth"."""
    return {
      against: counts.total() for against, counts in self.by_subject.items()
    }

  @property
  def threshold_rule(self) -> str:
    """How the threshold was chosen: "fixed", or what it is best for."""
    return str(self.settings.get("threshold_rule") or "fixed")

  @property
  def choice(self) -> str:
    """The variant whose trial this is, empty if none was chosen among."""
    return str(self.settings.get("chosen") or "")

  @property
  def members(self) -> tuple[str, ...]:
    """The methods that an ensemble combines, empty if it is none."""
    members = self.settings.get("members")
    return tuple(map(str, members)) if isinstance(members, list) else ()

  def apart(self, use: str) -> tuple[str, ...]:
    """Subjects that trial.json names for a use.

    Args:
      use: "train" or "validation".

    Returns:
      Their names, empty if it does not say.
    """
    subjects = self.settings.get("subjects")
    named = subjects.get(use) if isinstance(subjects, dict) else None
    return tuple(map(str, named or ()))

  def scores(self) -> scores_lib.Scores:
    """Reads the frames again, in the order of the file.

    Returns:
      Their labels and scores, AUs as in `aus`.

    Raises:
      FileNotFoundError: If the file is gone.
      ValueError: If it does not read any more.
    """
    scores = scores_lib.read(self.scores_path).project(self.aus)
    return scores if self.rows is None else scores.select(self.rows)


def reduce(
  scores: scores_lib.Scores,
  *,
  settings: dict[str, Any],
  path: pathlib.Path,
  rows: Int[np.ndarray, " N"] | None = None,
  history: history_lib.History | None = None,
) -> Trial:
  """Makes a trial of its frames.

  Args:
    scores: Of the frames of one test.
    settings: With "method", "fold", "repeat" and "threshold", as in trial.json.
    path: The file in which the frames stand,
    rows: and their rows; None for all of them.
    history: Loss and validation F1, if any.

  Returns:
    The trial.

  Raises:
    TypeError: If the threshold is no number.
    ValueError: If there is not one threshold, or one for each AU.
  """
  threshold = settings["threshold"]
  if isinstance(threshold, list):
    threshold = tuple(map(float, threshold))
  ordered = scores.select(scores.in_time())
  targets = ("labels", "truth") if scores.truth is not None else ("labels",)
  subjects, by_subject = (), {}
  for against in targets:
    subjects, by_subject[against] = evaluation.count_by(
      ordered.scores,
      ordered.target(against),
      groups=ordered.subject,
      threshold=np.asarray(threshold),
    )
  return Trial(
    method=str(settings["method"]),
    fold=int(settings["fold"]),
    repeat=int(settings["repeat"]),
    threshold=threshold,
    aus=scores.aus,
    by_subject=by_subject,
    coder=_coder(scores),
    measures={
      against: measure(
        ordered.scores,
        ordered.target(against),
        threshold=threshold,
        videos=ordered.videos(),
      )
      for against in targets
    },
    subjects=tuple(map(str, subjects)),
    num_frames=len(scores),
    digest=_digest(ordered),
    settings=settings,
    history=history or history_lib.History(),
    scores_path=path,
    rows=rows,
  )


def measure(
  scores: Num[np.ndarray, "N T"],
  labels: Int8[np.ndarray, "N T"],
  mask: Bool[np.ndarray, "N T"] | None = None,
  *,
  threshold: float | tuple[float, ...],
  videos: Int[np.ndarray, " N"],
) -> Measures:
  """Grades scores beyond counting.

  Args:
    scores: `[N, T]` probabilities, the frames of a video following each other.
    labels: `[N, T]`: 1 present, 0 absent, -1 unknown.
    mask: `[N, T]`, True where annotated.
    threshold: Where a score becomes a detection; one number or one per AU.
    videos: `[N]` a number for each frame's video.

  Returns:
    What was measured.
  """
  # In the scores' own precision, as `evaluation.count` compares.
  predictions = scores >= np.asarray(threshold, scores.dtype)
  args = (scores, labels, mask)
  reliability = evaluation.reliability(*args)
  return Measures(
    roc_auc=evaluation.roc_auc(*args),
    average_precision=evaluation.average_precision(*args),
    event_f1=evaluation.event_f1_area(
      predictions, labels, mask, sequences=videos
    ),
    calibration_error=reliability.error,
    reliability=reliability,
  )


def _coder(scores):
  """Grades the labels as if they were predictions of the truth."""
  if scores.truth is None:
    return None
  return evaluation.count(
    scores.labels, scores.truth, (scores.labels >= 0) & (scores.truth >= 0)
  )


def _digest(scores):
  """Names the frames and labels of a test, which are in order of time."""
  sha = hashlib.sha256()
  for column in (scores.subject, scores.sequence):
    sha.update("\n".join(column.tolist()).encode())
  sha.update(np.asarray(scores.frame, np.int64).tobytes())
  sha.update(np.ascontiguousarray(scores.labels).tobytes())
  return sha.hexdigest()
