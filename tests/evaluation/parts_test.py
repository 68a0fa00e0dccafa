import gzip
import pathlib
import tempfile

import hypothesis
import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from aujax.evaluation import parts, tabular
from aujax.evaluation import scores as scores_lib

HEADER = "subject,frame,AU01,AU01_score,AU12,AU12_score\n"


def write(folder, text, name="theirs.csv"):
  path = folder / name
  path.write_bytes(text.encode())
  return path


def test_a_csv_is_read_as_it_stands(tmp_path):
  rows = "007,10,0,0.5,1,.25\n007,11,-1,1e-3,1.0,1\n008,1, 1 ,0,0,0\n"
  read = scores_lib.read(write(tmp_path, HEADER + rows))
  assert read.aus == (1, 12)
  # A name of digits keeps its zeros, and each subject is a video of its own.
  assert read.subject.tolist() == ["007", "007", "008"]
  assert read.sequence.tolist() == read.subject.tolist()
  assert read.frame.tolist() == [10, 11, 1]
  assert read.labels.tolist() == [[0, 1], [-1, 1], [1, 0]]
  np.testing.assert_array_equal(
    read.scores, np.float32([[0.5, 0.25], [1e-3, 1], [0, 0]])
  )
  assert read.labels.dtype == np.int8 and read.scores.dtype == np.float32


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.parquet"])
def test_forms_agree(tmp_path, name):
  frame = pd.DataFrame(
    {
      "subject": ["a", "b"],
      "sequence": ["left", "right"],
      "frame": [3, 4],
      "AU04": [1, 0],
      "AU04_score": [0.125, 0.75],
      "AU04_truth": [1, -1],
    }
  )
  path = tmp_path / name
  if name.endswith("parquet"):
    frame.to_parquet(path)
  else:
    opened = gzip.open if name.endswith("gz") else open
    with opened(path, "wt") as file:
      file.write("\ufeff" * (name == "a.csv") + frame.to_csv(index=False))
  read = scores_lib.read(path)
  assert read.sequence.tolist() == ["left", "right"]
  assert read.truth.tolist() == [[1], [-1]]
  assert read.scores.tolist() == [[0.125], [0.75]]


def test_types_are_not_guessed_from_the_first_rows(tmp_path):
  # More than the block that a CSV reader looks at to guess a type.
  rows = "a,{},0,{},1,1\n"
  text = "".join(rows.format(i, 0) for i in range(100_000))
  read = scores_lib.read(
    write(tmp_path, HEADER + text + rows.format(100_000, 0.5))
  )
  assert len(read) == 100_001 and read.scores[-1, 0] == 0.5


_SCORES = st.floats(0, 1, width=32)
_NAMES = st.text("abc0 ,\"'é\n", min_size=1).filter(lambda name: name.strip())


@hypothesis.given(st.lists(st.tuples(_NAMES, _SCORES), min_size=1, max_size=9))
def test_a_csv_holds_what_was_written(rows):
  subjects, values = zip(*rows, strict=True)
  frame = pd.DataFrame({"subject": subjects, "frame": range(len(rows))})
  frame["AU01"], frame["AU01_score"] = 0, np.float32(values)
  with tempfile.TemporaryDirectory() as folder:
    path = pathlib.Path(folder) / "a.csv"
    frame.to_csv(path, index=False)
    read = scores_lib.read(path)
  assert read.subject.tolist() == list(subjects)
  np.testing.assert_array_equal(read.scores[:, 0], np.float32(values))


def test_parts_by_method_fold_and_repeat(tmp_path):
  frame = pd.DataFrame(
    {
      "subject": list("abababab"),
      "frame": 1,
      "fold": [0, 1] * 4,
      "repeat": [1, 1, 0, 0] * 2,
      "method": ["x"] * 4 + ["y"] * 4,
      "AU01": 0,
      "AU01_score": np.arange(8) / 8,
    }
  )
  path = write(tmp_path, frame.to_csv(index=False))
  found = parts.read(path)
  keys = [(part.method, part.fold, part.repeat) for part in found]
  assert keys == [(m, f, r) for m in "xy" for r in (1, 0) for f in (0, 1)]
  assert [part.rows.tolist() for part in found] == [[i] for i in range(8)]
  assert [part.scores.subject.tolist() for part in found] == [
    [s] for s in "abababab"
  ]
  whole = parts.read(
    write(tmp_path, frame[:2].drop(columns="fold").to_csv(index=False))
  )
  assert [(p.method, p.fold, p.repeat) for p in whole] == [("x", None, 1)]
  assert whole[0].rows.tolist() == [0, 1]


