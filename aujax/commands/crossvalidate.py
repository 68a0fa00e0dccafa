"""Cross-validates the methods of a config and prints their table.

Trials that are complete are kept, an interrupted one goes on where it was, and
the page is written again at the end.
"""

import pathlib

from aujax import protocol, report
from aujax.commands import _app

_CONFIG, _WORKDIR = _app.define_experiment()


def main(argv):
  """Runs the command."""
  del argv
  workdir = pathlib.Path(_WORKDIR.value)
  protocol.crossvalidate(_CONFIG.value, workdir)
  print(report.write(workdir))


def run():
  """Entry point of aujax-crossvalidate."""
  _app.run(main)


if __name__ == "__main__":
  run()
