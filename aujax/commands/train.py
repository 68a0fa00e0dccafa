"""Trains one method of a config on all folds but one, and tests it there.

Called again, it goes on where it was interrupted.
"""

import pathlib

from absl import flags

from aujax import protocol
from aujax.commands import _app

_CONFIG, _WORKDIR = _app.define_experiment()
_METHOD = flags.DEFINE_string(
  "method", "baseline", "One of the config's methods."
)
_FOLD = flags.DEFINE_integer("fold", 0, "The fold that is tested, from 0.")
_REPEAT = flags.DEFINE_integer("repeat", 0, "Which repeat, from 0.")


def main(argv):
  """Runs the command."""
  del argv
  trial = protocol.Trial(_METHOD.value, _FOLD.value, _REPEAT.value)
  workdir = pathlib.Path(_WORKDIR.value)
  protocol.train(trial, _CONFIG.value, workdir)
  print(f"scores of the test fold: {trial.directory(workdir)}/scores.parquet")


def run():
  """Entry point of aujax-train."""
  _app.run(main)


if __name__ == "__main__":
  run()
