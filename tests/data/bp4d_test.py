import numpy as np
import pytest

from aujax import action_units
from aujax.data import bp4d

# BP4D+ leaves numbers out: AU 12 is the tenth column.
PLUS = (1, 2, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 22, 23)
PLUS += (24, 27)
DENSE = tuple(range(1, 28))


def write(root, sequence, codes, *, columns=DENSE, folder="AUCoding/AU_OCC"):
  """Writes one file; `codes` has an `{au: value}` for each frame's number."""
  folder = root / folder
  folder.mkdir(parents=True, exist_ok=True)
  lines = [",".join(map(str, [0, *columns]))]
  for frame, values in codes.items():
    lines.append(
      ",".join(map(str, [frame, *(values.get(c, 0) for c in columns)]))
    )
  (folder / f"{sequence}.csv").write_text("\n".join(lines) + "\n")


def write_pictures(root, folder, names):
  (root / folder).mkdir(parents=True, exist_ok=True)
  for name in names:
    (root / folder / name).write_bytes(b"")


def write_intensities(root, au, lines, *, sequence="F001_T1"):
  folder = root / "AUCoding" / "AU_INT" / f"AU{au:02d}"
  folder.mkdir(parents=True, exist_ok=True)
  (folder / f"{sequence}_AU{au:02d}.csv").write_text("\n".join(lines) + "\n")


@pytest.fixture
def root(tmp_path):
  """One sequence of two frames, 9 at AU 2."""
  write(tmp_path, "F001_T1", {732: {1: 1, 2: 9}, 733: {12: 1, 24: 1}})
  write_pictures(tmp_path, "F001/T1", ["0732.jpg", "733.jpg"])
  return tmp_path


def test_columns_are_found_by_header_and_nine_is_unknown(root):
  table = bp4d.read(root)
  assert table.aus == action_units.BP4D
  expected = np.zeros((2, 12))
  expected[0, :2] = 1, -1
  expected[1, [6, 11]] = 1
  np.testing.assert_array_equal(table.labels, expected)
  assert table.frame.tolist() == [732, 733]
  assert table.subjects == ["F001"] and set(table.sequence) == {"F001_T1"}
  np.testing.assert_array_equal(
    bp4d.read(root, aus=(24, 1)).labels, [[0, 1], [1, 0]]
  )


def test_a_header_that_leaves_numbers_out(tmp_path):
  codes = {1: {10: 1, 12: 1, 14: 1, 24: 1, 9: 9}}
  write(tmp_path, "F001_T1", codes, columns=PLUS)
  write_pictures(tmp_path, "F001/T1", ["0001.jpg"])
  table = bp4d.read(tmp_path)
  assert table.labels[0].tolist() == [0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 1]


@pytest.mark.parametrize(
  "header", [",1,2", "frame, AU01,AU2", '"","1","au 02"']
)
def test_spellings_of_the_header(tmp_path, header):
  path = tmp_path / "AUCoding" / "AU_OCC" / "F001_T1.csv"
  path.parent.mkdir(parents=True)
  text = f"\ufeff{header}\r\n 5 , 1 ,9\r\n\r\n"
  path.write_bytes(text.encode())
  write_pictures(tmp_path, "F001/T1", ["5.jpg"])
  np.testing.assert_array_equal(
    bp4d.read(tmp_path, aus=(1, 2)).labels, [[1, -1]]
  )


def test_rows_are_sorted_by_subject_and_task(tmp_path):
  for sequence in ("M001_T1", "F002_T10", "F002_T8"):
    write(tmp_path, sequence, {7: {}})
    write_pictures(tmp_path, sequence.replace("_", "/"), ["0007.jpg"])
  (tmp_path / "AUCoding" / "AU_OCC" / "._F002_T8.csv").write_bytes(b"\0")
  (tmp_path / "AUCoding" / "AU_OCC" / "readme.txt").write_text("x")
  table = bp4d.read(tmp_path)
  assert table.sequence.tolist() == ["F002_T8", "F002_T10", "M001_T1"]
  assert table.subject.tolist() == ["F002", "F002", "M001"]


def test_the_copy_of_fera_has_its_files_one_folder_up(tmp_path):
  write(tmp_path, "F001_T1", {3: {1: 1}}, folder="AUCoding")
  write_pictures(tmp_path, "F001/T1", ["0003.jpg"])
  assert bp4d.read(tmp_path, aus=(1,)).labels.tolist() == [[1]]


def test_pictures_are_found_by_number(root):
  assert bp4d.read(root).image.tolist() == [
    "F001/T1/0732.jpg",
    "F001/T1/733.jpg",
  ]
  write_pictures(root, "F001/T1", ["732.jpg"])
  with pytest.raises(ValueError, match="one picture of frame 732.*0?732.jpg"):
    bp4d.read(root)


def test_pictures_lie_where_it_is_said(root):
  write_pictures(root, "faces/F001_T1", ["frame_731.PNG", "frame_732.png", "x"])
  images = "faces/{subject}_{task}/frame_{index}.png"
  table = bp4d.read(root, images=images)
  assert table.image.tolist() == [
    "faces/F001_T1/frame_731.PNG",
    "faces/F001_T1/frame_732.png",
  ]
  write_pictures(root, "", ["F001_732.jpg", "F001_733.jpg"])
  table = bp4d.read(root, images="{subject}_{frame}.jpg")
  assert table.image.tolist() == ["F001_732.jpg", "F001_733.jpg"]