def test_select_project_and_order():
  scores = scores_lib.Scores(
    aus=(4, 12),
    subject=np.array(["b", "a", "a", "a"]),
    sequence=np.array(["u", "v", "u", "v"]),
    frame=np.array([1, 5, 9, 2]),
    labels=np.arange(8).reshape(4, 2).astype(np.int8) % 2,
    scores=np.arange(8).reshape(4, 2).astype(np.float32) / 8,
  )
  assert scores.in_time().tolist() == [2, 3, 1, 0]
  videos = scores.videos()
  assert videos[1] == videos[3] and len(set(videos.tolist())) == 3
  some = scores.select(np.array([3, 0])).project((12,))
  assert some.aus == (12,) and some.frame.tolist() == [2, 1]
  assert some.scores.tolist() == [[7 / 8], [1 / 8]]
  with pytest.raises(ValueError, match=r"scored, \[4, 12\], got \[6\]"):
    scores.project((6,))


BAD = [
  ("", "expected a header and a row per frame in .*, found an empty file"),
  (HEADER, "expected at least one frame, found none"),
  (
    HEADER + "a,1,0,0.5,1,2.7\n",
    r"scores in \[0, 1\], got 2.7 for AU12 in row 0; logits need a sigmoid",
  ),
  (HEADER + "a,1,0,0.5,1,-3\n", "got -3 for AU12 in row 0; logits need a sig"),
  (HEADER + "a,1,0,nan,1,1\n", "got nan for AU01 in row 0; leave out frames"),
  (HEADER + "a,1,0,.5,1,\n", "column 'AU12_score', found an empty cell in row"),
  (HEADER + "a,1,,.5,1,1\n", "found an empty cell in row 0; unknown is -1"),
  (
    HEADER + "a,1,0,0.5,1,1\na,2,0,high,1,1\n",
    "numbers in column 'AU01_score', found text, 'high', in row 1",
  ),
  (HEADER + "a,1,9,0.5,1,1\n", "'AU01', found 9 in row 0; unknown is -1"),
  (HEADER + "a,1.5,0,0.5,1,1\n", "whole numbers in column 'frame', found 1.5"),
  (HEADER + ",1,0,0.5,1,1\n", "column 'subject', found an empty cell in row 0"),
  (
    HEADER + "a,1,0,0.5,1,1\nb,1,0,0.5,1,1\na,1,0,0.5,1,1\n",
    "every frame once, got subject 'a' frame 1 in rows 0 and 2; videos of one",
  ),
  (
    "Subject,frame,AU01,AU01_score\na,1,0,1\n",
    "a column 'subject', found none; the nearest is 'Subject'",
  ),
  (
    "subject,frame,AU1,AU1_score\na,1,0,1\n",
    "columns such as 'AU01' and 'AU01_score', .*the nearest is 'AU1_score'",
  ),
  (
    "subject,frame,AU01,AU01_score,AU04,AU4_score\na,1,0,1,0,1\n",
    "a column 'AU04_score', found none; the nearest is 'AU4_score'",
  ),
  (
    "subject,frame,AU01,AU01_score,AU04_score\na,1,0,1,0\n",
    "a column 'AU04', found none$",
  ),
  (
    "subject,frame,AU01,AU01_score,AU01\na,1,0,1,0\n",
    "expected column 'AU01' once, found it twice",
  ),
  (HEADER.replace(",", ";") + "a;1;0;1;0;1\n", "columns parted by commas"),
  (HEADER + "a,1,0,0.5,1\n", "read as one: .*Expected 6 columns, got 5"),
  ("fold," + HEADER + "-1,a,1,0,.5,1,1\n", "from 0 in column 'fold', found -1"),
  ("fold," + HEADER + "x,a,1,0,.5,1,1\n", "numbers in column 'fold', found te"),
]


@pytest.mark.parametrize(("text", "message"), BAD)
def test_a_bad_csv(tmp_path, text, message):
  path = write(tmp_path, text)
  with pytest.raises(ValueError, match=message) as error:
    parts.read(path)
  assert str(path) in str(error.value) and "\n" not in str(error.value)


def test_a_file_that_is_not_what_its_name_says(tmp_path):
  good = HEADER + "a,1,0,0.5,1,1\n"
  with pytest.raises(ValueError, match="name it .csv if that is what it is"):
    parts.read(write(tmp_path, good, "theirs.parquet"))
  pq.write_table(
    tabular.read(write(tmp_path, good)), tmp_path / "really_parquet.csv"
  )
  assert len(parts.read(tmp_path / "really_parquet.csv")[0].scores) == 1
  (tmp_path / "latin.csv").write_bytes((HEADER + "ü,1,0,1,0,1").encode("latin"))
  with pytest.raises(ValueError, match="does not read as one: .*UTF8"):
    parts.read(tmp_path / "latin.csv")


def test_missing_cells_of_parquet(tmp_path):
  frame = pd.DataFrame(
    {"subject": ["a"], "frame": [1], "AU01": [None], "AU01_score": [0.5]}
  )
  frame.astype({"AU01": "Int8"}).to_parquet(tmp_path / "a.parquet")
  with pytest.raises(ValueError, match="empty cell in row 0; unknown is -1"):
    parts.read(tmp_path / "a.parquet")
  frame.assign(AU01=0, subject=None).to_parquet(tmp_path / "a.parquet")
  with pytest.raises(ValueError, match="column 'subject', found an empty cell"):
    parts.read(tmp_path / "a.parquet")
