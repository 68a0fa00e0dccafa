import pytest

from aujax.report.web.figures import axes


@pytest.mark.parametrize(
  ("low", "high", "ticks"),
  [
    (0, 1, ["0", "20", "40", "60", "80", "100"]),
    (0.583, 0.664, ["58", "60", "62", "64", "66", "68"]),
    (0, 0.277, ["0", "10", "20", "30"]),
    (-0.04, 0.07, ["-5", "0", "5", "10"]),
  ],
)
def test_axes_have_round_ends(low, high, ticks):
  axis = axes.Axis(low, high)
  assert [text for _, text in axis.ticks] == ticks
  assert axis.ticks[0][0] == 0 and axis.ticks[-1][0] == 100
  assert 0 <= axis.at(low) <= axis.at(high) <= 100


def test_levels_have_a_tick_each_where_there_is_room():
  axis = axes.Levels([0.5, 0.0, 0.1, 0.11, 0.25])
  assert axis.marks() == (
    (0, "0"),
    (20, "0.1"),
    (50, "0.25"),
    (100, "0.5"),
  )
  assert axis.at(0.11) == 22


def test_levels_of_many_magnitudes_stand_at_their_logarithm():
  axis = axes.Levels([1e-4, 1e-3, 1e-2])
  assert [axis.at(v) for v in (1e-4, 1e-3, 1e-2)] == [0, 50, 100]


def test_a_single_level_stands_in_the_middle():
  assert axes.Levels([0.25]).marks() == ((50, "0.25"),)
