import csv
import io

import numpy as np
import pytest

from aujax.report.text import distribution, formats

AUS = (1, 12)


def column(name="as it is", positives=(1200, 300), known=(2000, 0), **measures):
  return distribution.Distribution(
    name=name,
    positives=np.array(positives),
    known=np.array(known),
    num_images=2400,
    imbalance={"MeanIR": 2.5, "max IRLbl": np.nan} | measures,
  )


def read(table):
  return list(csv.reader(io.StringIO(distribution.as_csv(table))))


def test_positives_totals_and_measures_stand_in_one_table():
  table = distribution.positives(AUS, [column(), column("more", MeanIR=1.0)])
  assert read(table) == [
    ["AU", "as it is", "more"],
    ["AU01", "1200", "1200"],
    ["AU12", "300", "300"],
    ["total images", "2400", "2400"],
    ["MeanIR", "2.50", "1.00"],
    ["max IRLbl", "", ""],
  ]
  assert "| AU01 | 1,200 | 1,200 |" in formats.markdown(table)


def test_rates_are_of_known_frames_and_missing_where_there_are_none():
  with np.errstate(all="raise"):
    table = distribution.rates(AUS, [column()])
  assert read(table)[1:] == [["AU01", "60.0"], ["AU12", ""]]


def test_batches_by_hand():
  counts = np.array([[1, 5], [3, 5], [2, 8]])
  assert read(distribution.batches(AUS, "b", counts))[1:] == [
    ["AU01", "1", "2.0", "3", "0.82"],  # The square root of 2/3.
    ["AU12", "5", "6.0", "8", "1.41"],  # The square root of 2.
  ]


def test_evenness_tells_between_from_within():
  level = np.array([[2, 8], [2, 8]])  # Even between batches, not within.
  close = np.array([[2, 2], [8, 8]])  # The other way round.
  table = distribution.evenness({"level": level, "close": close})
  assert read(table)[1:] == [
    ["level", "0.00", "3.00"],
    ["close", "3.00", "0.00"],
  ]


@pytest.mark.parametrize("text", ["1,234", "-", "0.5"])
def test_csv_holds_numbers_as_programs_read_them(text):
  table = distribution.quantities("k", "t", "c", {"a, b": text})
  expected = {"1,234": "1234", "-": "", "0.5": "0.5"}[text]
  assert read(table)[1] == ["a, b", expected]
