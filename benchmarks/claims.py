"""Tests the central claim of each paper on faces whose true AUs are known.

  python -m benchmarks.claims [--workdir DIR] [--scale X] [--only 1,5]
    [--frames N] [--epochs N] [--output docs/claims.md]

Everything resumes: called again with the same --workdir it computes what is
missing and prints the tables. At scale 1 it takes about an hour on 2 free
cores; --scale 2 doubles subjects and repeats, in four times the time.
"""

import argparse
import dataclasses
import datetime
import os
import pathlib
import platform
import sys
import time

from aujax import runtime

runtime.configure()  # Before jax is imported, which the next lines do.

import jax  # noqa: E402

from aujax import protocol  # noqa: E402
from benchmarks import claims_experiments, claims_tables  # noqa: E402

TITLES = {
  1: "Robin Hood label smoothing (Tallec et al. 2023, Table 1, Figures 3, 4)",
  2: "Balancing unique class groups (Rieger et al. 2020, Table II)",
  3: "Balanced sampling, selective weights, thresholds, ensemble (Ji et al."
  " 2020, Table 2)",
  4: "Attention and re-weighted loss (Le Hoai et al. 2022, Table 1)",
  5: "MOMU, stratified and random batches (Chu et al. 2019, Tables 3, 4)",
}


def main():
  parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
  parser.add_argument("--workdir", default="claims", help="keeps all trials")
  parser.add_argument("--scale", type=float, default=1.0, help="how much")
  parser.add_argument("--only", default="1,2,3,4,5", help="claims to test")
  parser.add_argument("--frames", type=int, help="of each subject")
  parser.add_argument("--epochs", type=int, help="of each training")
  parser.add_argument("--output", help="a Markdown file, beside printing")
  arguments = parser.parse_args()
  workdir = pathlib.Path(arguments.workdir)
  scale = claims_experiments.Scale().times(arguments.scale)
  for name in ("frames", "epochs"):
    if getattr(arguments, name):
      scale = dataclasses.replace(scale, **{name: getattr(arguments, name)})
  only = {int(number) for number in arguments.only.split(",")}
  started = time.monotonic()
  finished = {}
  for experiment in claims_experiments.experiments(workdir / "data", scale):
    if experiment.claim in only:
      folder = workdir / experiment.name
      run(experiment, folder)
      finished.setdefault(experiment.claim, []).append(
        claims_tables.Finished(experiment, folder)
      )
  seconds = time.monotonic() - started
  text = "\n".join(document(finished, scale, seconds)) + "\n"
  print(text)
  if arguments.output:
    pathlib.Path(arguments.output).write_text(text)


def run(
  experiment: claims_experiments.Experiment, folder: pathlib.Path
) -> None:
  """Runs what is missing of an experiment; a failed trial ends it."""
  outcome = protocol.crossvalidate(
    experiment.config,
    folder,
    sweep=experiment.sweep,
    say=lambda line: print(line, file=sys.stderr),
  )
  for trial, reason in outcome.failures.items():
    raise SystemExit(f"error: {trial} failed with: {reason}")


def document(finished, scale, seconds):
  """Lines of the tables, with what made them."""
  yield heading(scale, seconds)
  for claim, experiments in finished.items():
    yield f"\n## {claim}. {TITLES[claim]}\n"
    yield from claims_tables.differences(experiments)
    yield ""
    yield from claims_tables.levels(experiments)
    for one in experiments:
      if one.experiment.sweep:
        yield f"\nF1 against beta, {one.experiment.condition}:\n"
        yield from claims_tables.betas(one)
      elif claim == 1 and one.experiment.name.endswith("strong_1"):
        yield f"\nProbabilities on test faces, {one.experiment.condition}:\n"
        yield from claims_tables.confidence(one)


def heading(scale, seconds):
  """Machine, date and size."""
  return (
    f"{datetime.date.today()}, {os.cpu_count()} cores, Python "
    f"{platform.python_version()}, jax {jax.__version__}; {scale.subjects} "
    f"subjects of {scale.frames} frames in each dataset, {scale.epochs} "
    f"epochs, {claims_experiments.FOLDS} folds, {scale.repeats} seeds (1 for "
    f"claim 1, {2 * scale.repeats} between datasets); {seconds / 60:.0f} "
    "minutes."
  )


if __name__ == "__main__":
  main()
