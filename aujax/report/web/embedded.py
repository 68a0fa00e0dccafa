"""What the page's scripts count and draw from, packed small.

Counts are little-endian base-128 numbers in base64, mostly one byte each: a
trial, AU and target takes some 350 characters. More than `MOST_BYTES` of them
are not embedded: the truth goes first, then methods from the last one on, and
what is shown of them stays as it was tested.
"""

import base64
from collections.abc import Iterable
from typing import Any

import numpy as np

from aujax import action_units
from aujax.report.numbers import results as results_lib
from aujax.report.web import evidence, shown, tested

MOST_BYTES = 750_000

Evidences = dict[tuple[str, int, int], evidence.Evidence]


def data(results: results_lib.Results, evidences: Evidences) -> dict[str, Any]:
  """Everything the scripts need, ready for JSON.

  Args:
    results: The trials.
    evidences: Of the frames of each.

  Returns:
    "aus", "methods", "targets" (those with counts), "tested" (each AU's
    threshold, None where trials differ) and "tracks". A method has
    "counts" by target: for each repeat, fold and AU 101 bins of negatives, 101
    of positives, and the hits and false alarms as tested.
  """
  layouts = {
    name: tested.layout(results, name)
    for name in shown.methods(results, shown.MOST_CLOSELY)
  }
  packed = {
    against: {
      name: _pack(results, evidences, rows, against)
      for name, rows in layouts.items()
    }
    for against in results.targets
  }
  targets, methods = _fitting(packed)
  return {
    "aus": [action_units.name(au) for au in results.aus],
    "methods": [
      {
        "name": name,
        "series": shown.series(results, name),
        "repeats": len(layouts[name]),
        "folds": len(layouts[name][0]),
        "counts": {against: packed[against][name] for against in targets},
      }
      for name in methods
    ],
    "targets": targets,
    "tested": [_tested(results, i) for i in range(len(results.aus))],
    "tracks": _tracks(results, evidences),
  }


def pack(values: Iterable[int]) -> bytes:
  """Whole numbers in as many bytes as each needs, 7 bits a byte.

  Args:
    values: Not negative.

  Returns:
    The bytes; all but a number's last have their highest bit set.

  Example:
    >>> pack([5, 300]).hex()
    '05ac02'
  """
  packed = bytearray()
  for value in values:
    while value > 127:
      packed.append(value & 127 | 128)
      value >>= 7
    packed.append(value)
  return bytes(packed)


def _tested(results, i):
  """An AU's threshold where all trials have the same, else None."""
  found = {
    float(np.broadcast_to(trial.threshold, len(results.aus))[i])
    for trial in results.trials.values()
  }
  return found.pop() if len(found) == 1 else None


def _pack(results, evidences, rows, against):
  values = []
  for key in (key for row in rows for key in row):
    bins = evidences[key].bins[against]
    counts = results.trials[key].counts[against]
    tested = np.stack([counts.tp, counts.fp], 1)
    flat = bins.reshape(len(bins), -1)
    values += np.concatenate([flat, tested], 1).ravel().tolist()
  return _text(pack(values))


def _fitting(packed):
  """The targets and methods whose counts may be embedded."""
  sizes = {a: sum(map(len, by.values())) for a, by in packed.items()}
  targets = list(packed)
  if sum(sizes.values()) > MOST_BYTES:
    targets = targets[:1]
  methods, total = [], 0
  for name in packed[targets[0]]:
    total += sum(len(packed[against][name]) for against in targets)
    if total > MOST_BYTES and methods:
      break
    methods.append(name)
  return targets, methods


def _tracks(results, evidences):
  """Videos by fold, each with the scores of every method that has them."""
  found = {}
  for (method, fold, _), seen in evidences.items():
    for track in seen.tracks:
      name = f"Fold {fold}: {track.name}"
      video = found.setdefault(
        name,
        {
          "name": name,
          "frames": [*track.frames.tolist(), track.last],
          "coded": {a: _bytes(bits) for a, bits in track.coded.items()},
          "scores": [],
        },
      )
      video["scores"].append(
        {
          "name": method,
          "series": shown.series(results, method),
          "low": _bytes(track.low),
          "high": _bytes(track.high | track.detected.astype(np.uint8) << 7),
        }
      )
  return list(found.values())


def _bytes(values):
  """Columns of each AU in turn, a byte each."""
  return _text(np.ascontiguousarray(values.T, np.uint8).tobytes())


def _text(content):
  return base64.b64encode(content).decode()
