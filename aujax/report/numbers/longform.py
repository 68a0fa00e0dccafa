"""All results as one long table, for whoever draws another figure of them.

One row per trial, AU, target and metric: method, base_method, one column per
swept setting, fold, repeat, au ("AU01", or "macro" for the mean over AUs),
against ("labels" or "truth"), metric and value. Shares are in [0, 1], counts
are numbers of frames; what is not defined is nan.
"""

from collections.abc import Iterator
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from aujax import action_units, evaluation
from aujax.report.numbers import results as results_lib
from aujax.report.numbers import summary
from aujax.report.numbers import trials as trials_lib
from aujax.report.text import sweeps

_COUNTS = ("tp", "fp", "fn", "tn")
_PER_AU = {
  "f1": evaluation.f1,
  "precision": evaluation.precision,
  "recall": evaluation.recall,
  "accuracy": evaluation.accuracy,
}


def frame(results: results_lib.Results) -> pd.DataFrame:
  """Every number of every trial.

  Args:
    results: All trials.

  Returns:
    One row per number. Of what was not swept there is no column; what another
    method sweeps is missing.
  """
  variants, names = results.variants, sweeps.names(results)
  rows = []
  for (method, fold, repeat), trial in results.trials.items():
    variant = variants.get(method, {"method": method, "values": {}})
    start = {"method": method, "base_method": variant["method"]}
    start |= {short: variant["values"].get(key) for key, short in names.items()}
    start |= {"fold": fold, "repeat": repeat}
    for against in trial.counts:
      for au, metric, value in _numbers(trial, against):
        rows.append(
          start
          | {"au": au, "against": against, "metric": metric, "value": value}
        )
  found = pd.DataFrame(rows)
  for short in names.values():
    found[short] = _column(found[short])
  return found


def encode(results: results_lib.Results) -> bytes:
  """The long table as a Parquet file.

  Args:
    results: All trials.

  Returns:
    Its content.
  """
  sink = pa.BufferOutputStream()
  table = pa.Table.from_pandas(frame(results), preserve_index=False)
  pq.write_table(table, sink, compression="zstd")
  return sink.getvalue().to_pybytes()


def _numbers(
  trial: trials_lib.Trial, against: str
) -> Iterator[tuple[str, str, float]]:
  """(AU, metric, value) of a trial."""
  counts, measures = trial.counts[against], trial.measures[against]
  per_au = {name: function(counts) for name, function in _PER_AU.items()}
  per_au |= {name: getattr(measures, name) for name in summary.MEASURES}
  for metric, values in per_au.items():
    for au, value in zip(trial.aus, values, strict=True):
      yield action_units.name(au), metric, float(value)
    yield "macro", metric, evaluation.macro(values)
  for metric in _COUNTS:
    for au, value in zip(trial.aus, getattr(counts, metric), strict=True):
      yield action_units.name(au), metric, float(value)
  for metric, function in summary.WHOLE.items():
    yield "macro", metric, function(counts)


def _column(values: pd.Series) -> Any:
  """Numbers as such; words as text, and numbers that stand among words."""
  known = values.dropna()
  if all(
    isinstance(v, (int, float)) and not isinstance(v, bool) for v in known
  ):
    return values.astype(float)
  return values.map(lambda value: None if value is None else str(value))
