"""From finished experiments to the tables of the claims."""

import pathlib
from collections.abc import Iterator, Sequence

import numpy as np

from aujax import evaluation
from aujax.evaluation import scores as scores_lib
from aujax.protocol import store
from benchmarks import claims_experiments

AGAINST = ("labels", "truth")
# Below this probability a model is confident that an AU is absent.
SURE = 0.05


class Finished:
  """The scores of an experiment's trials.

  Args:
    experiment: Which one.
    workdir: Its folder.
  """

  def __init__(
    self, experiment: claims_experiments.Experiment, workdir: pathlib.Path
  ):
    self.experiment = experiment
    self._workdir = workdir
    self._read = {}

  def test(self, method: str, fold: int, repeat: int) -> scores_lib.Scores:
    """Labels and scores of a trial's test fold."""
    key = method, fold, repeat
    if key not in self._read:
      folder = store.Trial(*key).directory(self._workdir)
      self._read[key] = scores_lib.read(folder / "scores.parquet")
    return self._read[key]

  def threshold(self, method: str, fold: int, repeat: int) -> np.ndarray:
    """The trial's thresholds."""
    folder = store.Trial(method, fold, repeat).directory(self._workdir)
    return np.asarray(store.summary(folder)["threshold"])

  @property
  def folds(self) -> range:
    """Numbers of the folds."""
    config = self.experiment.config
    return range(1 if config.folds == "transfer" else int(config.folds))

  @property
  def repeats(self) -> range:
    """Numbers of the repeats."""
    return range(self.experiment.config.num_repeats)

  def counts(
    self, method: str, against: str, columns: np.ndarray
  ) -> list[list[evaluation.Counts]]:
    """Counts by subject, over repeats, over folds."""

    def trial(fold, repeat):
      scores = self.test(method, fold, repeat)
      threshold = np.broadcast_to(
        self.threshold(method, fold, repeat), len(scores.aus)
      )
      _, counts = evaluation.count_by(
        scores.scores[:, columns],
        scores.target(against)[:, columns],
        groups=scores.subject,
        threshold=threshold[columns],
      )
      return counts

    return [[trial(k, r) for k in self.folds] for r in self.repeats]

  def rare(self) -> np.ndarray:
    """Columns of the rarer half of the AUs, by the coded labels."""
    method = self.experiment.pairs[0][0]
    labels = np.concatenate(
      [self.test(method, fold, 0).labels for fold in self.folds]
    )
    rates = (labels == 1).sum(0) / (labels >= 0).sum(0)
    return np.sort(np.argsort(rates)[: len(rates) // 2])


def differences(finished: Sequence[Finished]) -> Iterator[str]:
  """Lines of the table of all pairs, with paired intervals over subjects."""
  header = ["Condition", "Claimed", "AUs"]
  for against in ("coded labels", "truth"):
    header += [f"Difference, {against}", "Ahead", "Claim"]
  yield from _table_head(header, num_text=3)
  for one in finished:
    everything = np.arange(len(one.test(*_any(one)).aus))
    for method, other in one.experiment.pairs:
      for name, columns in (("all", everything), ("rare", one.rare())):
        cells = [one.experiment.condition, f"{method} > {other}", name]
        for against in AGAINST:
          cells += _compare(one, method, other, against, columns)
        yield f"| {' | '.join(cells)} |"


def levels(finished: Sequence[Finished]) -> Iterator[str]:
  """Lines of the table of every method's macro F1."""
  yield from _table_head(
    ["Condition", "Method", "F1, coded labels", "F1, truth", "Rare, truth"],
    num_text=2,
  )
  for one in finished:
    everything = np.arange(len(one.test(*_any(one)).aus))
    methods = dict.fromkeys(
      name for pair in one.experiment.pairs for name in pair
    )
    for method in methods:
      cells = [one.experiment.condition, method]
      for against, columns in (
        ("labels", everything),
        ("truth", everything),
        ("truth", one.rare()),
      ):
        interval = evaluation.bootstrap(one.counts(method, against, columns))
        cells.append(_interval(interval))
      yield f"| {' | '.join(cells)} |"


def betas(finished: Finished) -> Iterator[str]:
  """Lines of F1 against beta, with that of the first beta subtracted."""
  yield from _table_head(
    ["Beta", "F1, coded labels", "F1, truth", "Truth, minus beta 0"],
    num_text=1,
  )
  columns = np.arange(len(finished.test(*_any(finished)).aus))
  names = [f"robin_hood beta={b}" for b in claims_experiments.BETAS]
  for name in (*names, "robin_hood chosen"):
    counts = {a: finished.counts(name, a, columns) for a in AGAINST}
    first = finished.counts(names[0], "truth", columns)
    cells = [
      name.removeprefix("robin_hood ").removeprefix("beta="),
      *(_interval(evaluation.bootstrap(counts[a])) for a in AGAINST),
      _interval(
        evaluation.bootstrap_difference(counts["truth"], first), sign=True
      ),
    ]
    yield f"| {' | '.join(cells)} |"


def confidence(finished: Finished) -> Iterator[str]:
  """Lines of how sure methods are, by what is true and what was coded."""
  kinds = {
    "found by the coder": (1, 1),
    "missed by the coder": (1, 0),
    "invented by the coder": (0, 1),
    "absent for both": (0, 0),
  }
  methods = list(finished.experiment.config.methods)
  header = ["Examples", "Share"]
  for method in methods:
    header += [f"{method}: mean p", f"p < {SURE}"]
  yield from _table_head(header, num_text=1)
  tests = {m: [finished.test(m, k, 0) for k in finished.folds] for m in methods}
  for kind, (true, coded) in kinds.items():
    where = [(t.truth == true) & (t.labels == coded) for t in tests[methods[0]]]
    total = sum(w.size for w in where)
    cells = [kind, f"{100 * sum(w.sum() for w in where) / total:.1f} %"]
    for method in methods:
      p = np.concatenate(
        [t.scores[w] for t, w in zip(tests[method], where, strict=True)]
      )
      cells += [f"{p.mean():.3f}", f"{100 * (p < SURE).mean():.0f} %"]
    yield f"| {' | '.join(cells)} |"


def _compare(one, method, other, against, columns):
  """Difference with its interval, folds and repeats ahead, and a verdict."""
  ours, theirs = (one.counts(m, against, columns) for m in (method, other))
  interval = evaluation.bootstrap_difference(ours, theirs)
  f1 = [
    [
      [evaluation.macro(evaluation.f1(fold.total())) for fold in repeat]
      for repeat in counts
    ]
    for counts in (ours, theirs)
  ]
  ahead = np.array(f1[0]) > np.array(f1[1])
  verdict = "open"
  if interval.low > 0:
    verdict = "holds"
  elif interval.high < 0:
    verdict = "contrary"
  return [
    _interval(interval, sign=True),
    f"{ahead.sum()} of {ahead.size}",
    verdict,
  ]


def _any(one):
  return one.experiment.pairs[0][0], 0, 0


def _interval(interval, *, sign=False):
  plus = "+" if sign else ""
  value, low, high = (
    f"{100 * v:{plus}.1f}"
    for v in (interval.value, interval.low, interval.high)
  )
  return f"{value} [{low}, {high}]"


def _table_head(names, *, num_text):
  yield f"| {' | '.join(names)} |"
  marks = [":--" if i < num_text else "--:" for i in range(len(names))]
  yield f"|{'|'.join(marks)}|"
