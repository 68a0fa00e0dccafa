import numpy as np
import pytest

from aujax.prediction import finished
from tests.prediction import predictions


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_what_was_written_is_read(tmp_path, suffix):
  table, scores = predictions.two_faces("a.mp4")
  table.append(predictions.row("b.png", 0, None, None))
  path = predictions.write(tmp_path / f"out{suffix}", table)
  one, other = finished.read(path)
  assert (one.name, one.is_video, one.faces) == ("a.mp4", True, [0, 1])
  assert one.aus == predictions.AUS
  for face, by_frame in scores.items():
    rows = one.face == face
    assert one.frame[rows].tolist() == list(by_frame)
    np.testing.assert_array_equal(one.scores[rows], list(by_frame.values()))
    np.testing.assert_array_equal(
      one.present[rows], one.scores[rows] >= predictions.THRESHOLD
    )
  assert one.face[one.rows(12)].tolist() == [-1]
  assert one.face[one.rows(6)].tolist() == [0, 1]
  assert np.isnan(one.scores[one.rows(12)]).all()
  assert (one.present[one.rows(12)] == -1).all()
  np.testing.assert_array_equal(one.seconds, one.frame / 20)
  assert one.box[one.rows(6)].tolist() == [[8, 6, 20, 24], [38, 6, 20, 24]]
  assert (other.name, other.is_video, other.faces) == ("b.png", False, [])
  assert one.face[one.rows(99)].tolist() == []


def test_a_table_without_any_face(tmp_path):
  rows = [predictions.row("a.mp4", frame, None, None) for frame in range(3)]
  (one,) = finished.read(predictions.write(tmp_path / "out.csv", rows))
  assert one.faces == [] and one.face.tolist() == [-1, -1, -1]


def test_files_lie_where_they_are_named_or_beside_the_table(tmp_path):
  (tmp_path / "a.mp4").touch()
  rows = [predictions.row("a.mp4", frame, None, None) for frame in range(2)]
  (one,) = finished.read(predictions.write(tmp_path / "out.csv", rows))
  assert one.path == tmp_path / "a.mp4"


def test_what_is_no_finished_table_is_one_sentence(tmp_path):
  path = tmp_path / "out.csv"
  with pytest.raises(FileNotFoundError, match="expected a table .*out.csv"):
    finished.read(path)
  path.write_text("path,AU01\na,1\n")
  with pytest.raises(ValueError, match="no input, frame, .*AU01_score"):
    finished.read(path)
  predictions.write(path.with_name("empty.csv"), [])
  with pytest.raises(ValueError, match="no rows"):
    finished.read(path.with_name("empty.csv"))
  table = [predictions.row("a", 0, 0, (0.1, 0.2, 0.3)) | {"AU04_score": "much"}]
  with pytest.raises(ValueError, match="numbers or blanks"):
    finished.read(predictions.write(tmp_path / "words.csv", table))
  (tmp_path / "bad.parquet").write_text("no Parquet")
  with pytest.raises(ValueError, match="does not read"):
    finished.read(tmp_path / "bad.parquet")
  (tmp_path / "out.csv.progress").touch()
  with pytest.raises(ValueError, match="expected a complete table"):
    finished.read(path)
