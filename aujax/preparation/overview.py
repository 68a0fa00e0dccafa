"""What a table holds and what became of it, as lines for the terminal."""

import collections
import csv
import pathlib
from collections.abc import Iterator

import numpy as np

from aujax import action_units
from aujax.data import images, mark, records
from aujax.data import table as table_lib
from aujax.preparation import recipe as recipe_lib
from aujax.preparation import run, units

# Pictures that are encoded to estimate the size of all.
_SAMPLES = 8


def summary(table: table_lib.Table) -> str:
  """Says how many frames and subjects a table has and how its labels lie.

  Args:
    table: Any table.

  Returns:
    Lines for the terminal: one for the table and one for each AU.
  """
  known = table.mask.sum(0)
  # With NumPy: what needs no faces has no use for JAX, which starts slowly.
  rates = (table.labels == 1).sum(0) / np.maximum(known, 1)
  unknown = 1 - known / max(len(table), 1)
  lines = [f"{len(table)} frames of {len(table.subjects)} subjects"]
  for au, rate, share in zip(table.aus, rates, unknown, strict=True):
    line = f"{action_units.name(au)}  present {rate:6.1%}"
    lines.append(line + (f"  unknown {share:6.1%}" if share else ""))
  return "\n".join(lines)


def skipped(directory: str | pathlib.Path) -> str:
  """Says how many rows were left out of records, and why.

  Args:
    directory: A records folder.

  Returns:
    Lines for the terminal; none if all rows are there.
  """
  path = pathlib.Path(directory) / run.SKIPPED
  if not path.exists():
    return ""
  with path.open(newline="", encoding="utf-8") as file:
    counts = collections.Counter(row["reason"] for row in csv.DictReader(file))
  lines = [f"{counts.total()} rows without a picture, listed in {path}:"]
  lines += [f"  {number} {reason}" for reason, number in counts.most_common()]
  return "\n".join(lines)


def forecast(
  table: table_lib.Table, root: str | pathlib.Path, recipe: recipe_lib.Recipe
) -> str:
  """Says what preparing a table would read and write, and writes nothing.

  Args:
    table: Frames to write.
    root: Folder that the table's image keys are relative to.
    recipe: How pictures would become faces.

  Returns:
    Lines for the terminal.
  """
  root = pathlib.Path(root)
  rows = collections.Counter(images.parse_key(k)[0] for k in table.image)
  missing = [name for name in rows if not (root / name).is_file()]
  lines = [f"{len(rows)} files in {len(units.split(table))} units of work"]
  if missing:
    num_rows = sum(rows[name] for name in missing)
    lines.append(
      f"missing: {len(missing)} of them, with {num_rows} rows, the first "
      f"{root / missing[0]}"
    )
  firsts = {images.parse_key(key)[0]: key for key in table.image[::-1].tolist()}
  sizes = list(_encoded_sizes(list(firsts.values()), root, recipe))
  if sizes:
    megabytes = np.mean(sizes) * len(table) / 1e6
    lines.append(
      f"about {megabytes:,.2f} MB, by {len(sizes)} of them; twice that while "
      "it is written"
    )
  return "\n".join(lines)


def _encoded_sizes(keys, root, recipe) -> Iterator[int]:
  """Encodes a few pictures, each the first of its file that is asked for."""
  encoding = mark.encoding(recipe.quality, lossless=recipe.lossless)
  for key in keys[:: -(-len(keys) // _SAMPLES)]:
    try:
      (picture,) = images.read(root, [key])
    except (OSError, ValueError):
      continue
    square = images.square(picture, recipe.size)
    yield len(records.encode(square, encoding))
