"""Looks at the letters of a figure."""

import itertools

from matplotlib import text as text_lib
from matplotlib.backends import backend_agg


def boxes(fig, monkeypatch):
  """Each text that is drawn, and where."""
  canvas = backend_agg.FigureCanvasAgg(fig)
  canvas.draw()  # Brings all to its place.
  drawn = []
  monkeypatch.setattr(text_lib.Annotation, "draw", lambda t, _: drawn.append(t))
  monkeypatch.setattr(text_lib.Text, "draw", lambda t, _: drawn.append(t))
  canvas.draw()
  return [
    (text.get_text(), text.get_window_extent())
    for text in drawn
    if text.get_text() and text.get_visible()
  ]


def assert_apart(fig, boxes):
  """No text leaves the picture or covers another."""
  for label, box in boxes:
    assert fig.bbox.x0 <= box.x0 and box.x1 <= fig.bbox.x1, label
    assert fig.bbox.y0 <= box.y0 and box.y1 <= fig.bbox.y1, label
  for (one, a), (two, b) in itertools.combinations(boxes, 2):
    width = min(a.x1, b.x1) - max(a.x0, b.x0)
    height = min(a.y1, b.y1) - max(a.y0, b.y0)
    # A box is taller than its letters, which may stand closer.
    assert width <= 0 or height <= 0.25 * min(a.height, b.height), (one, two)
