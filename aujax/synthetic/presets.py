"""What a synthetic dataset imitates: base rates and expressions by name.

The rates of the AUs that the real dataset codes are published counts (the
preset's source); those of the other AUs and the expressions are assumed.
"""

import dataclasses
import functools
import json
from importlib import resources

import numpy as np
from jaxtyping import Float64

from aujax import action_units


@dataclasses.dataclass(frozen=True)
class Expression:
  """AUs that come together.

  Attributes:
    columns: Their columns in `action_units.SYNTHETIC`.
    rate: Share of frames in which they are present, in [0, 1].
    speech: Whether the intensity swings as a speaking mouth does.
  """

  columns: tuple[int, ...]
  rate: float
  speech: bool = False


@dataclasses.dataclass(frozen=True, eq=False)
class Preset:
  """What a dataset is like.

  Attributes:
    name: A key of `names()`.
    source: Where the rates come from.
    coded: The AUs whose rates are published.
    rates: `[18]` share of frames with intensity >= 2, in the order of
      `action_units.SYNTHETIC`.
    expressions: Templates, and for each AU an expression of itself alone
      that makes up what the templates leave of its rate.
  """

  name: str
  source: str
  coded: tuple[int, ...]
  rates: Float64[np.ndarray, "18"]
  expressions: tuple[Expression, ...]


def names() -> list[str]:
  """Returns the names of the presets, sorted."""
  return sorted(_read())


@functools.cache
def load(name: str) -> Preset:
  """Returns a preset.

  Args:
    name: One of `names()`.

  Returns:
    The preset.

  Raises:
    ValueError: If there is none of that name.

  Example:
    >>> load("disfa").coded
    (1, 2, 4, 6, 9, 12, 25, 26)
  """
  if name not in _read():
    raise ValueError(f"expected a preset of {names()}, got {name!r}")
  data = _read()[name]
  given = data["rates"] | data["assumed_rates"]
  rates = np.array([given[str(au)] for au in action_units.SYNTHETIC])
  templates = [_parse(text, rate) for text, rate in data["templates"].items()]
  templates += [_parse(text, r, True) for text, r in data["speech"].items()]
  return Preset(
    name=name,
    source=data["source"],
    coded=tuple(int(au) for au in data["rates"]),
    rates=rates,
    expressions=(*templates, *_singles(templates, rates)),
  )


@functools.cache
def _read() -> dict:
  path = resources.files("aujax.synthetic").joinpath("presets.json")
  return json.loads(path.read_text(encoding="utf-8"))


def _parse(text: str, rate: float, speech: bool = False) -> Expression:
  aus = [int(au) for au in text.split("+")]
  columns = tuple(action_units.SYNTHETIC.index(au) for au in aus)
  return Expression(columns, rate, speech)


def _singles(templates: list[Expression], rates: np.ndarray) -> list:
  left = rates.copy()
  for template in templates:
    left[list(template.columns)] -= template.rate
  return [
    Expression((column,), rate) for column, rate in enumerate(left) if rate > 0
  ]
