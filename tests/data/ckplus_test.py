import pytest

from aujax.data import ckplus

# Of each sequence: the peak's codes, as CK+ writes them.
CODES = {
  ("S005", "001", 11): "   9.0000000e+00   4.0000000e+00\n"
  "   1.7000000e+01   0.0000000e+00\n",
  ("S010", "002", 14): "\t1.0e+00  1.0e+00 \r\n\r\n2.0 2.0",
  ("S010", "004", 19): "",
}


def write(root, codes=None):
  for (subject, number, peak), text in (codes or CODES).items():
    folder = root / "FACS" / subject / number
    folder.mkdir(parents=True)
    stem = f"{subject}_{number}_{peak:08d}"
    (folder / f"{stem}_facs.txt").write_text(text, newline="")
    folder = root / "cohn-kanade-images" / subject / number
    folder.mkdir(parents=True)
    (folder / ".DS_Store").touch()
    for frame in range(1, peak + 1):
      (folder / f"{subject}_{number}_{frame:08d}.png").touch()


def label_file(root):
  return root / "FACS" / "S005" / "001" / "S005_001_00000011_facs.txt"


def picture(root, frame):
  folder = root / "cohn-kanade-images" / "S005" / "001"
  return folder / f"S005_001_{frame:08d}.png"


def test_peaks_with_every_au_that_occurs(tmp_path):
  write(tmp_path)
  table = ckplus.read(tmp_path)
  assert table.aus == (1, 2, 9, 17)
  assert table.labels.tolist() == [[0, 0, 1, 1], [1, 1, 0, 0], [0, 0, 0, 0]]
  assert table.subject.tolist() == ["S005", "S010", "S010"]
  assert table.sequence.tolist() == ["S005/001", "S010/002", "S010/004"]
  assert table.frame.tolist() == [11, 14, 19]
  assert table.image[0] == ("cohn-kanade-images/S005/001/S005_001_00000011.png")


@pytest.mark.parametrize("positive", [1, 2, 5])
def test_intensity_zero_is_present_at_any_threshold(tmp_path, positive):
  write(tmp_path)
  table = ckplus.read(tmp_path, aus=(17, 9, 1, 2, 4), positive=positive)
  assert table.labels[:, 0].tolist() == [1, 0, 0]
  assert table.labels[0, 1] == (4 >= positive)
  assert table.labels[1, 2:].tolist() == [1 >= positive, 2 >= positive, 0]


def test_neutral_frames(tmp_path):
  write(tmp_path)
  table = ckplus.read(tmp_path, neutral=True)
  assert table.frame.tolist() == [1, 11, 1, 14, 1, 19]
  assert not table.labels[::2].any() and table.labels[1].any()
  assert table.image[0].endswith("S005/001/S005_001_00000001.png")
  picture(tmp_path, 1).unlink()
  assert ckplus.read(tmp_path, neutral=True).frame[0] == 2
  for frame in range(2, 11):
    picture(tmp_path, frame).unlink()
  with pytest.raises(FileNotFoundError, match="before frame 00000011.*S005"):
    ckplus.read(tmp_path, neutral=True)


def test_other_names_of_folders_and_stray_files(tmp_path):
  write(tmp_path)
  (tmp_path / "FACS").rename(tmp_path / "codes")
  (tmp_path / "cohn-kanade-images").rename(tmp_path / "faces")
  stray = tmp_path / "codes" / "S005" / "001" / "._S005_001_00000011_facs.txt"
  stray.write_bytes(b"\x00\xff")
  table = ckplus.read(tmp_path, labels="codes", images="faces")
  assert len(table) == 3 and table.image[0].startswith("faces/S005/")


@pytest.mark.parametrize(
  "line",
  ["9", "9 1 1", "nine 1", "9.5 1", "0 1", "nan 1", "inf 1", "9 6", "9 -1"]
  + ["9 1.5", "9 nan"],
)
def test_a_malformed_line_is_named(tmp_path, line):
  write(tmp_path)
  label_file(tmp_path).write_text(f"4.0 1.0\n{line}\n")
  with pytest.raises(ValueError, match="facs.txt, line 2"):
    ckplus.read(tmp_path)


def test_missing_files_and_folders_are_named(tmp_path):
  with pytest.raises(FileNotFoundError, match="FACS"):
    ckplus.read(tmp_path)
  write(tmp_path)
  picture(tmp_path, 11).unlink()
  match = "3 pictures.*1 of them.*S005_001_00000011.png"
  with pytest.raises(FileNotFoundError, match=match):
    ckplus.read(tmp_path)


def test_wrong_options_are_refused(tmp_path):
  write(tmp_path, {("S010", "004", 19): ""})
  for positive in (0, 6):
    with pytest.raises(ValueError, match=f"got {positive}"):
      ckplus.read(tmp_path, positive=positive)
  for aus in (None, ()):
    with pytest.raises(ValueError, match="at least one AU"):
      ckplus.read(tmp_path, aus=aus)
