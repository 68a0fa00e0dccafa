"""How figures for paper look: their width, letters and colours.

Figures are made as matplotlib objects, no state of pyplot is touched, and
`encode` turns them into a file's bytes.
"""

import io

import matplotlib
from matplotlib import figure

# Inches and dots per inch of a figure, which is as high as it needs to be.
WIDTH = 3.5
DPI = 300

# Okabe and Ito's blue and vermilion, which all eyes tell apart.
BLUE, RED, INK, PALE = "#0072b2", "#d55e00", "#222222", "#8a8a8a"
STYLE = {
  "font.family": "DejaVu Sans",
  "font.size": 7.0,
  "text.color": INK,
  "axes.edgecolor": PALE,
  "axes.labelcolor": INK,
  "axes.linewidth": 0.5,
  "axes.spines.right": False,
  "axes.spines.top": False,
  "axes.titlelocation": "left",
  "axes.titlepad": 4.0,
  "axes.titlesize": 7.5,
  "lines.linewidth": 0.8,
  "lines.solid_joinstyle": "round",
  "xtick.color": PALE,
  "xtick.labelcolor": INK,
  "xtick.major.size": 2.5,
  "xtick.major.width": 0.5,
  "xtick.minor.size": 0.0,
  "ytick.color": PALE,
  "ytick.labelcolor": INK,
  "ytick.major.size": 2.5,
  "ytick.major.width": 0.5,
  "ytick.minor.size": 0.0,
  # Letters as letters: journals refuse Type 3 fonts.
  "pdf.fonttype": 42,
}


@matplotlib.rc_context(STYLE)
def encode(fig: figure.Figure, form: str) -> bytes:
  """A figure as a file's content, the same bytes whenever it is made.

  Args:
    fig: The figure.
    form: "png" or "pdf".

  Returns:
    The bytes.
  """
  content = io.BytesIO()
  undated = {"CreationDate": None} if form == "pdf" else {}
  fig.savefig(content, format=form, metadata=undated)
  return content.getvalue()
