"""Renders the page: one HTML file that needs no network."""

import markupsafe

import aujax
from aujax import action_units
from aujax.report.numbers import results as results_lib
from aujax.report.text import cells, facts, overview, sweeps, tables, words
from aujax.report.web import (
  document,
  embedded,
  evidence,
  figures,
  insights,
  shown,
  tested,
  videos,
)

_STYLES = ("page.css", "figures.css", "closely.css")
# In one module scope: what a file declares is known to those after it.
_SCRIPTS = (
  "packed.js",
  "drawing.js",
  "counts.js",
  "tables.js",
  "tips.js",
  "thresholds.js",
  "histograms.js",
  "timeline.js",
  "page.js",
)


def render(results: results_lib.Results) -> str:
  """Makes the page of an experiment.

  Args:
    results: Its trials; their scores are read once more for what is shown of
      single frames.

  Returns:
    HTML with styles, scripts, figures and data in it.

  Raises:
    FileNotFoundError: If scores are gone since the results were loaded.
    ValueError: If they do not read.
  """
  closely = shown.methods(results, shown.MOST_CLOSELY)
  plan = videos.plan(results, closely)
  evidences = evidence.read(results, closely, plan)
  embed = embedded.data(results, evidences)
  environment = document.environment("aujax.report.web")
  environment.filters["typeset"] = _typeset
  environment.filters["breakable"] = _breakable
  environment.filters["percent"] = cells.number
  return environment.get_template("page.html.jinja").render(
    results=results,
    words=words,
    tables=tables,
    overview=overview,
    sweeps=sweeps,
    facts=facts,
    figures=figures,
    comparisons=words.comparisons(results),
    many_pairs=words.many_pairs(results),
    settings=settings(results),
    version=aujax.__version__,
    closely=figures.closely(results, evidences),
    overall={a: tested.averages(results, a) for a in results.targets},
    insights=insights.read(results),
    style=document.assets(_STYLES),
    script=document.assets(_SCRIPTS),
    data=document.json_of(embed),
    plan=plan,
    shown=shown,
    shown_closely=closely,
    counted=[method["name"] for method in embed["methods"]],
    counted_targets=embed["targets"],
    sweep=figures.sweep(results),
    against=cells.AGAINST,
    options=[
      (i, action_units.name(au), action_units.DESCRIPTIONS.get(au, ""))
      for i, au in enumerate(results.aus)
    ],
  )


def settings(results: results_lib.Results) -> list[tuple[str, str]]:
  """The experiment's configuration as (dotted name, value)."""
  config = results.experiment.get("config")
  return list(_flat("", config)) if isinstance(config, dict) else []


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
