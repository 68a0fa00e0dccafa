r"""Cross-validates the methods of a config and prints their table.

Trials that are complete are kept, an interrupted one goes on where it was, one
that fails is named and stops no other, and the page is written again at the
end. A sweep tries every combination of some values of the config:

  aujax-crossvalidate --config=configs/quickstart.py --workdir=runs/beta \
    --sweep=methods.robin_hood.beta=0,0.1,0.25,0.5 --repeats=5
"""

import pathlib
import sys

from absl import flags

from aujax import protocol, report
from aujax.commands import _app

_CONFIG, _WORKDIR = _app.define_experiment()
_REPEATS = flags.DEFINE_integer(
  "repeats", None, "How many seeds; config.num_repeats by default."
)
_SWEEP = flags.DEFINE_multi_string(
  "sweep",
  [],
  "A setting and the values to try, such as sampler=random,momu; may be given"
  " several times.",
)


def main(argv):
  """Runs the command."""
  del argv
  config, workdir = _CONFIG.value, pathlib.Path(_WORKDIR.value)
  if _REPEATS.value is not None:
    config.num_repeats = _REPEATS.value
  experiment = protocol.crossvalidate(
    config, workdir, sweep=dict(map(_parse, _SWEEP.value))
  )
  failures = experiment.failures
  if len(failures) < len(experiment.trials):
    print(report.write(workdir))
  if not failures:
    return 0
  trial, reason = next(iter(failures.items()))
  print(
    f"error: {len(failures)} of {len(experiment.trials)} trials failed, "
    f"{trial} with: {reason}; the same command tries them again",
    file=sys.stderr,
  )
  return 1


def run():
  """Entry point of aujax-crossvalidate."""
  _app.run(main)


def _parse(text):
  """Such as "sampler=random,momu" as ("sampler", ["random", "momu"])."""
  key, values = _app.setting("sweep", text, example="sampler=random,momu")
  return key, [_app.literal(value.strip()) for value in values.split(",")]


if __name__ == "__main__":
  run()
