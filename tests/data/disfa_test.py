import numpy as np
import pytest
from scipy import io

from aujax import action_units
from aujax.data import disfa
from tests.data import layout

AUS = action_units.DISFA_ALL


def write(root, **options):
  return layout.write_disfa(root, ["SN002", "SN001"], AUS, **options)


def test_columns_follow_file_names_and_rows_follow_subjects(tmp_path):
  written = write(tmp_path)
  table = disfa.read(tmp_path, aus=(26, 1, 12))
  columns = [AUS.index(au) for au in (26, 1, 12)]
  values = np.concatenate([written["SN001"], written["SN002"]])[:, columns]
  np.testing.assert_array_equal(table.labels, values >= 2)
  assert table.aus == (26, 1, 12) and table.truth is None
  assert table.subjects == ["SN001", "SN002"]
  np.testing.assert_array_equal(table.sequence, table.subject)
  np.testing.assert_array_equal(table.frame, [1, 2, 3, 4, 5, 6] * 2)
  assert table.image[0] == "Videos_LeftCamera/LeftVideoSN001_comp.avi#0"
  assert table.image[11] == "Videos_LeftCamera/LeftVideoSN002_comp.avi#5"


@pytest.mark.parametrize("positive", [1, 2, 5])
def test_least_intensity_that_counts(tmp_path, positive):
  written = write(tmp_path)
  table = disfa.read(tmp_path, aus=AUS, positive=positive)
  np.testing.assert_array_equal(table.labels[:6], written["SN001"] >= positive)


@pytest.mark.parametrize("camera", ["left", "right"])
@pytest.mark.parametrize("folder", ["Videos_{}Camera", "Video_{}Camera"])
def test_both_cameras_and_both_spellings(tmp_path, camera, folder):
  side = camera.capitalize()
  write(tmp_path, side=side, folder=folder)
  table = disfa.read(tmp_path, camera=camera)
  expected = f"{folder.format(side)}/{side}VideoSN001_comp.avi#0"
  assert table.image[0] == expected


def test_subject_with_one_row_less_than_the_video(tmp_path):
  layout.write_disfa(tmp_path, ["SN010"], AUS, rows=5, video_frames=6)
  assert len(disfa.read(tmp_path)) == 5


def test_truth_is_read_where_it_exists(tmp_path):
  write(tmp_path, truth=True)
  table = disfa.read(tmp_path, aus=AUS)
  expected = layout.intensities(6, len(AUS), seed=101) >= 2
  np.testing.assert_array_equal(table.truth[:6], expected)
  assert not np.array_equal(table.truth, table.labels)


def test_truth_must_cover_the_same_subjects_and_frames(tmp_path):
  write(tmp_path, truth=True)
  values = layout.intensities(5, len(AUS))
  layout.write_labels(tmp_path / "Truth", "SN001", AUS, values)
  with pytest.raises(ValueError, match="Truth.*5 and 6 rows"):
    disfa.read(tmp_path)
  for path in (tmp_path / "Truth" / "SN001").iterdir():
    path.unlink()
  (tmp_path / "Truth" / "SN001").rmdir()
  with pytest.raises(FileNotFoundError, match="SN001.*Truth"):
    disfa.read(tmp_path)


def test_extracted_pictures_count_from_the_base_that_is_asked(tmp_path):
  values = layout.intensities(3, len(AUS))
  layout.write_labels(tmp_path / "ActionUnit_Labels", "SN001", AUS, values)
  table = disfa.read(tmp_path, images="{subject}/{index}.png")
  assert table.image.tolist() == ["SN001/0.png", "SN001/1.png", "SN001/2.png"]
  table = disfa.read(tmp_path, images="{subject}/{frame:05d}.jpg")
  assert table.image[0] == "SN001/00001.jpg"
  with pytest.raises(ValueError, match="{subject}, {frame} and {index}"):
    disfa.read(tmp_path, images="{name}.png")


def test_tolerates_what_does_no_harm(tmp_path):
  written = write(tmp_path)
  folder = tmp_path / "ActionUnit_Labels" / "SN001"
  rows = enumerate(written["SN001"][:, 0].tolist(), 1)
  text = "".join(f" {i} , {v}\r\n" for i, v in rows) + "\r\n"
  (folder / "SN001_au1.txt").rename(folder / "SN001_AU01.txt")
  (folder / "SN001_AU01.txt").write_bytes(text.encode())
  (folder / "notes.txt").write_text("x")
  (folder / "._SN001_au1.txt").write_bytes(b"\x00\xff")
  (tmp_path / "ActionUnit_Labels" / "readme.txt").write_text("x")
  (tmp_path / "ActionUnit_Labels" / "empty").mkdir()
  table = disfa.read(tmp_path, aus=(1,))
  np.testing.assert_array_equal(table.labels[:6, 0], written["SN001"][:, 0] > 1)


