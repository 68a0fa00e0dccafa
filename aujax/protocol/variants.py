"""What is compared: a config's methods, each with every value it is swept over.

A method of the config is a loss with its options. Under "loss" it may name
another loss than its own name says, and under "set" settings of the config
that are its own, so that samplers, networks or optimizers are compared like
losses:

  config.methods.momu = {"loss": "baseline", "set": {"sampler": "momu"}}
"""

import dataclasses
import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import ml_collections

# What all variants of an experiment share, or they could not be compared.
_SHARED = (
  "dataset",
  "records",
  "test_records",
  "aus",
  "folds",
  "inner_folds",
  "validation_share",
  "num_repeats",
  "ensembles",
)


@dataclasses.dataclass(frozen=True, eq=False)
class Variant:
  """One way to train that is compared with others.

  Attributes:
    name: As folders and tables name it, such as "robin_hood beta=0.25".
    method: The entry of `config.methods` that it comes from.
    loss: Name of its loss, as in `aujax.training.methods`.
    options: The loss's options.
    config: The settings of its trials.
    values: What is swept: dotted key to value.
  """

  name: str
  method: str
  loss: str
  options: dict[str, Any]
  config: ml_collections.ConfigDict
  values: dict[str, Any]


def expand(
  config: ml_collections.ConfigDict,
  sweep: Mapping[str, Sequence[Any]] | None = None,
) -> dict[str, Variant]:
  """The variants of an experiment.

  Args:
    config: As `configs/common.py` describes it.
    sweep: Dotted keys of the config, each with the values to try; several
      keys make all combinations. A key below "methods." concerns that method
      alone, others concern every method.

  Returns:
    The variants by name, in the order of the methods.

  Raises:
    ValueError: If a key is not one of the config, does not take a value, or
      concerns what all variants must share.

  Example:
    >>> config = ml_collections.ConfigDict(
    ...   {"sampler": "random", "methods": {"baseline": {}, "robin_hood":
    ...   {"beta": 0.25}}})
    >>> list(expand(config, {"methods.robin_hood.beta": (0.1, 0.4)}))
    ['baseline', 'robin_hood beta=0.1', 'robin_hood beta=0.4']
  """
  sweep = dict(sweep or {})
  for key in sweep:
    _check_key(config, key, "the sweep")
  variants = {}
  for method in config.methods:
    keys = [k for k in sweep if _concerns(k, method)]
    for values in itertools.product(*(sweep[key] for key in keys)):
      variant = _variant(config, method, dict(zip(keys, values, strict=True)))
      variants[variant.name] = variant
  return variants


def _variant(config, method, values):
  changed = config.copy_and_resolve_references()
  options = changed.methods[method]
  if "set" in options:
    _update(changed, dict(_flat(options.set)), f"methods.{method}.set")
  # What is swept holds over what the method sets.
  _update(changed, values, "the sweep")
  options = changed.methods[method].to_dict()
  options.pop("set", None)
  shown = ", ".join(f"{k.split('.')[-1]}={v}" for k, v in values.items())
  return Variant(
    name=f"{method} {shown}" if shown else method,
    method=method,
    loss=options.pop("loss", method),
    options=options,
    config=changed,
    values=values,
  )


def _update(config, changes, where):
  for key in changes:
    _check_key(config, key, where)
  try:
    config.update_from_flattened_dict(changes)
  except (TypeError, ValueError) as error:
    raise ValueError(
      f"expected values like those in the config, got {changes} in {where}"
    ) from error


def _flat(config, prefix=""):
  """Dotted keys and values of a nested config."""
  for key, value in config.items():
    if isinstance(value, ml_collections.ConfigDict):
      yield from _flat(value, f"{prefix}{key}.")
    else:
      yield prefix + key, value


def _check_key(config, key, where):
  """Raises unless a key is a single setting that variants may differ in."""
  if key.partition(".")[0] in _SHARED:
    raise ValueError(
      f"expected settings that may differ between methods in {where}, got "
      f"{key!r}; make an experiment of its own for each"
    )
  at = config
  for part in key.split("."):
    if not isinstance(at, ml_collections.ConfigDict) or part not in at:
      raise ValueError(f"expected keys of the config in {where}, got {key!r}")
    at = at[part]
  if isinstance(at, ml_collections.ConfigDict):
    raise ValueError(
      f"expected a single setting in {where}, got {key!r}, which holds "
      f"{', '.join(at) or 'several'}"
    )


def _concerns(key, method):
  first, _, rest = key.partition(".")
  return first != "methods" or rest.partition(".")[0] == method
