"""Reports scores: an HTML page, Markdown, LaTeX, and a table right here.

Reads the finished trials below --workdir, counts every number anew from their
scores, and writes report/index.html, results.md, results.tex and
results.parquet. Trials that are missing are named and left out.

  aujax-report --workdir=quickstart/run

Instead of a cross-validation it takes the scores of any other systems, as CSV
or Parquet with the columns subject, frame and, per AU, AU01 (1, 0 or -1 for
unknown) and AU01_score (in [0, 1]); sequence, fold, repeat and method may be
there. A name before the file names the method:

  aujax-report theirs.csv ours=other.csv --threshold=0.5 --output=page

Files of one method are its test folds, such as those of our own trials:
ours=run/baseline/fold0/repeat0/scores.parquet and so on.
"""

from absl import flags

from aujax import report
from aujax.commands import _app

_WORKDIR = flags.DEFINE_string(
  "workdir", None, "Where the cross-validation was run."
)
_OUTPUT = flags.DEFINE_string(
  "output", None, "Folder for the page; report/ in the workdir by default."
)
_THRESHOLD = flags.DEFINE_float(
  "threshold", 0.5, "Of files: an AU is detected from this score on."
)
_TITLE = flags.DEFINE_string(
  "title", None, "Of files: name of the dataset, for the head of the page."
)


def main(argv):
  """Writes the page and prints the main table and where the page is."""
  files = argv[1:]
  if bool(files) == bool(_WORKDIR.value):
    raise ValueError(
      "expected --workdir or files of scores, got "
      + ("both" if files else "neither")
    )
  if not files:
    for flag in (_THRESHOLD, _TITLE):
      if flag.present:
        raise ValueError(
          f"expected --{flag.name} with files of scores only; an experiment "
          "has its own"
        )
    print(report.write(_WORKDIR.value, output=_OUTPUT.value))
    return
  if not _OUTPUT.value:
    raise ValueError("expected --output, a folder for the page, got none")
  print(
    report.write_systems(
      files,
      output=_OUTPUT.value,
      threshold=_THRESHOLD.value,
      title=_TITLE.value,
    )
  )


main.takes_arguments = True


def run():
  """Entry point of aujax-report."""
  _app.run(main)


if __name__ == "__main__":
  run()