def test_frames_without_a_picture_are_counted_or_left_out(root):
  write(root, "F002_T1", {2440: {}, 2441: {}})
  with pytest.raises(FileNotFoundError, match="2 of them.*2440 of F002_T1"):
    bp4d.read(root)
  assert set(bp4d.read(root, skip_missing=True).sequence) == {"F001_T1"}
  with pytest.raises(FileNotFoundError, match="none for 4 of them"):
    bp4d.read(root, images="{task}/{frame}.jpg", skip_missing=True)


def test_occluded_frames_are_unknown_where_a_column_says_so(root):
  codes = {732: {1: 1, "Hidden": 1}, 733: {1: 1, "Hidden": 9}}
  write(root, "F001_T1", codes, columns=(*DENSE, "Hidden"))
  table = bp4d.read(root, aus=(1, 2), occlusion="Hidden")
  np.testing.assert_array_equal(table.labels, [[-1, -1], [1, 0]])
  np.testing.assert_array_equal(bp4d.read(root, aus=(1,)).labels, [[1], [1]])
  with pytest.raises(ValueError, match="one column 'occluded'.*F001_T1.csv"):
    bp4d.read(root, occlusion="occluded")


@pytest.mark.parametrize("positive", [1, 2, 5])
def test_intensities(root, positive):
  write_intensities(root, 6, ["732,0", "733,9"])
  write_intensities(root, 12, ["732,2", "733,5"])
  table = bp4d.read(root, aus=(12, 6), positive=positive)
  expected = [[2 >= positive, 0], [1, -1]]
  np.testing.assert_array_equal(table.labels, expected)
  assert table.frame.tolist() == [732, 733]
  assert table.image[0] == "F001/T1/0732.jpg"


def test_files_of_intensities_must_agree(root):
  write_intensities(root, 6, ["732,0", "733,9"])
  write_intensities(root, 12, ["732,2"])
  with pytest.raises(ValueError, match="AU06.csv.*AU12.csv, got 2 and 1 rows"):
    bp4d.read(root, aus=(6, 12), positive=1)
  with pytest.raises(FileNotFoundError, match="F001_T1_AU10.csv"):
    bp4d.read(root, aus=(6, 10), positive=1)
  write_intensities(root, 12, ["732,2"], sequence="F001_T2")
  write_intensities(root, 12, ["732,2", "733,1"])
  with pytest.raises(FileNotFoundError, match="F001_T2_AU06.csv"):
    bp4d.read(root, aus=(6, 12), positive=1)


@pytest.mark.parametrize(
  "line, fault",
  [
    ("734,1", "3 columns or more"),
    ("734,1,2", "codes of 0, 1, 9"),
    ("734,1,", "codes of 0, 1, 9"),
    ("734,1,1.0", "codes of 0, 1, 9"),
    ("733,1,1", "frame number above 733"),
    ("x,1,1", "frame number above 733"),
    ("9999999999999999999,1,1", "frame number above 733"),
  ],
)
def test_a_malformed_line_is_named(root, line, fault):
  path = root / "AUCoding" / "AU_OCC" / "F001_T1.csv"
  path.write_text(f"0,1,2\n733,0,0\n{line}\n")
  with pytest.raises(ValueError, match=f"{fault} in .*F001_T1.csv, line 3"):
    bp4d.read(root, aus=(1, 2))


def test_a_malformed_line_of_intensities_is_named(root):
  write_intensities(root, 6, ["732,0", "733,6"])
  with pytest.raises(ValueError, match="0, 1, 2, 3, 4, 5, 9 in .*line 2"):
    bp4d.read(root, aus=(6,), positive=1)


def test_files_without_the_columns_or_rows(root):
  path = root / "AUCoding" / "AU_OCC" / "F001_T1.csv"
  path.write_text("0,1,01\n733,0,0\n")
  for au in (1, 24):
    with pytest.raises(ValueError, match=f"one column '{au}' in .*F001_T1.csv"):
      bp4d.read(root, aus=(au,))
  path.write_text("0,1\n")
  with pytest.raises(
    ValueError, match="coded frames in .*F001_T1.csv, got none"
  ):
    bp4d.read(root, aus=(1,))


def test_missing_folders_are_named(tmp_path):
  with pytest.raises(FileNotFoundError, match="labels in .*nowhere"):
    bp4d.read(tmp_path / "nowhere")
  (tmp_path / "AUCoding" / "AU_OCC").mkdir(parents=True)
  with pytest.raises(FileNotFoundError, match="F001_T1.csv or .* in .*AU_OCC"):
    bp4d.read(tmp_path)
  with pytest.raises(FileNotFoundError, match="AU06"):
    bp4d.read(tmp_path, aus=(6,), positive=1)


@pytest.mark.parametrize(
  "options, fault",
  [
    ({"aus": ()}, "at least one AU"),
    ({"positive": 0}, "positive.*1 to 5.*got 0"),
    ({"positive": 1, "occlusion": "27"}, "occlusion for occurrences only"),
    ({"images": "{subject}/{task}.jpg"}, "one of {frame} and {index}"),
    ({"images": "{frame}/{index}.jpg"}, "one of {frame} and {index}"),
    ({"images": "{frame}_{index}.jpg"}, "one of {frame} and {index}"),
    ({"images": "{frame:04d}.jpg"}, "one of {frame} and {index}"),
    ({"images": "{name}/{frame}.jpg"}, "no other fields"),
  ],
)
def test_wrong_options_are_refused(root, options, fault):
  with pytest.raises(ValueError, match=fault):
    bp4d.read(root, **options)
