"""Writes the report: a page, and the same as Markdown, LaTeX and Parquet."""

import os
import pathlib
from collections.abc import Sequence

from aujax.report import files
from aujax.report.numbers import longform, systems
from aujax.report.numbers import results as results_lib
from aujax.report.text import (
  cells,
  facts,
  formats,
  overview,
  sweeps,
  tables,
  words,
)
from aujax.report.web import html


def write(
  workdir: str | os.PathLike, *, output: str | os.PathLike | None = None
) -> str:
  """Reports an experiment: index.html, results.md, .tex and .parquet.

  Args:
    workdir: Where the cross-validation was run.
    output: Folder for the files; report/ in the workdir by default.

  Returns:
    The main table for a terminal, its last line the path of the page.

  Raises:
    FileNotFoundError: If no trial is finished.
    NotADirectoryError: If the output is a file.
    ValueError: If a file in the workdir does not read.
  """
  directory = pathlib.Path(output or pathlib.Path(workdir) / "report")
  _check_folder(directory)
  return _write(results_lib.load(workdir), directory)


def write_systems(
  scores: Sequence[str | os.PathLike],
  *,
  output: str | os.PathLike,
  threshold: float = 0.5,
  title: str | None = None,
) -> str:
  """Reports files of scores of any systems, as `write` does an experiment.

  Args:
    scores: CSV or Parquet files, as `systems.load` takes them.
    output: Folder for the files.
    threshold: An AU is detected where its score is at least this.
    title: Name of the dataset, for the head of the page.

  Returns:
    The main table for a terminal, its last line the path of the page.

  Raises:
    FileNotFoundError: If there is no such file of scores.
    NotADirectoryError: If the output is a file.
    ValueError: If a file does not read, or files do not fit one another.
  """
  directory = pathlib.Path(output)
  _check_folder(directory)
  results = systems.load(scores, threshold=threshold, title=title)
  return _write(results, directory)


def markdown(results: results_lib.Results) -> str:
  """The tables and sentences of the page as Markdown."""
  made = [
    words.threshold(results),
    words.epochs(results),
    words.effort(results),
    *facts.notes(results),
    *(
      ("" if good else "Attention: ") + text
      for good, text in words.checks(results)
    ),
  ]
  parts = [
    f"# {results.dataset}: Action Unit detection\n",
    words.subtitle(results) + "\n",
    *(line + "\n" for line in (words.missing(results),) if line),
    "\n".join(f"- {name}: {text}" for name, text in facts.rows(results)) + "\n",
    *(line + "\n" for line in words.comparisons(results)),
    *(formats.markdown(table) for table in all_tables(results)),
    "## How it was made\n",
    "\n".join(f"- {line}" for line in made if line) + "\n",
  ]
  return "\n".join(parts)


def latex(results: results_lib.Results) -> str:
  """The tables of the page as LaTeX, to be taken into a paper."""
  about = f"{results.dataset}: {words.subtitle(results)}"
  return formats.latex_file(all_tables(results), about)


def text(results: results_lib.Results) -> str:
  """The main table and what is missing, for the terminal."""
  pairs = words.many_pairs(results)
  lines = [
    f"{results.dataset}: {words.subtitle(results)}",
    "",
    formats.text(overview.leading(results)[0]),
    *([formats.text(overview.differences(results))] if pairs else []),
    *words.comparisons(results),
    *facts.undefined(results),
    *(line for line in (words.missing(results),) if line),
    *(
      f"Attention: {text}"
      for good, text in words.checks(results)[:-1]
      if not good
    ),
  ]
  return "\n".join(lines) + "\n"


def all_tables(results: results_lib.Results) -> list[cells.Table]:
  """Every table of the report, in order."""
  swept = sweeps.table(results)
  return [
    *overview.leading(results),
    *([overview.differences(results)] if words.many_pairs(results) else []),
    *([swept] if swept else []),
    *(tables.by_fold(results, against) for against in results.targets),
    *(tables.by_au(results, against) for against in results.targets),
    tables.rates(results),
    tables.folds(results),
    tables.trials(results),
  ]


def _write(results, directory):
  contents = {
    "results.md": markdown(results).encode(),
    "results.tex": latex(results).encode(),
    "results.parquet": longform.encode(results),
    "index.html": html.render(results).encode(),
  }
  files.write(directory, contents)
  return f"{text(results)}\n{directory / 'index.html'}"


def _check_folder(path):
  """Raises before anything is read if there is no place for the files."""
  if path.exists() and not path.is_dir():
    raise NotADirectoryError(
      f"expected a folder for the report, got the file {path}"
    )
