"""Writes the report: one HTML page that needs no network, and Markdown."""

import os
import pathlib

import jinja2
import markupsafe

import aujax
from aujax.report import (
  cells,
  figures,
  files,
  formats,
  summary,
  tables,
  words,
)
from aujax.report import results as results_lib


def write(
  workdir: str | os.PathLike, *, output: str | os.PathLike | None = None
) -> str:
  """Reads an experiment, writes index.html and results.md.

  Args:
    workdir: Where the cross-validation was run.
    output: Folder for the two; report/ in the workdir by default.

  Returns:
    The main table for a terminal, its last line the path of the page.

  Raises:
    FileNotFoundError: If no trial is finished.
    ValueError: If a file in the workdir does not read.
  """
  results = results_lib.load(workdir)
  directory = pathlib.Path(output or pathlib.Path(workdir) / "report")
  files.write(
    directory,
    {
      "results.md": markdown(results).encode(),
      "index.html": html(results).encode(),
    },
  )
  return f"{text(results)}\n{directory / 'index.html'}"


def html(results: results_lib.Results) -> str:
  """The page as text."""
  environment = jinja2.Environment(
    loader=jinja2.PackageLoader("aujax.report", "."),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
  )
  environment.filters["typeset"] = _typeset
  environment.filters["breakable"] = _breakable
  return environment.get_template("page.html.jinja").render(
    results=results,
    words=words,
    tables=tables,
    figures=figures,
    comparisons=_comparisons(results),
    many_pairs=_many_pairs(results),
    settings=settings(results),
    version=aujax.__version__,
  )


def markdown(results: results_lib.Results) -> str:
  """The same tables and sentences as Markdown."""
  parts = [
    f"# {results.dataset}: Action Unit detection\n",
    words.subtitle(results) + "\n",
    *(line + "\n" for line in (words.missing(results),) if line),
    *(line + "\n" for line in _comparisons(results)),
    *(formats.markdown(table) for table in all_tables(results)),
    "## How it was made\n",
    "\n".join(
      f"- {line}"
      for line in (
        words.threshold(results),
        words.epochs(results),
        *filter(None, [words.effort(results)]),
        *(
          ("" if ok else "Attention: ") + text
          for ok, text in words.checks(results)
        ),
      )
    )
    + "\n",
  ]
  return "\n".join(parts)


def text(results: results_lib.Results) -> str:
  """The main table and what is missing, for the terminal."""
  pairs = _many_pairs(results)
  lines = [
    f"{results.dataset}: {words.subtitle(results)}",
    "",
    formats.text(tables.headline(results)),
    *([formats.text(tables.differences(results))] if pairs else []),
    *_comparisons(results),
    *(line for line in (words.missing(results),) if line),
  ]
  return "\n".join(lines) + "\n"


def all_tables(results: results_lib.Results) -> list[cells.Table]:
  """Every table of the report, in order."""
  return [
    tables.headline(results),
    *([tables.differences(results)] if _many_pairs(results) else []),
    *(tables.by_fold(results, against) for against in results.targets),
    *(tables.by_au(results, against) for against in results.targets),
    tables.rates(results),
    tables.folds(results),
    tables.trials(results),
  ]


def settings(results: results_lib.Results) -> list[tuple[str, str]]:
  """The experiment's configuration as (dotted name, value)."""
  config = results.experiment.get("config")
  return list(_flat("", config)) if isinstance(config, dict) else []


def _comparisons(results):
  """How two methods compare, or that a table says so, and its limits."""
  if _many_pairs(results):
    return [words.caution(results)]
  lines = [
    words.comparison(compared)
    for against in results.targets
    for compared in summary.comparisons(results, against)
  ]
  return [*lines, words.caution(results)] if lines else []


def _many_pairs(results):
  """Whether the comparisons are better read as a table."""
  return len(summary.comparisons(results, "labels")) > 1


def _flat(prefix, values):
  for key, value in values.items():
    if isinstance(value, dict):
      yield from _flat(f"{prefix}{key}.", value)
    else:
      shown = value if isinstance(value, str) else repr(value)
      yield f"{prefix}{key}", shown


def _typeset(text):
  """Signs that plain text spells out."""
  return (
    str(text).replace("+-", "±").replace(" x ", " × ").replace("± -", "± –")
  )


def _breakable(name):
  """A long name that may be broken after an underscore."""
  return markupsafe.escape(name).replace("_", markupsafe.Markup("_<wbr>"))
