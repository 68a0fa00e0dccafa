"""Pictures of how labels lie, at the width of a paper's column.

Every function returns a matplotlib figure. AUs are FACS numbers.
"""

from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
from jaxtyping import Float, Int
from matplotlib import figure, ticker
from scipy import optimize

from aujax.report.paper import print_style

# Batches that are shown; more would be a blur at this width.
MOST_BATCHES = 150

# Inches that a row of bars and a line's name take.
_ROW, _NAME = 0.175, 0.105


@matplotlib.rc_context(print_style.STYLE)
def base_rates(
  aus: Sequence[int], rates: Float[np.ndarray, " T"]
) -> figure.Figure:
  """How often each AU is present, as a bar with its value.

  The form is that of Chu et al. 2019, Fig. 5.

  Args:
    aus: The AUs.
    rates: Positives by known frames; nan where none is known.

  Returns:
    The figure.
  """
  fig, axes = _bars(aus, 100 * np.nan_to_num(rates))
  for row, rate in enumerate(rates):
    text = "unknown" if np.isnan(rate) else f"{100 * rate:.1f}"
    _write(axes, 100 * np.nan_to_num(rate), row, text)
  axes.set_xlabel("Frames in which the AU is present (%)")
  return fig


@matplotlib.rc_context(print_style.STYLE)
def balance(
  aus: Sequence[int],
  before: Int[np.ndarray, " T"],
  after: Int[np.ndarray, " T"],
) -> figure.Figure:
  """Frames of each AU before and after groups are balanced.

  It is Table I of Rieger et al. 2020 as a picture.

  Args:
    aus: The AUs.
    before: Positives of the data as it is.
    after: Positives once images are added, none fewer than before.

  Returns:
    The figure.
  """
  fig, axes = _bars(aus, before)
  axes.barh(
    range(len(aus)), after - before, 0.62, left=before, color=print_style.RED
  )
  for row, values in enumerate(zip(before, after, strict=True)):
    _write(axes, after[row], row, " → ".join(f"{v:,}" for v in values))
  # Long texts stand right of the bars.
  axes.set_xlim(0, 1.42 * max(after.max(), 1))
  axes.xaxis.set_major_locator(ticker.MaxNLocator(5, integer=True))
  axes.xaxis.set_major_formatter(ticker.StrMethodFormatter("{x:,.0f}"))
  axes.set_xlabel("Frames in which the AU is present")
  axes.set_title("■ as it is", color=print_style.BLUE)
  axes.set_title("■ added", color=print_style.RED, loc="center")
  return fig


