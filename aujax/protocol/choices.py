"""What is chosen, always on validation subjects: thresholds and variants."""

import pathlib
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from aujax import action_units, evaluation
from aujax.evaluation import scores as scores_lib
from aujax.protocol import store, variants

CHOSEN = "{} chosen"
RULES = ("fixed", "f1", "mean")


def threshold(
  validation: scores_lib.Scores, *, rule: str, otherwise: float
) -> float | list[float]:
  """From which score on an AU counts as detected.

  Args:
    validation: Labels and scores of the validation subjects.
    rule: One of `RULES`: with "f1" or "mean" the threshold of each AU that is
      best on the validation subjects, by F1 or by the mean of accuracy and F1.
    otherwise: The threshold where the rule is "fixed".

  Returns:
    One number, or one for each AU.
  """
  if rule == "fixed":
    return otherwise
  chosen, _ = evaluation.best_thresholds(
    validation.scores, validation.labels, objective=rule
  )
  return chosen.tolist()


def grade(
  validation: scores_lib.Scores, threshold: float | list[float]
) -> dict[str, Any]:
  """F1 on the validation subjects.

  Args:
    validation: Labels and scores of the validation subjects.
    threshold: From which score on an AU counts as detected.

  Returns:
    "score", the mean over AUs, 0 where nothing is to find or found; and "f1",
    a dict with that of each AU, None where it has none.
  """
  f1 = evaluation.f1(
    evaluation.count(
      validation.scores, validation.labels, threshold=np.asarray(threshold)
    )
  )
  return {
    "score": float(np.nan_to_num(evaluation.macro(f1))),
    "f1": {
      action_units.name(au): None if np.isnan(value) else round(value, 6)
      for au, value in zip(validation.aus, f1.tolist(), strict=True)
    },
  }


def groups(
  among: Mapping[str, variants.Variant],
) -> dict[str, list[variants.Variant]]:
  """The methods that stand for several variants, which one is chosen among.

  Args:
    among: All variants of an experiment.

  Returns:
    Name of the choice, such as "robin_hood chosen", to the variants.
  """
  found = {}
  for variant in among.values():
    found.setdefault(CHOSEN.format(variant.method), []).append(variant)
  return {name: group for name, group in found.items() if len(group) > 1}


def choose(
  name: str,
  group: Iterable[variants.Variant],
  fold: int,
  repeat: int,
  workdir: pathlib.Path,
  *,
  inner_folds: int,
) -> bool:
  """Hands on the trial of the variant that did best on validation.

  With inner folds, a variant's F1 is the mean over them; otherwise it is that
  of the fold's own validation subjects. The test fold is not looked at.

  Args:
    name: Of the choice.
    group: The variants to choose among.
    fold: The fold that is tested.
    repeat: Which repeat.
    workdir: The experiment's folder.
    inner_folds: How many inner folds there are, 0 for none.

  Returns:
    False if trials that are needed are not complete.
  """
  parts = range(inner_folds) if inner_folds else (None,)
  scores = {}
  for variant in group:
    found = [
      store.summary(
        store.Trial(variant.name, fold, repeat, part).directory(workdir)
      )
      for part in parts
    ]
    if not all(found):
      return False
    scores[variant.name] = sum(map(_score, found)) / len(found)
  best = max(scores, key=scores.get)
  source = store.Trial(best, fold, repeat).directory(workdir)
  summary = store.summary(source)
  if summary is None:
    return False
  directory = store.Trial(name, fold, repeat).directory(workdir)
  summary |= {"method": name, "chosen": best, "choice": scores}
  if store.summary(directory) != summary:
    store.copy(source, directory, summary)
  return True


def _score(summary):
  return summary["validation"][summary["best_epoch"] - 1]
