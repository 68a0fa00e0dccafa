import pytest

from aujax import action_units
from aujax.data import emotionet

AUS = action_units.EMOTIONET
URL = "http://cbcsl.ece/Images/N_0000000356/N_0000000356_00{}.jpg"


def write_pictures(root, numbers):
  (root / "images").mkdir(exist_ok=True)
  for number in numbers:
    (root / "images" / f"N_0000000356_00{number}.jpg").touch()


def write_expert(root, rows, *, aus=AUS, pictures=("190", "191")):
  header = ["URL", "URL orig", *(f"'AU {au}'" for au in aus)]
  lines = [",".join(header)]
  for number, cells in rows.items():
    url = URL.format(number) + "'"
    lines.append(",".join([url, "'http://x.y/a b.jpg'", *map(str, cells)]))
  text = "\n".join([*lines, "," * (len(header) - 1)])
  (root / emotionet.EXPERT).write_text(text)
  write_pictures(root, pictures)


def write_automatic(root, rows, *, name="part_1.txt"):
  folder = root / emotionet.AUTOMATIC
  folder.mkdir(exist_ok=True)
  lines = [
    "\t".join([URL.format(number), "http://x.y/a b.jpg", *map(str, cells)])
    for number, cells in rows.items()
  ]
  (folder / name).write_text("\n".join(lines) + "\n\n")


def test_experts_file(tmp_path):
  cells = [1, 0, 999, "", "1.0"] + [0] * 18
  write_expert(tmp_path, {"190": cells, "191": [0] * 23})
  table = emotionet.read(tmp_path)
  assert table.aus == AUS
  assert table.labels[0, :6].tolist() == [1, 0, -1, -1, 1, 0]
  assert table.image[0] == "images/N_0000000356_00190.jpg"
  assert table.subjects == ["N_0000000356_00190", "N_0000000356_00191"]
  assert table.sequence.tolist() == table.subject.tolist()
  assert table.frame.tolist() == [0, 0]


def test_columns_are_found_by_name(tmp_path):
  write_expert(tmp_path, {"190": [1, 0, 999]}, aus=(43, 2, 1))
  table = emotionet.read(tmp_path, aus=(1, 43))
  assert table.labels.tolist() == [[-1, 1]]


def test_automatic_files_hold_au_n_at_position_n(tmp_path):
  cells = [0] * 60
  cells[0], cells[42], cells[59] = 1, 999, 1
  write_automatic(tmp_path, {"191": [0] * 60}, name="part_2.txt")
  write_automatic(tmp_path, {"190": cells})
  (tmp_path / emotionet.AUTOMATIC / "._part_1.txt").write_bytes(b"\xff")
  write_pictures(tmp_path, ["190", "191"])
  options = {"labels": emotionet.AUTOMATIC, "aus": (60, 1, 43, 2)}
  table = emotionet.read(tmp_path, **options)
  assert table.labels.tolist() == [[1, 1, -1, 0], [0, 0, 0, 0]]
  assert table.subjects[0] == "N_0000000356_00190"
  options["labels"] += "/part_2.txt"
  assert len(emotionet.read(tmp_path, **options)) == 1


def test_missing_pictures_are_left_out_when_asked(tmp_path):
  rows = {"189": [1] * 23, "190": [0] * 23, "191": [1] * 23, "192": [0] * 23}
  write_expert(tmp_path, rows)
  match = "4 pictures.*2 of them.*_00189.jpg.*skip_missing"
  with pytest.raises(FileNotFoundError, match=match):
    emotionet.read(tmp_path)
  table = emotionet.read(tmp_path, skip_missing=True)
  assert table.subject.tolist() == ["N_0000000356_00190", "N_0000000356_00191"]
  assert table.labels[:, 0].tolist() == [0, 1]
  for path in (tmp_path / "images").iterdir():
    path.unlink()
  with pytest.raises(FileNotFoundError, match="4 of them"):
    emotionet.read(tmp_path, skip_missing=True)
  (tmp_path / "images").rmdir()
  with pytest.raises(FileNotFoundError, match="images, found no such folder"):
    emotionet.read(tmp_path, skip_missing=True)


@pytest.mark.parametrize("cell", ["9", "-1", "x", "nan", "0.5"])
def test_a_value_that_is_no_label_is_named(tmp_path, cell):
  write_expert(tmp_path, {"190": [1] * 23, "191": [cell] + [0] * 22})
  match = f"0 or 999.*{emotionet.EXPERT}, line 3, got '{cell}'"
  with pytest.raises(ValueError, match=match):
    emotionet.read(tmp_path)
  write_automatic(tmp_path, {"190": [1] * 60, "191": [cell] * 60})
  with pytest.raises(ValueError, match=f"part_1.txt, line 2, got '{cell}'"):
    emotionet.read(tmp_path, labels=emotionet.AUTOMATIC)


def test_malformed_lines_are_named(tmp_path):
  write_expert(tmp_path, {"190": [1] * 22})
  with pytest.raises(ValueError, match="25 columns.*line 2, got 24"):
    emotionet.read(tmp_path)
  write_automatic(tmp_path, {"190": [1] * 58})
  with pytest.raises(ValueError, match="two URLs and 60.*part_1.txt, line 1"):
    emotionet.read(tmp_path, labels=emotionet.AUTOMATIC)
  path = tmp_path / emotionet.EXPERT
  path.write_text("URL,AU1\n'http://x.y/',1\n")
  with pytest.raises(ValueError, match="picture's name in .*line 2"):
    emotionet.read(tmp_path, aus=(1,))


def test_absent_columns_and_rows_are_named(tmp_path):
  path = tmp_path / emotionet.EXPERT
  write_expert(tmp_path, {"190": [1] * 23})
  with pytest.raises(ValueError, match=r"none for \['AU07'\]; ask for AU \[1,"):
    emotionet.read(tmp_path, aus=(1, 7))
  path.write_text("picture,'AU 1'\n")
  with pytest.raises(ValueError, match="none for URL"):
    emotionet.read(tmp_path, aus=(1,))
  path.write_text("URL,'AU 1'\n")
  with pytest.raises(ValueError, match="a line for each picture"):
    emotionet.read(tmp_path, aus=(1,))
  write_automatic(tmp_path, {"190": [1] * 60})
  with pytest.raises(ValueError, match="1 to 60, got 61"):
    emotionet.read(tmp_path, aus=(61,), labels=emotionet.AUTOMATIC)
  with pytest.raises(ValueError, match="at least one AU"):
    emotionet.read(tmp_path, aus=())


@pytest.mark.parametrize(
  "labels",
  [emotionet.EXPERT, emotionet.AUTOMATIC, "emotionet_facs_24600.xlsx"],
)
def test_missing_labels_are_named_and_xlsx_is_to_be_exported(tmp_path, labels):
  (tmp_path / "emotionet_facs_24600.xlsx").touch()
  with pytest.raises(FileNotFoundError, match=f"{labels}.*CSV"):
    emotionet.read(tmp_path, labels=labels)
