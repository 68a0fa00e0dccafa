"""Which methods the figures show, and in which colour.

Tables hold all methods. Figures hold as many as can be told apart; of a swept
value they show what was chosen on validation subjects.
"""

import functools

import numpy as np

from aujax.report.numbers import results as results_lib

# Colours of the page, and methods whose single frames are shown.
COLOURS = 8
MOST_CLOSELY = 6


@functools.lru_cache(maxsize=64)
def methods(
  results: results_lib.Results, most: int = COLOURS
) -> tuple[str, ...]:
  """The methods that figures show.

  Args:
    results: The trials.
    most: How many there is room for.

  Returns:
    All finished methods if they are no more than that. Otherwise those that
    were not swept and, of each swept method, what was chosen of it, or where
    nothing was, the variant with the best mean score on validation subjects;
    the first ones of these.
  """
  done = {method for method, _, _ in results.trials}
  present = [method for method in results.methods if method in done]
  if len(present) <= most:
    return tuple(present)
  chosen = any(trial.choice for trial in results.trials.values())
  scores = {name: mean for name, (mean, _) in validation(results).items()}
  groups = {}
  for name in present:
    variant = results.variants.get(name)
    group = str(variant.get("method")) if variant else name
    groups.setdefault(group, []).append(name)
  kept = set()
  for group in groups.values():
    if len(group) == 1 or not chosen:
      kept.add(max(group, key=lambda name: scores.get(name, -np.inf)))
  return tuple(name for name in present if name in kept)[:most]


def series(results: results_lib.Results, method: str) -> int:
  """The number of a method's colour, `COLOURS` for those without one."""
  names = methods(results)
  return names.index(method) if method in names else COLOURS


def sentence(results: results_lib.Results, names: tuple[str, ...]) -> str:
  """Which methods are left out of figures; empty if none is.

  Args:
    results: The trials.
    names: The methods that are shown.

  Returns:
    A sentence.
  """
  number = len({method for method, _, _ in results.trials})
  if number <= len(names):
    return ""
  rule = (
    ", of each swept value what is best on validation subjects"
    if results.variants
    else ""
  )
  return f"Shown of {number} methods: {', '.join(names)}{rule}."


@functools.lru_cache(maxsize=8)
def validation(
  results: results_lib.Results,
) -> dict[str, tuple[float, float]]:
  """Scores on validation subjects at the epoch that was chosen.

  Args:
    results: The trials.

  Returns:
    By method their mean over folds, then repeats, and the standard deviation
    over repeats, or over folds with a single repeat. Without the methods that
    recorded none.
  """
  found = {}
  for (method, _, repeat), trial in results.trials.items():
    score = dict(trial.history.validation).get(trial.settings.get("best_epoch"))
    if score is not None:
      found.setdefault(method, {}).setdefault(repeat, []).append(score)
  values = {}
  for method, by_repeat in found.items():
    means = [float(np.mean(scores)) for scores in by_repeat.values()]
    several = means if len(means) > 1 else next(iter(by_repeat.values()))
    std = np.std(several, ddof=1) if len(several) > 1 else np.nan
    values[method] = float(np.mean(means)), float(std)
  return values
