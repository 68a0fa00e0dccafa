"""Trials made of other trials: the scores of several methods, combined."""

import hashlib
import json
import pathlib
from collections.abc import Collection

import ml_collections
import numpy as np

import aujax
from aujax import evaluation
from aujax.evaluation import scores as scores_lib
from aujax.models import folder
from aujax.protocol import choices, store

_DEFAULTS = {
  "members": (),
  "how": "probabilities",
  "weights": "equal",
  "threshold_rule": "",
}


def check(
  ensembles: ml_collections.ConfigDict, methods: Collection[str]
) -> None:
  """Finds out whether a config's ensembles can be made.

  Args:
    ensembles: By name, each with "members", names of methods, and how they are
      combined: "how" among "probabilities", "logits" and "vote", by each
      member's own thresholds, "weights" among "equal" and "validation", which
      chooses them there, and "threshold_rule", that of the config by default.
    methods: The names that trials have.

  Raises:
    ValueError: If a member is not known or an option is another one.
  """
  for name, given in ensembles.items():
    options = _options(name, given)
    for member in options["members"]:
      if member not in methods:
        raise ValueError(
          f"expected members of the ensemble {name!r} among "
          f"{', '.join(methods)}, got {member!r}"
        )
    if name in methods or len(options["members"]) < 2:
      raise ValueError(
        f"expected 2 members or more and a name of its own for the ensemble "
        f"{name!r}, got {options['members']}"
      )


def make(
  name: str,
  config: ml_collections.ConfigDict,
  fold: int,
  repeat: int,
  workdir: pathlib.Path,
) -> bool:
  """Combines the members' scores of one fold and repeat.

  Weights and thresholds are chosen on the validation subjects, which the
  members of a fold share.

  Args:
    name: An entry of `config.ensembles`.
    config: The experiment's config.
    fold: The fold that is tested.
    repeat: Which repeat.
    workdir: The experiment's folder.

  Returns:
    False if a member's trial is not complete.
  """
  options = _options(name, config.ensembles[name])
  members = [store.Trial(name, fold, repeat) for name in options["members"]]
  folders = [member.directory(workdir) for member in members]
  summaries = [store.summary(folder) for folder in folders]
  if not all(summaries):
    return False
  trial = store.Trial(name, fold, repeat)
  directory = trial.directory(workdir)
  digest = _digest(options, config, [s["digest"] for s in summaries])
  if (store.summary(directory) or {}).get("digest") == digest:
    return True
  validation, test = zip(*map(store.scores, folders), strict=True)
  own = [np.broadcast_to(s["threshold"], len(s["aus"])) for s in summaries]
  how = {
    "how": options["how"],
    "threshold": np.array(own) if options["how"] == "vote" else 0.5,
  }
  if options["weights"] == "validation":
    stacked = np.stack([scores.scores for scores in validation])
    how["weights"] = evaluation.best_weights(
      stacked, validation[0].labels, **how
    )
  validation, test = _combine(validation, how), _combine(test, how)
  rule = options["threshold_rule"] or config.threshold_rule
  summary = {
    "method": name,
    "fold": fold,
    "repeat": repeat,
    "members": list(options["members"]),
    "how": options["how"],
    "weights": np.asarray(how["weights"]).tolist()
    if "weights" in how
    else None,
    **{
      key: summaries[0][key]
      for key in ("dataset", "aus", "subjects", "base_rates")
    },
    "threshold_rule": rule,
    "threshold": choices.threshold(
      validation, rule=rule, otherwise=config.threshold
    ),
    "digest": digest,
    "aujax": aujax.__version__,
  }
  folder.write_ensemble(
    trial.model(workdir),
    [member.model(workdir) for member in members],
    how=summary["how"],
    weights=summary["weights"],
    thresholds=np.broadcast_to(
      summary["threshold"], len(summary["aus"])
    ).tolist(),
    threshold_rule=rule,
  )
  store.write(directory, summary, validation=validation, test=test)
  return True


def _options(name, given):
  options = given.to_dict()
  unknown = sorted(set(options) - set(_DEFAULTS))
  options = _DEFAULTS | options
  if unknown or options["weights"] not in ("equal", "validation"):
    raise ValueError(
      f"expected {', '.join(_DEFAULTS)} for the ensemble {name!r}, weights "
      f"'equal' or 'validation', got {given.to_dict()}"
    )
  rules = ("", *choices.RULES)
  if options["threshold_rule"] not in rules:
    raise ValueError(
      f"expected a threshold_rule among {', '.join(choices.RULES)} for the "
      f"ensemble {name!r}, got {options['threshold_rule']!r}"
    )
  if options["how"] not in ("probabilities", "logits", "vote"):
    raise ValueError(
      f"expected the ensemble {name!r} to combine probabilities, logits or "
      f"vote, got {options['how']!r}"
    )
  return options


def _combine(members, how):
  first = members[0]
  for other in members[1:]:
    if not (
      np.array_equal(first.frame, other.frame)
      and np.array_equal(first.sequence, other.sequence)
    ):
      raise ValueError(
        "expected members of an ensemble to score the same frames in the same"
        " order, got others; remove the workdir and run it again"
      )
  stacked = np.stack([member.scores for member in members])
  scores = evaluation.combine(stacked, **how)
  return scores_lib.from_table(first, scores)


def _digest(options, config, members):
  rule = [config.threshold_rule, config.threshold]
  text = json.dumps([options, rule, members], sort_keys=True)
  return hashlib.sha256(text.encode()).hexdigest()[:16]
