import csv
import json

import pyarrow as pa
import pytest
from pyarrow import parquet

from aujax.prediction import rows

AUS = (1, 12)
FACE = {
  "input": 'a, "b".mp4',
  "frame": 0,
  "timestamp": 0.04,
  "face": 0,
  "x": 1.5,
  "y": 2,
  "width": 10,
  "height": 12,
  "confidence": 0.99,
  "AU01_score": 0.25,
  "AU12_score": 0.75,
  "AU01": 0,
  "AU12": 1,
}
NONE = {"input": "b.png", "frame": 0, "timestamp": 0.0}
IDENTITY = {"model": "abc", "inputs": ["a", "b"]}


def _writer(path, identity=IDENTITY, **options):
  return rows.Writer(path, AUS, identity=identity, **options)


def _read(path):
  with path.open(newline="") as file:
    return list(csv.DictReader(file))


def test_a_frame_without_a_face_keeps_its_row(tmp_path):
  path = tmp_path / "out.csv"
  with _writer(path) as writer:
    writer.add([FACE, NONE])
    writer.complete()
  found = _read(path)
  assert found[0] == {name: str(value) for name, value in FACE.items()}
  blank = dict.fromkeys(rows.columns(AUS), "")
  assert found[1] == blank | {name: str(value) for name, value in NONE.items()}
  assert [p.name for p in tmp_path.iterdir()] == ["out.csv"]


def test_rows_are_there_as_they_come(tmp_path):
  path = tmp_path / "out.csv"
  with _writer(path) as writer:
    writer.add([FACE])
    writer.mark({"frame": 1})
    assert len(_read(path)) == 1


def test_goes_on_after_what_was_marked(tmp_path):
  path = tmp_path / "out.csv"
  with _writer(path) as writer:
    assert writer.done is None
    writer.add([FACE])
    writer.mark({"frame": 1})
    writer.add([FACE] * 1000)  # Lost with the process.
  with path.open("ab") as file:
    file.write(b"half a li")
  with _writer(path) as writer:
    assert writer.done == {"frame": 1}
    writer.add([NONE])
    writer.complete()
  assert [row["input"] for row in _read(path)] == ['a, "b".mp4', "b.png"]


def test_parquet_is_whole_or_not_there(tmp_path):
  path = tmp_path / "out.parquet"
  with _writer(path) as writer:
    writer.add([FACE])
    writer.mark(1)
  assert not path.exists()
  with _writer(path) as writer:
    assert writer.done == 1
    writer.add([NONE])
    writer.complete()
  table = parquet.read_table(path)
  assert table.column_names == rows.columns(AUS)
  assert table.to_pylist()[0] == FACE
  assert table.to_pylist()[1]["AU01_score"] is None
  assert table.schema.field("AU12").type == pa.int8()
  assert [p.name for p in tmp_path.iterdir()] == ["out.parquet"]


def test_a_complete_table_is_not_replaced_unless_asked(tmp_path):
  path = tmp_path / "out.csv"
  path.write_text("mine")
  with pytest.raises(FileExistsError, match="--overwrite"):
    _writer(path)
  assert path.read_text() == "mine"
  with _writer(path, overwrite=True) as writer:
    writer.complete()
  assert _read(path) == []


def test_another_run_is_not_mixed_in(tmp_path):
  path = tmp_path / "out.csv"
  with _writer(path) as writer:
    writer.mark(1)
  before = path.read_bytes()
  with pytest.raises(FileExistsError, match="begun with other inputs;"):
    _writer(path, {**IDENTITY, "inputs": ["a"]})
  assert path.read_bytes() == before


@pytest.mark.parametrize("text", ["", "{}", json.dumps([1])])
def test_a_damaged_progress_is_one_sentence(tmp_path, text):
  path = tmp_path / "out.csv"
  with _writer(path) as writer:
    writer.mark(1)
  (tmp_path / "out.csv.progress").write_text(text)
  with pytest.raises(ValueError, match="how far .* --overwrite"):
    _writer(path)


def test_what_was_removed_is_begun_anew(tmp_path):
  path = tmp_path / "out.csv"
  with _writer(path) as writer:
    writer.mark(1)
  path.unlink()
  with _writer(path) as writer:
    assert writer.done is None
    writer.complete()
  assert _read(path) == []


def test_no_folder(tmp_path):
  with pytest.raises(FileNotFoundError, match="expected a folder at"):
    _writer(tmp_path / "nowhere" / "out.csv")
