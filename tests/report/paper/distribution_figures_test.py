import cv2
import numpy as np
import pytest

from aujax import action_units
from aujax.report.paper import distribution_figures as figures
from aujax.report.paper import print_style
from tests.report.paper import letters

MANY = tuple(action_units.DESCRIPTIONS)


def draw(name, aus):
  rng = np.random.default_rng(0)
  size = len(aus)
  if name == "base_rates":
    rates = rng.random(size)
    rates[1:2] = np.nan
    return figures.base_rates(aus, rates)
  if name == "balance":
    before = rng.integers(0, 1_000_000, size)
    return figures.balance(aus, before, before + rng.integers(0, 10**6, size))
  if name == "batches":
    uneven = rng.poisson(np.linspace(0, 90, size), (300, size))
    counts = {"Uneven": uneven, "Even": np.full((300, size), 20)}
    return figures.batches(aus, counts)
  return figures.convergence(5 + 1 / np.arange(1, 9), 5 - 1 / np.arange(1, 9))


NAMES = ("base_rates", "balance", "batches", "convergence")


@pytest.mark.parametrize("aus", [(12,), action_units.BP4D, MANY], ids=len)
@pytest.mark.parametrize("name", NAMES)
def test_no_letters_overlap_or_leave_the_picture(name, aus, monkeypatch):
  fig = draw(name, aus)
  boxes = letters.boxes(fig, monkeypatch)
  assert len(boxes) > 4
  letters.assert_apart(fig, boxes)


@pytest.mark.parametrize("name", NAMES)
def test_files_are_what_they_are_called_and_the_same_each_time(name):
  aus = action_units.DISFA
  png, again = (print_style.encode(draw(name, aus), "png") for _ in range(2))
  assert png == again
  picture = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
  height, width = picture.shape[:2]
  assert width == print_style.WIDTH * print_style.DPI and 400 < height < 2400
  assert (picture[0, 0] == 255).all() and picture.min() < 100
  pdf, again = (print_style.encode(draw(name, aus), "pdf") for _ in range(2))
  assert pdf == again and pdf.startswith(b"%PDF") and b"/Type3" not in pdf


def test_bars_and_their_values_are_the_rates():
  fig = figures.base_rates((1, 2), np.array([0.125, np.nan]))
  assert [bar.get_width() for bar in fig.axes[0].patches] == [12.5, 0]
  written = [text.get_text() for text in fig.axes[0].texts]
  assert written == ["12.5", "unknown"]


def test_bars_of_balancing_add_up():
  fig = figures.balance((1, 2), np.array([10, 4]), np.array([10, 9]))
  bars = [(b.get_x(), b.get_width()) for b in fig.axes[0].patches]
  assert bars == [(0, 10), (0, 4), (10, 0), (4, 5)]
  written = [text.get_text() for text in fig.axes[0].texts]
  assert written == ["10 → 10", "4 → 9"]


def test_lines_are_the_counts_on_one_scale():
  rng = np.random.default_rng(0)
  counts = {n: rng.integers(0, 9, (7, 2)) for n in ("one", "two")}
  fig = figures.batches((1, 2), counts)
  for axes, (name, values) in zip(fig.axes, counts.items(), strict=True):
    assert axes.get_title(loc="left") == name
    assert axes.get_ylim() == pytest.approx((0, 8 * 1.04))
    for column, line in zip(values.T, axes.lines[:2], strict=True):
      np.testing.assert_array_equal(line.get_xdata(), np.arange(1, 8))
      np.testing.assert_array_equal(line.get_ydata(), column)
  assert fig.axes[-1].get_xlabel() == "Batch"


def test_of_many_batches_every_so_many_is_shown_to_the_end():
  counts = np.arange(400)[:, None]
  axes = figures.batches((1,), {"x": counts}).axes[0]
  assert axes.get_xlabel() == "Batch (one in 3 is shown)"
  np.testing.assert_array_equal(
    axes.lines[0].get_xydata(), [(i + 1, i) for i in range(0, 400, 3)]
  )


def test_a_single_batch_is_seen():
  fig = figures.batches((1,), {"x": np.array([[7]])})
  picture = print_style.encode(fig, "png")
  fig.axes[0].lines[0].set_visible(False)
  assert print_style.encode(fig, "png") != picture


def test_names_of_lines_stand_in_the_order_of_the_lines():
  counts = np.tile([7, 1, 30, 7, 8], (20, 1))
  axes = figures.batches((1, 2, 4, 6, 9), {"x": counts}).axes[0]
  places = [(text.get_position()[1], text.get_text()) for text in axes.texts]
  names = [name for _, name in sorted(places)]
  assert names == ["AU 2", "AU 1", "AU 6", "AU 9", "AU 4"]


def test_a_closed_gap_is_left_out_of_the_logarithm():
  fig = figures.convergence(
    np.array([4.0, 2.0, 2.0]), np.array([1.0, 1.0, 2.0])
  )
  gap = fig.axes[1].lines[0].get_ydata()
  np.testing.assert_array_equal(gap, [0.75, 0.5, np.nan])
