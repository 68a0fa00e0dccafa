import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from aujax.data import images, manifest
from tests.data import layout


def write(root, text, *, name="manifest.csv", files=("a.png", "b.png")):
  (root / name).write_text(text)
  for file in files:
    (root / file).parent.mkdir(parents=True, exist_ok=True)
    (root / file).touch()


def test_reads_any_spelling_and_order_of_columns(tmp_path):
  write(
    tmp_path,
    "\ufeffAU 12,Subject ,note,'AU 4',PATH,au_1,AU09_r,AU02_score\n"
    '0,anna,"x, y",1,a.png,1,3,0.5\n'
    "1,ben,,0,b.png,0,4,0.5\n",
  )
  table = manifest.read(tmp_path)
  assert table.aus == (12, 4, 1)
  assert table.labels.tolist() == [[0, 1, 1], [1, 0, 0]]
  assert table.image.tolist() == ["a.png", "b.png"]
  assert table.subjects == ["anna", "ben"]
  chosen = manifest.read(tmp_path, aus=(1, 12))
  assert chosen.aus == (1, 12) and chosen.labels.tolist() == [[1, 0], [0, 1]]


def test_blanks_and_the_code_are_unknown(tmp_path):
  cells = ["", " ", "NaN", "NA", "null", "None", "-1", "-1.0", "1.0", " 0 "]
  cells += ["True", "FALSE"]
  rows = [f"a.png,anna,{i},{cell}\n" for i, cell in enumerate(cells)]
  write(tmp_path, "path,subject,frame,AU01\n" + "".join(rows))
  labels = manifest.read(tmp_path).labels[:, 0]
  assert labels.tolist() == [-1] * 8 + [1, 0, 1, 0]


@pytest.mark.parametrize("code", [9, 999])
def test_another_code_for_unknown(tmp_path, code):
  write(tmp_path, f"path,subject,AU01,AU02\na.png,anna,{code},1\n")
  table = manifest.read(tmp_path, unknown=code)
  assert table.labels.tolist() == [[-1, 1]]


def test_intensities(tmp_path):
  cells = ["0", "1.9", "2", "5", "", "9"]
  rows = [f"a.png,anna,{i},{cell}\n" for i, cell in enumerate(cells)]
  write(tmp_path, "path,subject,frame,AU01\n" + "".join(rows))
  table = manifest.read(tmp_path, positive=2, unknown=9)
  assert table.labels[:, 0].tolist() == [0, 0, 1, 1, -1, -1]
  with pytest.raises(ValueError, match="0 to 5.*'AU01'.*'9' in row 6"):
    manifest.read(tmp_path, positive=2)


def test_parquet_has_types_of_its_own(tmp_path):
  write(tmp_path, "")
  columns = {
    "path": pa.array(["b.png", "a.png"]).dictionary_encode(),
    "subject": pa.array([12, 7]),
    "frame": pa.array([3.0, 4.0]),
    "AU01": pa.array([1.0, float("nan")]),
    "AU02": pa.array([None, 0], pa.int8()),
    "AU04": pa.array([True, False]),
  }
  parquet.write_table(pa.table(columns), tmp_path / "mine.parquet")
  table = manifest.read(tmp_path, manifest="mine.parquet")
  assert table.subject.tolist() == ["12", "7"]
  assert table.frame.tolist() == [3, 4]
  assert table.labels.tolist() == [[1, -1, 1], [-1, 0, 0]]


def test_videos_are_sequences_and_their_indices_are_frames(tmp_path):
  write(
    tmp_path,
    "path,subject,AU01\n"
    "v/ben.mp4#7,ben,1\na.png,ben,0\nv/ben.mp4#5,ben,0\nb.png,ben,1\n",
    files=("v/ben.mp4", "a.png", "b.png"),
  )
  table = manifest.read(tmp_path)
  assert table.sequence.tolist() == ["ben"] * 2 + ["v/ben.mp4"] * 2
  assert table.frame.tolist() == [0, 1, 5, 7]
  assert table.image[2] == "v/ben.mp4#5"
  assert table.labels[:, 0].tolist() == [0, 1, 0, 1]


def test_sequence_and_frame_are_taken_where_they_are_given(tmp_path):
  write(
    tmp_path,
    "frame,sequence,path,subject,AU01\n"
    "10,two,a.png,ben,1\n9,two,b.png,ben,0\n9,one,c.png,ben,1\n",
    files=("a.png", "b.png", "c.png"),
  )
  table = manifest.read(tmp_path)
  assert table.sequence.tolist() == ["one", "two", "two"]
  assert table.frame.tolist() == [9, 9, 10]
  assert table.image.tolist() == ["c.png", "b.png", "a.png"]


def test_the_same_frame_twice_is_refused(tmp_path):
  text = "path,subject,frame,AU01\na.png,ben,1,1\nb.png,ben,1,1\n"
  write(tmp_path, text)
  match = "frame 1 of subject 'ben', sequence 'ben' in rows 1 and 2"
  with pytest.raises(ValueError, match=match):
    manifest.read(tmp_path)
  write(tmp_path, "path,subject,AU01\nv.avi#3,ben,1\nv.avi#3,ben,0\n")
  (tmp_path / "v.avi").touch()
  with pytest.raises(ValueError, match="frame 3 .*sequence 'v.avi'"):
    manifest.read(tmp_path)


