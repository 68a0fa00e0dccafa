"""What the figures of the page show, as numbers ready to be drawn."""

from aujax.report.web.figures.bars import (
  au_panels,
  baseline,
  fold_panels,
  improvements,
  rate_panel,
)
from aujax.report.web.figures.curves import au_plots, plots
from aujax.report.web.figures.single import closely
from aujax.report.web.figures.swept import sweep

__all__ = [
  "au_panels",
  "au_plots",
  "baseline",
  "closely",
  "fold_panels",
  "improvements",
  "plots",
  "rate_panel",
  "sweep",
]
