"""Pictures of what a detector looks at, at the width of a paper's column.

Every function returns a matplotlib figure. AUs are FACS numbers.
"""

from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
from jaxtyping import Bool, Float, Num, Shaped
from matplotlib import colors, figure, ticker

from aujax import action_units
from aujax.report.paper import print_style

# Tiles in a row, and inches of a tile's two lines of title.
_IN_A_ROW, _TITLE = 4, 0.27
# Subjects that have a colour of their own.
_MOST_SUBJECTS = 10


@matplotlib.rc_context(print_style.STYLE)
def maximization(
  aus: Sequence[int], pictures: Float[np.ndarray, "T h w 3"]
) -> figure.Figure:
  """The picture that each AU's output wants to see, a tile for each.

  The form is that of Chu et al. 2019, Fig. 9. Zero is grey, and what is far
  from it in a picture is black, white or of a strong colour.

  Args:
    aus: The AUs.
    pictures: Of `interpret.activation_maximization`.

  Returns:
    The figure.
  """
  fig, tiles = _tiles(aus, pictures.shape[1] / pictures.shape[2])
  for axes, picture in zip(tiles, pictures, strict=True):
    reach = max(np.percentile(np.abs(picture), 99.5), 1e-12)
    axes.imshow(np.clip(0.5 + picture / (2 * reach), 0, 1))
  return fig


@matplotlib.rc_context(print_style.STYLE)
def saliency(
  aus: Sequence[int],
  pictures: Num[np.ndarray, "T h w 3"],
  maps: Float[np.ndarray, "T h w"],
) -> figure.Figure:
  """Where each AU's output looks, in red on a grey picture.

  Args:
    aus: The AUs.
    pictures: What is looked at, RGB in 0 to 255.
    maps: Of `interpret.saliency`; each is drawn from its median, below which
      there is no red, to its largest.

  Returns:
    The figure.
  """
  fig, tiles = _tiles(aus, pictures.shape[1] / pictures.shape[2])
  red = np.array(colors.to_rgb(print_style.RED))
  for axes, picture, values in zip(tiles, pictures, maps, strict=True):
    # Pale, so that the red is seen on dark parts too.
    grey = 0.35 + 0.65 * picture.mean(-1, keepdims=True) / 255
    low, high = np.percentile(values, (50, 99.5))
    share = np.clip((values - low) / max(high - low, 1e-12), 0, 1)[..., None]
    axes.imshow((1 - share) * grey + share * red)
  return fig


@matplotlib.rc_context(print_style.STYLE)
def divergence(
  values: Mapping[str, Float[np.ndarray, " S"]],
) -> figure.Figure:
  """How far each subject lies from the others, a row for each kind of feature.

  It is the table of Chu et al. 2019, Fig. 4, with the subjects as dots.

  Args:
    values: By the features' names, `normalized` of a `Divergence`.

  Returns:
    The figure.
  """
  fig = figure.Figure(
    (print_style.WIDTH, 0.3 * len(values) + 0.5),
    print_style.DPI,
    layout="constrained",
  )
  axes = fig.subplots()
  for row, dots in enumerate(values.values()):
    axes.plot(
      dots,
      np.full(len(dots), row),
      "o",
      color=print_style.BLUE,
      ms=3,
      alpha=0.5,
      mew=0,
    )
    axes.plot([dots.mean()], [row], "|", color=print_style.RED, ms=9, mew=1.5)
  axes.set_yticks(range(len(values)), list(values))
  axes.set_ylim(len(values) - 0.5, -0.5)
  axes.tick_params(axis="y", length=0)
  axes.set_xlim(left=0)
  axes.xaxis.set_major_locator(ticker.MaxNLocator(5))
  axes.xaxis.set_major_formatter(ticker.StrMethodFormatter("{x:,.10g}"))
  axes.set_xlabel("Divergence from the other subjects (sum of JS / ln d, 1e-6)")
  return fig


@matplotlib.rc_context(print_style.STYLE)
def embedding(
  places: Mapping[str, Float[np.ndarray, "n 2"]],
  *,
  au: int,
  present: Bool[np.ndarray, " n"],
  subjects: Shaped[np.ndarray, " n"],
) -> figure.Figure:
  """Frames in the plane, by an AU above and by subject below.

  The form is that of Chu et al. 2019, Fig. 3: features that are good for AUs
  part the colours above and mix those below.

  Args:
    places: By the features' names, of `interpret.embedding`.
    au: The AU.
    present: In which frames it is.
    subjects: Whose the frames are.

  Returns:
    The figure.
  """
  size = print_style.WIDTH / len(places)
  fig = figure.Figure(
    (print_style.WIDTH, 2 * size + 0.35), print_style.DPI, layout="constrained"
  )
  panels = fig.subplots(2, len(places), squeeze=False)
  whose = np.unique(subjects, return_inverse=True)[1]
  palette = matplotlib.colormaps["tab10"](whose % _MOST_SUBJECTS)
  by_au = np.array([print_style.PALE, print_style.RED])[present.astype(int)]
  # What is rare is drawn over what is not.
  order = np.argsort(present, kind="stable")
  for column, (name, points) in zip(panels.T, places.items(), strict=True):
    for axes, color in zip(column, (by_au, palette), strict=True):
      axes.scatter(
        *points[order].T, s=2.5, c=color[order], alpha=0.7, linewidths=0
      )
      axes.set(xticks=[], yticks=[])
      axes.spines[:].set_visible(True)
    column[0].set_title(name, loc="center")
  panels[0, 0].set_ylabel(f"■ AU {au}", color=print_style.RED)
  panels[1, 0].set_ylabel("subjects")
  return fig


def _tiles(aus, ratio):
  """A figure with a square for each AU under its name."""
  columns = min(_IN_A_ROW, len(aus))
  rows = -(-len(aus) // columns)
  side = print_style.WIDTH / _IN_A_ROW
  fig = figure.Figure(
    (print_style.WIDTH, rows * (side * ratio + _TITLE)), print_style.DPI
  )
  panels = fig.subplots(
    rows,
    _IN_A_ROW,
    squeeze=False,
    gridspec_kw={
      "left": 0.005,
      "right": 0.995,
      "bottom": 0.01,
      "wspace": 0.05,
      "top": 1 - _TITLE / fig.get_figheight(),
      "hspace": 0.33,
    },
  ).ravel()
  for axes in panels:
    axes.set_axis_off()
  for axes, au in zip(panels, aus, strict=False):
    _write_above(axes, 9, f"AU {au}", 7.5)
    _write_above(axes, 2, action_units.DESCRIPTIONS.get(au, ""), 5)
  return fig, panels[: len(aus)]


def _write_above(axes, points, text, size):
  axes.annotate(
    text,
    (0.5, 1),
    xytext=(0, points),
    xycoords="axes fraction",
    textcoords="offset points",
    ha="center",
    fontsize=size,
  )