def test_missing_pictures_are_counted_and_the_first_is_named(tmp_path):
  rows = [f"{name}.png,ben,1\n" for name in "bxyxa"]
  write(tmp_path, "path,subject,AU01\n" + "".join(rows))
  match = "the 4 pictures.*no file for 2 of them, the first is 'x.png'"
  with pytest.raises(FileNotFoundError, match=match):
    manifest.read(tmp_path)


@pytest.mark.parametrize(
  "header, missing",
  [("subject,AU01", "'path'"), ("path,AU01", "'subject'.*folds")],
)
def test_columns_that_must_be_there(tmp_path, header, missing):
  write(tmp_path, f"{header}\na.png,1\n")
  with pytest.raises(ValueError, match=f"expected a column {missing}"):
    manifest.read(tmp_path)


@pytest.mark.parametrize(
  "header, match",
  [
    ("path,subject,AU1,AU01", "one column for AU 1.*'AU1' and 'AU01'"),
    ("path,subject,Subject,AU01", "one column 'subject'"),
    ("path,subject,AU01_r,AU01_score", "columns named as AU01.*'AU01_r'"),
    ("path;subject;sequence;AU01", "commas"),
  ],
)
def test_ambiguous_and_absent_columns_are_refused(tmp_path, header, match):
  mark = ";" if ";" in header else ","
  write(tmp_path, f"{header}\n{mark.join(['a.png', 'anna', '1', '1'])}\n")
  with pytest.raises(ValueError, match=match):
    manifest.read(tmp_path)


@pytest.mark.parametrize("cell", ["2", "yes", "0.5", "-2", "999", "inf"])
def test_a_value_that_is_no_label_is_named(tmp_path, cell):
  write(tmp_path, f"path,subject,AU 4\na.png,anna,1\nb.png,anna,{cell}\n")
  match = f"0 or 1, a blank or -1.*'AU 4'.*'{cell}' in row 2.*positive"
  with pytest.raises(ValueError, match=match):
    manifest.read(tmp_path)


def test_sequence_and_frame_of_a_video_may_be_blank(tmp_path):
  write(
    tmp_path,
    "path,subject,sequence,frame,AU01\n"
    "v.avi#8,ben,,,1\na.png,ben,day 1,3,0\nb.png,ben,,2,1\n",
    files=("v.avi", "a.png", "b.png"),
  )
  table = manifest.read(tmp_path)
  assert table.sequence.tolist() == ["ben", "day 1", "v.avi"]
  assert table.frame.tolist() == [2, 3, 8]


@pytest.mark.parametrize("frame", ["1.5", "-1", "x", "1e3", ""])
def test_a_frame_that_is_no_number_is_named(tmp_path, frame):
  rows = f"a.png,anna,{frame},1\nb.png,anna,7,1\n"
  write(tmp_path, "path,subject,frame,AU01\n" + rows)
  with pytest.raises(ValueError, match=f"'frame'.*'{frame}' in row 1"):
    manifest.read(tmp_path)


@pytest.mark.parametrize("column", ["path", "subject"])
def test_a_blank_where_a_value_must_be_is_named(tmp_path, column):
  row = {"path": "a.png", "subject": "anna", "AU01": "1", column: " "}
  write(tmp_path, f"{','.join(row)}\n{','.join(row.values())}\n")
  with pytest.raises(ValueError, match=f"column '{column}'.*blank in row 1"):
    manifest.read(tmp_path)


def test_a_video_without_an_index_is_named(tmp_path):
  write(tmp_path, "path,subject,AU01\na.png,anna,1\nv.MP4,anna,1\n")
  (tmp_path / "v.MP4").touch()
  with pytest.raises(ValueError, match="'v.MP4#0'.*row 2"):
    manifest.read(tmp_path)


def test_files_that_do_not_read_are_named(tmp_path):
  with pytest.raises(FileNotFoundError, match="manifest.csv"):
    manifest.read(tmp_path)
  write(tmp_path, "path,subject,AU01\n")
  with pytest.raises(ValueError, match="a row for each picture"):
    manifest.read(tmp_path)
  for text in ("", "path,subject,AU01\na.png,anna,1,1\n"):
    write(tmp_path, text)
    with pytest.raises(ValueError, match="manifest.csv does not read"):
      manifest.read(tmp_path)
  (tmp_path / "manifest.csv").write_bytes(b"path,subject,AU01\na,\xff\xfe,1\n")
  with pytest.raises(ValueError, match="UTF-8.*does not read"):
    manifest.read(tmp_path)
  write(tmp_path, "path,subject,AU01\na.png,anna,1\n", name="m.parquet")
  with pytest.raises(ValueError, match="m.parquet does not read"):
    manifest.read(tmp_path, manifest="m.parquet")


def test_wrong_options_are_refused(tmp_path):
  write(tmp_path, "path,subject,AU01\na.png,anna,1\n")
  for positive in (0, 6, -1):
    with pytest.raises(ValueError, match=f"got {positive}"):
      manifest.read(tmp_path, positive=positive)
  with pytest.raises(ValueError, match=r"AU02.*AU \[1\]"):
    manifest.read(tmp_path, aus=(1, 2))


def test_keys_are_found_by_the_reader_of_pictures(tmp_path):
  text = "path,subject,AU01\nv.avi#4,ben,1\nv.avi#2,ben,0\n"
  write(tmp_path, text, files=())
  layout.write_video(tmp_path / "v.avi", 6)
  table = manifest.read(tmp_path)
  pictures = images.read(tmp_path, table.image)
  assert [layout.painted_index(picture) for picture in pictures] == [2, 4]
  np.testing.assert_array_equal(table.labels, [[0], [1]])