@pytest.mark.parametrize(
  "line, fault",
  [
    ("3,1,0", "two columns"),
    ("3", "two columns"),
    ("3,", "two columns"),
    ("3,x", "whole numbers"),
    ("3,1.0", "whole numbers"),
    ("3,nan", "whole numbers"),
    ("3,6", "intensity of 0 to 5"),
    ("3,-1", "intensity of 0 to 5"),
    ("2,1", "frame number above 2"),
    ("99999999999999999999,1", "whole numbers"),
    ("\ufffd\x00", "two columns"),
    ("# note", "two columns"),
  ],
)
def test_a_malformed_line_is_named(tmp_path, line, fault):
  path = tmp_path / "SN001_au1.txt"
  path.write_text(f"1,0\n2,0\n{line}\n4,0\n")
  with pytest.raises(ValueError, match=f"{fault}.*SN001_au1.txt, line 3"):
    disfa.read_label_file(path)


def test_a_row_cut_off_at_the_end_is_named(tmp_path):
  write(tmp_path)
  path = tmp_path / "ActionUnit_Labels" / "SN001" / "SN001_au4.txt"
  path.write_text(path.read_text()[:-3])
  with pytest.raises(ValueError, match="SN001_au4.txt, line 6"):
    disfa.read(tmp_path)
  path.write_text("")
  with pytest.raises(ValueError, match="SN001_au4.txt.*empty"):
    disfa.read(tmp_path)
  path.write_bytes(b"1,0\n2,\xff\n")
  with pytest.raises(ValueError, match="line 2"):
    disfa.read(tmp_path)


def test_files_of_a_subject_must_agree_on_frames(tmp_path):
  write(tmp_path)
  path = tmp_path / "ActionUnit_Labels" / "SN001" / "SN001_au12.txt"
  path.write_text("1,0\n2,0\n")
  with pytest.raises(ValueError, match="_au1.txt.*_au12.txt.*6 and 2 rows"):
    disfa.read(tmp_path)


def test_one_file_for_each_au_of_the_right_subject(tmp_path):
  write(tmp_path)
  folder = tmp_path / "ActionUnit_Labels" / "SN001"
  (folder / "SN001_au01.txt").write_text("1,0\n")
  with pytest.raises(ValueError, match="one file for AU 1.*SN001_au01.txt"):
    disfa.read(tmp_path)
  (folder / "SN001_au01.txt").rename(folder / "SN003_au1.txt")
  with pytest.raises(ValueError, match="SN003_au1.txt"):
    disfa.read(tmp_path)


def test_missing_files_and_folders_are_named(tmp_path):
  with pytest.raises(FileNotFoundError, match="nowhere"):
    disfa.read(tmp_path / "nowhere")
  with pytest.raises(FileNotFoundError, match="ActionUnit_Labels"):
    disfa.read(tmp_path)
  (tmp_path / "ActionUnit_Labels").mkdir()
  with pytest.raises(FileNotFoundError, match="SN001_au1.txt"):
    disfa.read(tmp_path)
  write(tmp_path)
  with pytest.raises(FileNotFoundError, match="SN001_au7.txt"):
    disfa.read(tmp_path, aus=(1, 7))
  with pytest.raises(FileNotFoundError, match="RightVideoSN001_comp.avi"):
    disfa.read(tmp_path, camera="right")


def test_wrong_options_are_refused(tmp_path):
  write(tmp_path)
  for options in ({"positive": 0}, {"camera": "top"}, {"aus": ()}):
    with pytest.raises(ValueError, match="expected"):
      disfa.read(tmp_path, **options)


def test_landmarks_are_those_of_the_frame_before_the_number(tmp_path):
  write(tmp_path)
  table = disfa.read(tmp_path)
  with pytest.raises(FileNotFoundError, match="Landmark_Points"):
    disfa.landmarks(tmp_path, table)
  folder = tmp_path / "Landmark_Points" / "SN002" / "some_folder"
  folder.mkdir(parents=True)
  points = np.random.default_rng(0).uniform(0, 99, (6, 66, 2))
  for number in (0, 3):
    name = f"SN002_{number:04d}_lm.mat"
    io.savemat(folder / name, {"pts": points[number], "note": "made"})
  io.savemat(folder / "SN002_0001_lm.mat", {"pts": points[1, :5]})
  (folder / "SN002_0002_lm.mat").write_bytes(b"broken")
  (folder / "SN002_0004_lm.mat").touch()
  found = disfa.landmarks(tmp_path, table)
  assert found.shape == (12, 66, 2)
  known = np.isfinite(found).all((1, 2))
  assert table.frame[known].tolist() == [1, 4]
  assert set(table.subject[known]) == {"SN002"}
  np.testing.assert_allclose(found[known], points[[0, 3]], rtol=1e-6)
