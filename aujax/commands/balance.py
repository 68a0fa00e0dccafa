"""Shows how labels lie, before and after every way of balancing them.

Frames of each AU in the data as it is, with unique class groups balanced, and
resampled; then how many are in the batches of every sampler.

  aujax-balance --records=data/disfa --output=balance

With --output, tables are written as balance.md, balance.tex and CSV, figures as
PNG and PDF.
"""

import functools
import pathlib

import numpy as np
from absl import flags

from aujax import action_units
from aujax.commands import _app, _dataset
from aujax.data import records
from aujax.data import table as table_lib
from aujax.report import files
from aujax.report.paper import distribution_figures as figures
from aujax.report.paper import print_style
from aujax.report.text import distribution, formats
from aujax.sampling import batches, groups, resampling

_RECORDS = flags.DEFINE_string("records", None, "Folder of aujax-prepare.")
_TABLE = flags.DEFINE_string("table", None, "Parquet file of a table.")
_AUS = flags.DEFINE_list(
  "aus", None, "AUs to take, as 1,2,4; by default those of the data."
)
_OUTPUT = flags.DEFINE_string("output", None, "Folder for tables and figures.")
_VARIANCE_WEIGHT = flags.DEFINE_float(
  "variance_weight", 70.0, "How much groups should grow alike."
)
_MAX_GROWTH = flags.DEFINE_float(
  "max_growth", 10.0, "How many times its images a group may have at most."
)
_NORMALIZE = flags.DEFINE_bool(
  "normalize", False, "Divide the AUs' imbalance by the number of images."
)
_PERCENT = flags.DEFINE_float(
  "percent", 25.0, "Share of the images that resampling clones or leaves out."
)
_BATCH_SIZE = flags.DEFINE_integer("batch_size", 196, "Images of a batch.")
_DRAW = flags.DEFINE_integer("draw", 4, "Images that MOMU draws at a time.")
_SEED = flags.DEFINE_integer("seed", 0, "Decides what chance decides.")


def main(argv):
  """Prints the tables, and writes them with the figures if asked to."""
  del argv
  output = pathlib.Path(_OUTPUT.value) if _OUTPUT.value else None
  if output and output.exists() and not output.is_dir():
    raise NotADirectoryError(
      f"expected a folder as --output, got the file {output}"
    )
  aus, labels = _read()
  counts = _count_in_batches(labels)
  unique = groups.unique_groups(labels)
  balance = groups.balance(unique, **_options())
  columns = _distributions(labels, unique.membership, balance)
  tables = [
    distribution.positives(aus, columns),
    distribution.rates(aus, columns),
    _optimizer(unique, balance),
    *(distribution.batches(aus, name, n) for name, n in counts.items()),
    distribution.evenness(counts),
  ]
  notes = _notes(aus, labels)
  if output:
    as_it_is, balanced = columns[:2]
    shown = unique.patterns.any(1)
    drawn = {
      "base_rates": figures.base_rates(aus, as_it_is.rates),
      "balance": figures.balance(aus, as_it_is.positives, balanced.positives),
      "batches": figures.batches(aus, counts),
      "convergence": figures.convergence(
        *groups.convergence(
          unique.patterns[shown], unique.counts[shown], **_options()
        )
      ),
    }
    _write(output, notes, tables, drawn)
  print("\n".join([notes, "", *map(formats.text, tables)]).rstrip())
  if output:
    print(f"\n{output / 'balance.md'}")


def run():
  """Entry point of aujax-balance."""
  _app.run(main)


def _read():
  """AUs and labels of the one source that was named."""
  sources = [flag for flag in (_RECORDS, _TABLE, _dataset.ROOT) if flag.value]
  if len(sources) != 1:
    got = " and ".join(f"--{flag.name}" for flag in sources) or "none"
    raise ValueError(
      f"expected one of --records, --table and --root, got {got}"
    )
  aus = tuple(action_units.parse(name) for name in _AUS.value or ())
  if _dataset.ROOT.value:
    table = _dataset.read(aus)
  elif _RECORDS.value:
    table = records.open_(_RECORDS.value).table
  else:
    table = table_lib.read_parquet(_TABLE.value)
  if missing := [au for au in aus if au not in table.aus]:
    raise ValueError(
      f"expected --aus among those coded, {list(table.aus)}, got {missing}"
    )
  labels = table.project(aus).labels if aus else table.labels
  if not (labels == 1).any():
    raise ValueError(
      f"expected an AU that is present somewhere, got none in {len(labels)}"
      f" frames of {labels.shape[1]} AUs; there is nothing to balance"
    )
  return aus or table.aus, labels


def _options():
  return {
    "variance_weight": _VARIANCE_WEIGHT.value,
    "max_growth": _MAX_GROWTH.value,
    "normalize": _NORMALIZE.value,
  }


