"""The sentences of the report: what the numbers say, and no more than that."""

from collections.abc import Sequence

from aujax.report.numbers import pairs
from aujax.report.numbers import results as results_lib
from aujax.report.text import cells, facts


def subtitle(results: results_lib.Results) -> str:
  """The size of the experiment in one line."""
  tested = [t for t in map(results.fold, results.folds) if t is not None]
  subjects = {subject for trial in tested for subject in trial.subjects}
  frames = sum(trial.num_frames for trial in tested)
  parts = (
    facts.many(len(results.methods), "method"),
    facts.many(len(results.folds), "fold"),
    facts.many(len(results.repeats), "repeat"),
    facts.many(len(subjects), "subject"),
    facts.many(frames, "frame"),
    facts.many(len(results.aus), "AU"),
  )
  return " · ".join(parts)


def comparison(compared: pairs.Comparison) -> str:
  """Which of two methods is ahead, and how steadily."""
  where = cells.AGAINST[compared.against]
  first, second = compared.method, compared.reference
  ahead = round(100 * compared.mean, 1)
  if ahead == 0:
    return (
      f"{first} and {second} are equal to one decimal {where}; {first} is "
      f"ahead in {_wins(compared, 1)}{_sure(compared, 1)}."
    )
  sign = 1 if ahead > 0 else -1
  if sign < 0:
    first, second = second, first
  return (
    f"{first} is ahead of {second} by {abs(ahead):.1f} points of macro F1 "
    f"{where}: in {_wins(compared, sign)}{_sure(compared, sign)}."
  )


def comparisons(results: results_lib.Results) -> list[str]:
  """How two methods compare, or that a table says so, and its limits."""
  if many_pairs(results):
    return [caution(results)]
  lines = [
    comparison(compared)
    for against in results.targets
    for compared in pairs.comparisons(results, against)
  ]
  return [*lines, caution(results)] if lines else []


def many_pairs(results: results_lib.Results) -> bool:
  """Whether the comparisons are better read as a table."""
  return len(pairs.comparisons(results, "labels")) > 1


def caution(results: results_lib.Results) -> str:
  """What the comparison does not say."""
  found = pairs.comparisons(results, "labels")
  text = (
    "Differences are plain averages of paired differences, fold by fold and "
    "repeat by repeat."
  )
  if any(compared.interval for compared in found):
    text += (
      " Their intervals draw the test subjects of each fold anew and know "
      "nothing of other training subjects."
    )
  tests = [compared.paired for compared in found if compared.paired]
  if not tests:
    folds = facts.many(len(results.folds), "fold")
    return f"{text} With {folds} they are no test of significance."
  folds = facts.many(len(tests[0].per_fold), "fold")
  many = "; it knows nothing of how many pairs there are"
  many = many if len(tests) > 1 else ""
  least = cells.p_value(max(test.smallest_p_value for test in tests))
  return (
    f"{text} p is the share of the ways to swap two methods within folds that "
    f"give as large a difference; with {folds} it cannot be below "
    f"{least.removeprefix('< ')}, and folds share training subjects, so it is "
    f"a hint and no proof{many}."
  )


def threshold(results: results_lib.Results) -> str:
  """The rule that turns scores into detections, and on what it was chosen."""
  rules = facts.thresholds(results)
  start = "An AU counts as detected where its score is at least"
  return f"{start} {rules}."


def epochs(results: results_lib.Results) -> str:
  """How the model that was tested was chosen."""
  if results.is_foreign:
    return "Of how these systems were trained and chosen nothing is known here."
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
  # What was chosen or combined from other trials was not trained again.
  trained = [t for t in _trials(results) if not (t.choice or t.members)]
  spent = [t.settings.get("seconds") for t in trained]
  if not spent or not all(isinstance(s, (int, float)) for s in spent):
    return ""
  where = sorted({str(t.settings.get("devices", "")) for t in trained})
  where = f" on {' and '.join(where)}" if all(where) else ""
  return (
    f"{facts.many(len(spent), 'trial')} took {cells.duration(sum(spent))} in "
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


def _sure(compared, sign):
  """Interval and p value in brackets, as far as there are."""
  parts = []
  if compared.interval:
    ends = sorted(
      sign * end for end in (compared.interval.low, compared.interval.high)
    )
    low, high = (cells.number(end, sign=True) for end in ends)
    parts.append(f"95 % interval over test subjects {low} to {high}")
  if compared.paired:
    p = cells.p_value(compared.paired.p_value)
    parts.append(f"p {p}" if p.startswith("<") else f"p = {p}")
  return f" ({', '.join(parts)})" if parts else ""


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