@matplotlib.rc_context(print_style.STYLE)
def batches(
  aus: Sequence[int], counts: Mapping[str, Int[np.ndarray, "steps T"]]
) -> figure.Figure:
  """Frames of each AU in each batch, a panel for each sampler.

  It shows what Fig. 6 of Chu et al. 2019 does: a line that is level is even
  between batches, lines that are close are even within a batch. Of more than
  `MOST_BATCHES`, every k-th is shown, as an epoch may change in its course.

  Args:
    aus: The AUs.
    counts: Of each sampler by its name, one row for each batch.

  Returns:
    The figure.
  """
  panel = max(1.0, _NAME * len(aus) + 0.05)
  height = len(counts) * (panel + 0.3) + 0.35
  fig = figure.Figure(
    (print_style.WIDTH, height), print_style.DPI, layout="constrained"
  )
  panels = fig.subplots(len(counts), 1, sharex=True, sharey=True, squeeze=False)
  total = max(map(len, counts.values()))
  every = -(-total // MOST_BATCHES)
  top = 1.04 * max(1, *(values.max() for values in counts.values()))
  mark = "-" if total > 1 else "."  # A line needs two points.
  colors = _by_rank(next(iter(counts.values())).mean(0))
  for axes, (name, values) in zip(panels.flat, counts.items(), strict=True):
    axes.set_title(name)
    axes.set(xlim=(1, total) if total > 1 else (0, 1), ylim=(0, top))
    number = np.arange(1, len(values) + 1, every)
    shown = values[::every]
    for column, color in zip(shown.T, colors, strict=True):
      axes.plot(number, column, mark, color=color, lw=0.6, clip_on=total > 1)
    # Of many batches the last one may be far from where its line has been.
    ends = shown[-max(1, len(shown) // 10) :].mean(0)
    _name_lines(axes, aus, ends, colors, top * _NAME / panel)
  axes.xaxis.set_major_locator(
    ticker.MaxNLocator(6, integer=True, min_n_ticks=1)
  )
  axes.yaxis.set_major_locator(ticker.MaxNLocator(4, integer=True))
  axes.set_xlabel(
    "Batch" + (f" (one in {every} is shown)" if every > 1 else "")
  )
  fig.supylabel("Frames of the batch in which the AU is present", fontsize=7)
  return fig


@matplotlib.rc_context(print_style.STYLE)
def convergence(
  objectives: Float[np.ndarray, " k"], lower_bounds: Float[np.ndarray, " k"]
) -> figure.Figure:
  """Objective, certified bound and relative gap by iteration.

  It shows what Fig. 2 of Rieger et al. 2020 does, and how sure that is.

  Args:
    objectives: The best after each iteration.
    lower_bounds: What no solution can be below, as certified by then.

  Returns:
    The figure.
  """
  fig = figure.Figure(
    (print_style.WIDTH, 2.9), print_style.DPI, layout="constrained"
  )
  upper, lower = fig.subplots(2, 1, sharex=True, height_ratios=(3, 2))
  number = np.arange(1, len(objectives) + 1)
  points = {"marker": "o", "markersize": 2.0}
  upper.plot(number, objectives, color=print_style.RED, **points)
  upper.plot(number, lower_bounds, color=print_style.BLUE, **points)
  upper.set_title("■ best objective", color=print_style.RED)
  upper.set_title(
    "■ certified lower bound", color=print_style.BLUE, loc="right"
  )
  upper.set_ylabel("Objective")
  upper.yaxis.set_major_formatter(ticker.StrMethodFormatter("{x:,.10g}"))
  gap = (objectives - lower_bounds) / np.maximum(np.abs(objectives), 1e-300)
  lower.semilogy(
    number, np.where(gap > 0, gap, np.nan), color=print_style.INK, **points
  )
  lower.set(ylabel="Relative gap", xlabel="Iteration of the solver")
  lower.set_xlim(0.5, len(number) + 0.5)
  lower.xaxis.set_major_locator(
    ticker.MaxNLocator(6, integer=True, min_n_ticks=1)
  )
  fig.align_ylabels()
  return fig


def _bars(aus, lengths):
  """A figure with a row for each AU, from top to bottom."""
  fig = figure.Figure(
    (print_style.WIDTH, _ROW * len(aus) + 0.6),
    print_style.DPI,
    layout="constrained",
  )
  axes = fig.subplots()
  axes.barh(range(len(aus)), lengths, 0.62, color=print_style.BLUE)
  axes.set_ylim(len(aus) - 0.5, -0.5)
  axes.set_yticks(range(len(aus)), [f"AU {au}" for au in aus])
  axes.tick_params(axis="y", length=0)
  axes.margins(x=0.1)
  return fig, axes


def _write(axes, x, row, text):
  axes.annotate(
    text,
    (x, row),
    xytext=(2.5, 0),
    textcoords="offset points",
    va="center_baseline",
  )


def _by_rank(values):
  """A colour for each value, darker the higher; the palest stays legible."""
  rank = np.argsort(np.argsort(-values, kind="stable"))
  return matplotlib.colormaps["plasma"](0.8 * rank / max(1, len(rank) - 1))


def _name_lines(axes, aus, levels, colors, gap):
  """Names lines at the right, apart by `gap` and as near as that allows."""
  order = np.argsort(levels, kind="stable")
  steps = gap * (np.arange(len(aus)) + 0.5)
  nearest = optimize.isotonic_regression(levels[order] - steps).x
  places = nearest.clip(0, axes.get_ylim()[1] - gap * len(aus)) + steps
  beside = {"transform": axes.get_yaxis_transform(), "clip_on": False}
  for t, place in zip(order, places, strict=True):
    color = colors[t]
    axes.plot((1, 1.04), (levels[t], place), color=color, lw=0.4, **beside)
    axes.text(
      1.05,
      place,
      f"AU {aus[t]}",
      color=color,
      fontsize=6,
      va="center_baseline",
      **beside,
    )