def _count_in_batches(labels):
  """Frames of each AU in each batch `[steps, T]`, by the sampler's name."""
  size, seed = _BATCH_SIZE.value, _SEED.value
  plan = batches.random_batches(len(labels), size, seed=seed)
  stratified = functools.partial(
    batches.stratified_batches, labels, size, seed=seed
  )
  momu = functools.partial(
    batches.momu_batches,
    labels,
    size,
    len(plan),
    draw=_DRAW.value,
    seed=seed,
  )
  orders = {
    "Random": plan,
    "Stratified (Algorithm 1)": stratified(method="algorithm1"),
    "Stratified (iterative)": stratified(method="iterative"),
    "MOMU": momu(),
    "MOMU (refilled)": momu(refill="all"),
  }
  # An empty slot is -1 and takes the last row.
  present = np.pad(labels == 1, ((0, 1), (0, 0)))
  return {
    name: np.stack([present[rows].sum(0) for rows in plan])
    for name, plan in orders.items()
  }


def _distributions(labels, membership, balance):
  """How the labels lie as they are, in balanced groups, and resampled."""
  seed = {"seed": _SEED.value}
  options = {"percent": _PERCENT.value, **seed}
  repeats = groups.augmentation_plan(membership, balance.counts, **seed)
  every = np.arange(len(labels))
  rows = {
    "as it is": every,
    "groups": np.repeat(every, repeats),
    "ML-ROS": resampling.ml_ros(labels, **options),
    "ML-RUS": resampling.ml_rus(labels, **options),
    "LP-ROS": resampling.lp_ros(labels, **options),
    "LP-RUS": resampling.lp_rus(labels, **options),
  }
  return [_distribution(name, labels[taken]) for name, taken in rows.items()]


def _distribution(name, labels):
  measured = resampling.imbalance(labels)
  irlbl = measured.irlbl[np.isfinite(measured.irlbl)]
  return distribution.Distribution(
    name=name,
    positives=(labels == 1).sum(0),
    known=(labels != action_units.UNKNOWN).sum(0),
    num_images=len(labels),
    imbalance={
      "MeanIR": measured.mean_ir,
      "CVIR": measured.cvir,
      "max IRLbl": max(irlbl, default=np.nan),
    },
  )


def _optimizer(unique, balance):
  """What balancing the groups came to, and how sure that is."""
  # A group that may not grow is as it is.
  as_it_is = groups.balance(unique, **_options() | {"max_growth": 1.0})
  images, found = unique.counts.sum(), balance.counts.sum()
  return distribution.quantities(
    "optimizer",
    "Balancing the unique groups",
    "The objective is how uneven the AUs are, and the groups' growths."
    " No way of repeating images has one below the bound.",
    {
      "unique groups": f"{len(unique.counts):,}",
      "objective as it is": f"{as_it_is.objective:,.6g}",
      "objective balanced": f"{balance.objective:,.6g}",
      "certified lower bound": f"{balance.lower_bound:,.6g}",
      "relative gap": f"{balance.gap:.1e}",
      "images added": f"{found - images:,}",
      "images added (%)": f"{100 * (found / images - 1):.1f}",
    },
  )


def _notes(aus, labels):
  """What the tables are of, in a paragraph."""
  unknown = (labels == action_units.UNKNOWN).mean(0)
  lines = [
    f"{len(labels):,} frames, {len(aus)} AUs; batches of {_BATCH_SIZE.value},"
    f" resampling by {_PERCENT.value:g} percent, seed {_SEED.value}."
  ]
  if unknown.any():
    shares = ", ".join(
      f"{action_units.name(au)} {share:.1%}"
      for au, share in zip(aus, unknown, strict=True)
      if share
    )
    lines.append(
      f"Unknown labels: {unknown.mean():.1%} ({shares}). They are not counted"
      " in base rates, and samplers take them as not present."
    )
  return "\n".join(lines)


def _write(folder, notes, tables, drawn):
  """Writes tables and figures, each file whole."""
  contents = {f"{t.key}.csv": distribution.as_csv(t).encode() for t in tables}
  for name, fig in drawn.items():
    for form in ("png", "pdf"):
      contents[f"{name}.{form}"] = print_style.encode(fig, form)
  pictures = [f"![{name}]({name}.png)\n" for name in drawn]
  parts = [
    "# How the labels lie\n",
    notes + "\n",
    *map(formats.markdown, tables),
  ]
  contents["balance.md"] = "\n".join([*parts, *pictures]).encode()
  contents["balance.tex"] = formats.latex_file(tables).encode()
  files.write(folder, contents)


if __name__ == "__main__":
  run()
