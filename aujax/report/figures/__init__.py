"""What the figures of the page show, as numbers ready to be drawn."""

from aujax.report.figures.bars import (
  au_panels,
  baseline,
  fold_panels,
  improvements,
  rate_panel,
)
from aujax.report.figures.curves import au_plots, plots
from aujax.report.figures.single import closely
from aujax.report.figures.swept import sweep

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
