"""What was measured on what: the facts beside the numbers."""

import numpy as np

from aujax import action_units
from aujax.report.numbers import results as results_lib
from aujax.report.numbers import summary
from aujax.report.text import cells


def rows(results: results_lib.Results) -> list[tuple[str, str]]:
  """What was measured on what, for a list of names and values.

  Args:
    results: All trials.

  Returns:
    (name, text): the AU set, how thresholds and epochs were chosen, folds,
    repeats, subjects, frames, unknown labels and base rates.
  """
  tested = [t for t in map(results.fold, results.folds) if t is not None]
  subjects = {subject for trial in tested for subject in trial.subjects}
  frames = sum(trial.num_frames for trial in tested)
  once = len(subjects) == sum(len(trial.subjects) for trial in tested)
  by_subject = ", by subject" if once and len(tested) > 1 else ""
  labels = summary.totals(results, "labels")
  unknown = 1 - labels.annotated.sum() / (frames * len(results.aus))
  return [
    ("AUs", ", ".join(map(action_units.name, results.aus))),
    ("Threshold", thresholds(results)),
    *([] if results.is_foreign else [("Epoch", _chosen(results))]),
    ("Folds", f"{len(results.folds)}{by_subject}"),
    ("Repeats", str(len(results.repeats))),
    ("Subjects", f"{len(subjects):,}"),
    ("Frames", f"{frames:,}"),
    ("Unknown labels", f"{cells.number(unknown)} %"),
    ("Base rates", _base_rates(results.aus, summary.rates(labels))),
  ]


def thresholds(results: results_lib.Results) -> str:
  """From which score on an AU is detected, and on what that was chosen.

  Args:
    results: All trials.

  Returns:
    Such as "0.5 for all AUs"; by method, where rules differ.
  """
  rules = {}
  for trial in results.trials.values():
    rules.setdefault(trial.threshold_rule, []).append(trial)
  texts = [_rule(results, rule, trials) for rule, trials in rules.items()]
  if len(texts) == 1:
    return texts[0]
  named = (
    f"{text} ({', '.join(dict.fromkeys(t.method for t in trials))})"
    for trials, text in zip(rules.values(), texts, strict=True)
  )
  return "; ".join(named)


def notes(results: results_lib.Results) -> list[str]:
  """What the signs in the tables mean that need a word."""
  found = [*undefined(results), *choices(results), *ensembles(results)]
  present = {method for method, _, _ in results.trials}
  if any(summary.grade(results, m, "labels").interval for m in present):
    found.append(
      "95 % intervals: the test subjects of each fold were drawn 2,000 times "
      "with replacement. They tell how much the tested subjects matter, not "
      "what other training subjects would give."
    )
  return found


def undefined(results: results_lib.Results) -> list[str]:
  """Which AUs have no frame of a class in a fold, and what that means.

  Args:
    results: All trials.

  Returns:
    Sentences, none where every AU is present and absent somewhere in each
    fold.
  """
  found = []
  for against in results.targets:
    source = cells.AGAINST[against].removeprefix("against ")
    gaps = {"present": {}, "absent": {}}
    for trial in filter(None, map(results.fold, results.folds)):
      counts = trial.counts[against]
      absent = counts.annotated - counts.positives
      for au, p, n in zip(results.aus, counts.positives, absent, strict=True):
        if not p:
          gaps["present"].setdefault(au, []).append(trial.fold)
        elif not n:
          gaps["absent"].setdefault(au, []).append(trial.fold)
    for kind, where in gaps.items():
      if where:
        found.append(_gaps(results, kind, source, where))
  return found


def choices(results: results_lib.Results) -> list[str]:
  """Which variants were chosen, and on what, for methods that choose one."""
  taken = {}
  for trial in results.trials.values():
    if trial.choice:
      counted = taken.setdefault(trial.method, {})
      counted[trial.choice] = counted.get(trial.choice, 0) + 1
  config = results.experiment.get("config")
  inner = isinstance(config, dict) and config.get("inner_folds")
  where = (
    f"{inner} inner folds of the training subjects"
    if inner
    else ("the validation subjects")
  )
  return [
    f"{method} is, in each fold and repeat, the variant with the best macro F1 "
    f"on {where}: "
    + ", ".join(
      f"{name} in {number} of {sum(counted.values())}"
      for name, number in counted.items()
    )
    + "."
    for method, counted in taken.items()
  ]


def ensembles(results: results_lib.Results) -> list[str]:
  """Of what each ensemble is made, and on what its weights were chosen."""
  found = {t.method: t for t in results.trials.values() if t.members}
  return [
    f"{method} combines the scores of {' and '.join(trial.members)}"
    + (
      ", with weights that were chosen on the validation subjects."
      if trial.settings.get("weights")
      else "."
    )
    for method, trial in found.items()
  ]


def many(number: int, noun: str) -> str:
  """A number of things.

  Args:
    number: How many.
    noun: What, in the singular.

  Returns:
    The text.

  Example:
    >>> many(1, "fold"), many(1200, "frame")
    ('1 fold', '1,200 frames')
  """
  return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _rule(results, rule, trials):
  """Such as "0.5 for all AUs", where they stand behind "at least"."""
  values = np.array(
    [np.broadcast_to(t.threshold, len(results.aus)) for t in trials]
  )
  low, high = values.min(), values.max()
  if rule != "fixed":
    aim = {"f1": "F1", "mean": "mean of accuracy and F1"}.get(rule, rule)
    return (
      f"a threshold chosen per AU on the validation subjects for the best "
      f"{aim}, {low:.2f} to {high:.2f}"
    )
  if low == high:
    return f"{low:g} for all AUs"
  if (values == values[0]).all():
    return ", ".join(
      f"{action_units.name(au)} {value:g}"
      for au, value in zip(results.aus, values[0], strict=True)
    )
  return f"what trial.json records, {low:.2f} to {high:.2f}"


def _chosen(results):
  if all("best_epoch" not in t.settings for t in results.trials.values()):
    return "not recorded how it was chosen"
  return "best macro F1 on the validation subjects"


def _base_rates(aus, rates):
  """Their range and mean, with the AUs at the ends."""
  if np.isnan(rates).all():
    return "-"
  ends = [
    f"{cells.number(rates[i])} % ({action_units.name(aus[i])})"
    for i in (np.nanargmin(rates), np.nanargmax(rates))
  ]
  mean = cells.number(float(np.nanmean(rates)))
  return f"{ends[0]} to {ends[1]}, mean {mean} %"


def _gaps(results, kind, source, where):
  """The sentence on AUs that are never present or never absent in folds."""
  groups = {}
  for au, folds in where.items():
    groups.setdefault(tuple(folds), []).append(au)
  named = "; ".join(_gap(results, *group) for group in groups.items())
  no_f1 = ", and no F1 unless it is detected" if kind == "present" else ""
  text = (
    f"Never {kind}, by {source}: {named}. Such an AU has no AUC there{no_f1}; "
    "it is shown as - and left out of means."
  )
  empty = [
    fold
    for fold in results.folds
    if all(fold in where.get(au, ()) for au in results.aus)
  ]
  if empty:
    text += (
      f" As fold {', '.join(map(str, empty))} has no other AU, a mean over "
      "folds may not exist; leave such a fold out."
    )
  return text


def _gap(results, folds, aus):
  """Such as "AU06, AU12 in fold 1"."""
  names = ", ".join(map(action_units.name, aus))
  if len(aus) == len(results.aus) > 1:
    names = "all AUs"
  if len(results.folds) == 1:
    return names
  return f"{names} in fold {', '.join(map(str, folds))}"
