"""Reads a dataset and writes its pictures and labels as a records folder.

aujax-prepare --root=/data/DISFA --output=records/disfa --size=112
"""

import numpy as np
from absl import flags

from aujax import action_units
from aujax.commands import _app, _dataset
from aujax.data import records
from aujax.data import table as table_lib

_OUTPUT = flags.DEFINE_string("output", None, "Records folder to write.")
_AUS = flags.DEFINE_list(
  "aus", None, "AUs to take, as 1,2,4; by default those usually reported."
)
_SIZE = flags.DEFINE_integer("size", 112, "Height and width in pixels.")
_STRIDE = flags.DEFINE_integer("stride", 1, "Take every k-th frame only.")
_QUALITY = flags.DEFINE_integer("quality", 95, "JPEG quality, 1 to 100.")
_LOSSLESS = flags.DEFINE_bool("lossless", False, "Store PNG, not JPEG.")
_OVERWRITE = flags.DEFINE_bool("overwrite", False, "Replace other records.")


def main(argv):
  """Writes the records unless they are there, and says what they hold."""
  del argv
  root = _dataset.ROOT
  for flag in (root, _OUTPUT):
    if not flag.value:
      raise ValueError(f"expected a folder, as --{flag.name}=..., got none")
  table = _dataset.read([action_units.parse(au) for au in _AUS.value or ()])
  table = table_lib.subsample(table, _STRIDE.value)
  written = records.write(
    table,
    root.value,
    _OUTPUT.value,
    size=_SIZE.value,
    quality=_QUALITY.value,
    lossless=_LOSSLESS.value,
    overwrite=_OVERWRITE.value,
    progress=True,
  )
  print("wrote" if written else "already prepared:", _OUTPUT.value)
  print(summary(table))


def summary(table: table_lib.Table) -> str:
  """Says how many frames and subjects a table has and how its labels lie.

  Args:
    table: Any table.

  Returns:
    Lines for the terminal: one for the table and one for each AU.
  """
  known = table.mask.sum(0)
  # With NumPy: this command has no other use for JAX, which starts slowly.
  rates = (table.labels == 1).sum(0) / np.maximum(known, 1)
  unknown = 1 - known / len(table)
  lines = [f"{len(table)} frames of {len(table.subjects)} subjects"]
  for au, rate, share in zip(table.aus, rates, unknown, strict=True):
    line = f"{action_units.name(au)}  present {rate:6.1%}"
    lines.append(line + (f"  unknown {share:6.1%}" if share else ""))
  return "\n".join(lines)


def run():
  """Starts the command."""
  _app.run(main)


if __name__ == "__main__":
  run()
