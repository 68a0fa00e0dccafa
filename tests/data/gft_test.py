import numpy as np
import pytest

from aujax import action_units
from aujax.data import gft


def write(root, subject, text, *, folder="labels"):
  (root / folder).mkdir(exist_ok=True)
  (root / folder / f"{subject}.csv").write_text(text)


def test_letters_from_b_and_numbers(tmp_path):
  rows = ["3,B,0,", "5,E,1,C", "6,0,D,0"]
  text = "\n".join([" Frame ,AU1,AU2,AU4", *rows]) + "\n"
  write(tmp_path, "S2", text)
  write(tmp_path, "S1", "AU4,AU2,AU1,Frame\n1,0,0,9\n")
  (tmp_path / "labels" / "._S1.csv").write_bytes(b"\xff")
  table = gft.read(tmp_path, aus=(1, 2, 4))
  expected = [[0, 0, 1], [1, 0, -1], [1, 1, 1], [0, 1, 0]]
  np.testing.assert_array_equal(table.labels, expected)
  assert table.subject.tolist() == ["S1", "S2", "S2", "S2"]
  assert table.sequence.tolist() == table.subject.tolist()
  assert table.frame.tolist() == [9, 3, 5, 6]
  assert table.image[:2].tolist() == ["images/S1/9.jpg", "images/S2/3.jpg"]


def test_all_names_and_the_code_for_unknown_are_options(tmp_path):
  names = [f"x{au:02d}" for au in action_units.BP4D]
  text = ",".join(["n", *names]) + "\n1" + ",-9" * 11 + ",B\n"
  write(tmp_path, "S1", text, folder="coding")
  table = gft.read(
    tmp_path,
    labels="coding",
    images="{subject}.mp4#{index}",
    frame="n",
    column="x{au:02d}",
    unknown="-9",
  )
  assert table.aus == action_units.BP4D
  assert table.labels.tolist() == [[-1] * 11 + [1]]
  assert table.image.tolist() == ["S1.mp4#0"]


def test_a_dataset_may_say_zero_for_unknown(tmp_path):
  write(tmp_path, "S1", "Frame,AU1\n1,0\n2,1\n")
  table = gft.read(tmp_path, aus=(1,), unknown="0")
  assert table.labels.tolist() == [[-1], [1]]


@pytest.mark.parametrize("row", ["2,A", "2,9", "2,b", "2,2", "2", "x,0", ",0"])
def test_an_unknown_code_is_refused(tmp_path, row):
  write(tmp_path, "S1", f"Frame,AU1\n1,0\n{row}\n")
  with pytest.raises(
    ValueError, match="codes of .*'E'.*S1.csv, line 3.*with unknown"
  ):
    gft.read(tmp_path, aus=(1,))


def test_missing_columns_and_files_are_named(tmp_path):
  with pytest.raises(FileNotFoundError, match="<subject>.csv in .*labels"):
    gft.read(tmp_path)
  write(tmp_path, "S1", "Frame,AU1,AU1\n1,0,0\n")
  with pytest.raises(ValueError, match=r"columns \['AU1', 'AU2'\].*S1.csv"):
    gft.read(tmp_path, aus=(1, 2))
  write(tmp_path, "S1", "")
  with pytest.raises(ValueError, match=r"\['Frame', 'AU1'\] once.*header \[\]"):
    gft.read(tmp_path, aus=(1,))


@pytest.mark.parametrize(
  "options, fault",
  [
    ({"aus": ()}, "at least one AU"),
    ({"images": "{name}.jpg"}, "{subject}, {frame} and {index} only"),
    ({"column": "AU"}, "column with the field {au}"),
  ],
)
def test_wrong_options_are_refused(tmp_path, options, fault):
  with pytest.raises(ValueError, match=fault):
    gft.read(tmp_path, **options)
