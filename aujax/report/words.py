"""The sentences of the report: what the numbers say, and no more than that."""

from collections.abc import Sequence

from aujax import action_units
from aujax.report import cells, summary
from aujax.report import results as results_lib


def subtitle(results: results_lib.Results) -> str:
  """The size of the experiment in one line."""
  tested = [t for t in map(results.fold, results.folds) if t is not None]
  subjects = {subject for trial in tested for subject in trial.subjects}
  frames = sum(trial.num_frames for trial in tested)
  parts = (
    _many(len(results.methods), "method"),
    _many(len(results.folds), "fold"),
    _many(len(results.repeats), "repeat"),
    _many(len(subjects), "subject"),
    _many(frames, "frame"),
    _many(len(results.aus), "AU"),
  )
  return " · ".join(parts)


def comparison(compared: summary.Comparison) -> str:
  """Which of two methods is ahead, and how steadily."""
  where = cells.AGAINST[compared.against]
  first, second = compared.method, compared.reference
  ahead = round(100 * compared.mean, 1)
  if ahead == 0:
    return (
      f"{first} and {second} are equal to one decimal {where}; {first} is "
      f"ahead in {_wins(compared, 1)}."
    )
  sign = 1 if ahead > 0 else -1
  if sign < 0:
    first, second = second, first
  return (
    f"{first} is ahead of {second} by {abs(ahead):.1f} points of macro F1 "
    f"{where}: in {_wins(compared, sign)}."
  )


def caution(results: results_lib.Results) -> str:
  """What the comparison does not say."""
  return (
    "These are plain averages of paired differences, fold by fold and repeat "
    f"by repeat. With {_many(len(results.folds), 'fold')} they are no test of "
    "significance."
  )


def threshold(results: results_lib.Results) -> str:
  """The rule that turns scores into detections."""
  rules = {trial.threshold for trial in results.trials.values()}
  if len(rules) > 1:
    return (
      "An AU counts as detected where its score reaches the threshold that "
      "trial.json records; thresholds differ between trials."
    )
  rule = rules.pop()
  if isinstance(rule, tuple):
    listed = ", ".join(
      f"{action_units.name(au)} {value:g}"
      for au, value in zip(results.aus, rule, strict=True)
    )
    return f"An AU counts as detected where its score is at least: {listed}."
  return f"An AU counts as detected where its score is at least {rule:g}."


def epochs(results: results_lib.Results) -> str:
  """How the model that was tested was chosen."""
  if all("best_epoch" not in t.settings for t in results.trials.values()):
    return "The trials do not record how their epoch was chosen."
  chosen = (
    "Each trial was tested at the epoch with the best macro F1 on validation "
    "subjects, who belong to its training folds."
  )
  known = [trial.apart("validation") for trial in _trials(results)]
  if all(known):
    numbers = sorted({len(subjects) for subjects in known})
    chosen += (
      f" {' or '.join(map(str, numbers))} subjects were set aside in each."
    )
  return chosen


def effort(results: results_lib.Results) -> str:
  """How long the trials took and on what; empty where they do not say."""
  spent = [t.settings.get("seconds") for t in _trials(results)]
  if not all(isinstance(value, (int, float)) for value in spent):
    return ""
  where = sorted({str(t.settings.get("devices", "")) for t in _trials(results)})
  where = f" on {' and '.join(where)}" if all(where) else ""
  return (
    f"{_many(len(spent), 'trial')} took {cells.duration(sum(spent))} in "
    f"all{where}."
  )


def missing(results: results_lib.Results) -> str:
  """What has not been finished, empty if all has."""
  if not results.missing:
    return ""
  return (
    f"Not finished, and not in these numbers: {', '.join(results.missing)}."
  )


def checks(results: results_lib.Results) -> list[tuple[bool, str]]:
  """What was looked at in the files before these numbers were printed.

  Args:
    results: All trials.

  Returns:
    (whether it holds, what) for each.
  """
  return [
    _same_test(results),
    _disjoint_folds(results),
    *_validation_apart(results),
    (not results.missing, missing(results) or "All trials are finished."),
  ]


def _trials(results):
  return list(results.trials.values())


def _same_test(results):
  digests = {(t.fold, t.digest) for t in _trials(results)}
  tested = {t.fold for t in _trials(results)}
  good = len(digests) == len(tested)
  text = (
    "In each fold, all methods and repeats were tested on the same frames "
    "with the same labels."
    if good
    else "Methods or repeats were tested on different frames or labels of the "
    "same fold; their numbers do not compare."
  )
  return good, text


def _disjoint_folds(results):
  tested = {}
  for trial in _trials(results):
    tested.setdefault(trial.fold, set()).update(trial.subjects)
  everybody = [subject for group in tested.values() for subject in group]
  twice = sorted({s for s in everybody if everybody.count(s) > 1})
  if twice:
    return False, f"Tested in more than one fold: {', '.join(twice)}."
  return True, "No subject is tested in more than one fold."


def _validation_apart(results):
  """Nothing to say where trials do not name their subjects."""
  uses = ("train", "validation")
  known = [t for t in _trials(results) if any(map(t.apart, uses))]
  leaks = sorted(
    f"{subject} ({t.method} fold {t.fold} repeat {t.repeat})"
    for t in known
    for subject in {s for use in uses for s in t.apart(use)} & set(t.subjects)
  )
  if leaks:
    yield (
      False,
      "Tested by a model that was trained or chosen on them: "
      f"{', '.join(leaks)}.",
    )
  elif known:
    yield True, "No subject is tested by a model trained or chosen on them."


def _wins(compared, sign):
  """Such as "2 of 3 folds, 5 of 6 trials and on 6 of 8 AUs"."""
  return "{} folds, {} paired trials and on {} AUs".format(
    *map(
      lambda values: _share(values, sign),
      (list(compared.by_fold.values()), compared.trials, compared.per_au),
    )
  )


def _share(values: Sequence[float], sign):
  won = sum(sign * value > 0 for value in values)
  return f"{won} of {len(values)}"


def _many(number, noun):
  return f"{number:,} {noun}{'' if number == 1 else 's'}"
