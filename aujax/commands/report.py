"""Reports an experiment: an HTML page, Markdown, and a table right here.

Reads the finished trials below --workdir, counts every number anew from their
scores, and writes report/index.html and report/results.md. Trials that are
missing are named and left out.

  aujax-report --workdir=quickstart/run
"""

from absl import flags

from aujax import report
from aujax.commands import _app

_WORKDIR = flags.DEFINE_string(
  "workdir", None, "Where the cross-validation was run.", required=True
)
_OUTPUT = flags.DEFINE_string(
  "output", None, "Folder for the page; report/ in the workdir by default."
)


def main(argv):
  """Writes the page and prints the main table and where the page is."""
  del argv
  print(report.write(_WORKDIR.value, output=_OUTPUT.value))


def run():
  """Entry point of aujax-report."""
  _app.run(main)


if __name__ == "__main__":
  run()
