import pytest

from aujax import action_units
from aujax.data import affwild2

OLD = "AU1,AU2,AU4,AU6,AU12,AU15,AU20,AU25"
NEW = "AU1,AU2,AU4,AU6,AU7,AU10,AU12,AU15,AU23,AU24,AU25,AU26"


def write(
  root,
  video,
  lines,
  frames,
  *,
  header="AU1,AU12",
  labels="annotations/AU_Set/Training_Set",
):
  (root / labels).mkdir(parents=True, exist_ok=True)
  (root / labels / f"{video}.txt").write_text("\n".join([header, *lines]))
  folder = root / "cropped_aligned" / video
  folder.mkdir(parents=True, exist_ok=True)
  for frame in frames:
    (folder / f"{frame:05d}.jpg").touch()


def write_both(root):
  write(root, "1-30", ["0,1", "1,0", "-1,1", "1,-1"], [1, 3, 4])
  folder = "annotations/AU_Set/Validation_Set"
  write(root, "video7", ["-1,-1"], [1], labels=folder)


def test_lines_count_from_one_and_frames_without_a_crop_are_left_out(tmp_path):
  write_both(tmp_path)
  table = affwild2.read(tmp_path)
  assert table.aus == (1, 12)
  assert table.frame.tolist() == [1, 3, 4, 1]
  assert table.labels.tolist() == [[0, 1], [-1, 1], [1, -1], [-1, -1]]
  assert table.image[1] == "cropped_aligned/1-30/00003.jpg"
  assert table.sequence.tolist() == ["1-30"] * 3 + ["video7"]
  assert table.subjects == ["1-30", "video7"]


def test_splits(tmp_path):
  write_both(tmp_path)
  assert len(affwild2.read(tmp_path, split="train")) == 3
  assert affwild2.read(tmp_path, split="validation").subjects == ["video7"]
  with pytest.raises(ValueError, match="split.*'test'"):
    affwild2.read(tmp_path, split="test")


@pytest.mark.parametrize("header", [OLD, NEW])
def test_aus_are_those_of_the_header(tmp_path, header):
  names = header.split(",")
  line = ",".join(str(i % 2) for i in range(len(names)))
  write(tmp_path, "v", [line], [1], header=header)
  table = affwild2.read(tmp_path, split="train")
  assert table.aus == tuple(action_units.parse(name) for name in names)
  assert table.labels[0].tolist() == [i % 2 for i in range(len(names))]
  chosen = affwild2.read(tmp_path, split="train", aus=(25, 2))
  assert chosen.aus == (25, 2)
  assert chosen.labels[0].tolist() == [names.index("AU25") % 2, 1]


def test_what_one_header_does_not_name_is_unknown(tmp_path):
  write(tmp_path, "a", ["1"], [1], header="AU1")
  write(tmp_path, "b", ["1,0"], [1], header="AU1,AU7")
  table = affwild2.read(tmp_path, split="train")
  assert table.labels.tolist() == [[1, -1], [1, 0]]
  with pytest.raises(ValueError, match=r"AU 9 .*AU \[1, 7\]"):
    affwild2.read(tmp_path, aus=(1, 9), split="train")


def test_later_names_of_folders(tmp_path):
  folder = "annotations/AU_Detection_Challenge"
  for split in ("Train_Set", "Validation_Set"):
    write(tmp_path, split, ["0,1"], [1], labels=f"{folder}/{split}")
  (tmp_path / "annotations" / "VA_Set").mkdir()
  assert len(affwild2.read(tmp_path)) == 2
  (tmp_path / "annotations" / "AU_Set").mkdir()
  with pytest.raises(FileNotFoundError, match="one folder.*'AU_Set'.*labels"):
    affwild2.read(tmp_path)
  assert len(affwild2.read(tmp_path, labels=folder)) == 2


def test_parts_of_a_recording_are_one_subject(tmp_path):
  for video in ("v9", "v9_left", "v9_right", "v8-left", "leftv"):
    write(tmp_path, video, ["0,1"], [1])
  table = affwild2.read(tmp_path, split="train")
  assert table.subjects == ["leftv", "v8", "v9"]
  assert len(set(table.sequence)) == 5


def test_tolerates_what_does_no_harm(tmp_path):
  write(tmp_path, "v", ["0, 1\r", "1,0\r", "", ""], [2, 3], header="AU1,AU12\r")
  (tmp_path / "cropped_aligned" / "v" / ".DS_Store").touch()
  (tmp_path / "annotations/AU_Set/Training_Set/._v.txt").write_bytes(b"\xff")
  table = affwild2.read(tmp_path, split="train")
  assert table.frame.tolist() == [2] and table.labels.tolist() == [[1, 0]]


@pytest.mark.parametrize("line", ["0", "0,1,0", "0,2", "x,0", "", "0,1.0"])
def test_a_malformed_line_is_named(tmp_path, line):
  write(tmp_path, "v", ["0,1", line, "1,1"], [1])
  with pytest.raises(ValueError, match="2 labels.*v.txt, line 3"):
    affwild2.read(tmp_path, split="train")


@pytest.mark.parametrize("header", ["", "0,1", "AU1,valence", "AU1;AU2"])
def test_a_malformed_header_is_named(tmp_path, header):
  write(tmp_path, "v", ["0,1"], [1], header=header)
  with pytest.raises(ValueError, match="first line.*v.txt"):
    affwild2.read(tmp_path, split="train")


def test_missing_files_and_folders_are_named(tmp_path):
  with pytest.raises(FileNotFoundError, match="'AU' in .*annotations"):
    affwild2.read(tmp_path)
  write(tmp_path, "v", ["0,1"], [])
  with pytest.raises(FileNotFoundError, match="00001.jpg in .*cropped.*v.txt"):
    affwild2.read(tmp_path, split="train")
  with pytest.raises(FileNotFoundError, match="'val' in .*AU_Set"):
    affwild2.read(tmp_path, split="validation")
  (tmp_path / "annotations" / "AU_Set" / "Validation_Set").mkdir()
  with pytest.raises(FileNotFoundError, match="labels for each.*Validation"):
    affwild2.read(tmp_path, split="validation")
