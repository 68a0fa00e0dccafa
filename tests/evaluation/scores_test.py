import dataclasses
import types

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from aujax.evaluation import scores as scores_lib


def example(truth=True, rows=5):
  rng = np.random.default_rng(0)
  labels = rng.integers(-1, 2, (rows, 2)).astype(np.int8)
  return scores_lib.Scores(
    aus=(12, 4),
    subject=np.array([f"SN{i:03d}" for i in range(rows)]),
    sequence=np.array(["left"] * rows),
    frame=np.arange(1, rows + 1),
    labels=labels,
    scores=rng.random((rows, 2)).astype(np.float32),
    truth=np.abs(labels) if truth else None,
  )


@pytest.mark.parametrize("truth", [True, False])
def test_reads_what_was_written(tmp_path, truth):
  path = tmp_path / "fold0" / "scores.parquet"
  written = example(truth)
  scores_lib.write(path, written)
  read = scores_lib.read(path)
  assert read.aus == (12, 4)
  for field in dataclasses.fields(written)[1:]:
    a, b = getattr(written, field.name), getattr(read, field.name)
    if a is None:
      assert b is None
    else:
      np.testing.assert_array_equal(a, b)
  assert read.labels.dtype == np.int8 and read.scores.dtype == np.float32
  assert [p.name for p in path.parent.iterdir()] == ["scores.parquet"]


def test_columns_are_named_by_au(tmp_path):
  scores_lib.write(tmp_path / "a.parquet", example())
  schema = pq.read_schema(tmp_path / "a.parquet")
  assert schema.names == [
    "subject",
    "sequence",
    "frame",
    "AU12",
    "AU04",
    "AU12_score",
    "AU04_score",
    "AU12_truth",
    "AU04_truth",
  ]
  assert schema.field("AU12").type == pa.int8()
  assert schema.field("AU12_score").type == pa.float32()
  assert schema.field("frame").type == pa.int64()


def test_a_write_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
  path = tmp_path / "scores.parquet"
  scores_lib.write(path, example())
  before = path.read_bytes()

  def fails(table, where, **kwargs):
    where.write_bytes(b"half")
    raise OSError("no space left on device")

  monkeypatch.setattr(pq, "write_table", fails)
  with pytest.raises(OSError, match="no space"):
    scores_lib.write(path, example(rows=3))
  assert path.read_bytes() == before
  assert list(tmp_path.iterdir()) == [path]


def test_from_table_takes_any_table(unchecked):
  one = example()
  table = types.SimpleNamespace(
    aus=one.aus,
    subject=one.subject,
    sequence=one.sequence,
    frame=one.frame,
    labels=one.labels,
    truth=None,
  )
  joined = scores_lib.from_table(table, one.scores)
  assert joined.truth is None and len(joined) == 5
  with pytest.raises(ValueError, match=r"expected scores of shape \[5, 2\]"):
    scores_lib.from_table(table, one.scores[:4])


def test_target():
  known, unknown = example(), example(truth=False)
  assert known.target() is known.labels
  assert known.target("truth") is known.truth
  with pytest.raises(ValueError, match="only the labels are known"):
    unknown.target("truth")
  with pytest.raises(ValueError, match="got 'both'"):
    known.target("both")


def change(name, values):
  def edit(table):
    index = table.column_names.index(name)
    if values is None:
      return table.remove_column(index)
    return table.set_column(index, name, pa.array(values))

  return edit


@pytest.mark.parametrize(
  ("edit", "message"),
  [
    (change("subject", None), "expected a column 'subject', found none"),
    (change("AU04_score", None), "expected a column 'AU04_score'"),
    (change("AU04", None), "expected a column 'AU04'"),
    (change("AU04_truth", None), "expected a column 'AU04_truth'"),
    (change("AU04", [0, 1, 9, 0, 1]), "1, 0 or -1 in column 'AU04', found 9"),
    (change("AU04", list("abcde")), "numbers in column 'AU04', found text"),
    (
      change("AU12_score", [0.1, 0.2, 1.5, 0.1, 0.1]),
      r"scores in \[0, 1\], got 1.5 for AU12 in row 2",
    ),
    (
      change("AU12_score", [0.1, 0.2, np.nan, 0.1, 0.1]),
      "got nan for AU12 in row 2",
    ),
    (lambda table: table.slice(0, 0), "at least one frame, found none"),
    (lambda table: table.select(["subject"]), "columns such as 'AU01'"),
  ],
)
def test_bad_columns(tmp_path, edit, message):
  path = tmp_path / "scores.parquet"
  scores_lib.write(path, example())
  pq.write_table(edit(pq.read_table(path)), path)
  with pytest.raises(ValueError, match=message) as error:
    scores_lib.read(path)
  assert str(error.value).startswith(str(path))


def test_missing_and_broken_files(tmp_path):
  with pytest.raises(FileNotFoundError, match="found none at"):
    scores_lib.read(tmp_path / "scores.parquet")
  (tmp_path / "scores.parquet").write_text("subject,frame\n")
  with pytest.raises(ValueError, match="does not read as one"):
    scores_lib.read(tmp_path / "scores.parquet")
