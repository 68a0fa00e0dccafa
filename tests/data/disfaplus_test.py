import numpy as np
import pytest

from aujax import action_units
from aujax.data import disfa, disfaplus, folds
from tests.data import layout

AUS = action_units.DISFA_ALL
TRIAL = "A1_AU1_TrailNo_1"


def write(root, subject, trial, values):
  """Writes one file per AU, `values` `[rows, AUs]`, pictures from 000.jpg."""
  folder = root / "Labels" / subject / trial
  folder.mkdir(parents=True)
  for column, au in enumerate(AUS):
    lines = [f"{i:03d}.jpg   {v}" for i, v in enumerate(values[:, column])]
    text = "\n".join(["# AU intensity", "# name value", *lines])
    (folder / f"AU{au}.txt").write_text(text + "\n")


@pytest.fixture
def root(tmp_path):
  for number, subject in enumerate(("SN003", "SN001")):
    for trial in ("B2", TRIAL):
      values = layout.intensities(4, len(AUS), seed=number)
      write(tmp_path, subject, trial, values)
  return tmp_path


@pytest.mark.parametrize("positive", [1, 2, 5])
def test_columns_follow_file_names_and_rows_follow_trials(root, positive):
  table = disfaplus.read(root, aus=(26, 1), positive=positive)
  columns = [AUS.index(26), AUS.index(1)]
  values = layout.intensities(4, len(AUS), seed=1)[:, columns]
  np.testing.assert_array_equal(table.labels[:4], values >= positive)
  assert table.frame.tolist() == [0, 1, 2, 3] * 4
  assert table.image[1] == f"Images/SN001/{TRIAL}/001.jpg"
  assert table.sequence[::4].tolist() == [
    f"{subject}/{trial}"
    for subject in ("SN001", "SN003")
    for trial in (TRIAL, "B2")
  ]


def test_subjects_are_those_of_disfa(root):
  layout.write_disfa(root, ["SN001", "SN002"], AUS)
  assert disfaplus.read(root).subjects == ["SN001", "SN003"]
  assert set(disfa.read(root).subject) & set(disfaplus.read(root).subject)
  assert set(disfaplus.read(root).subject) <= set(folds.published("disfa"))


def test_other_folders_and_names(root):
  (root / "Labels").rename(root / "labels")
  (root / "labels" / "._SN001").mkdir()
  (root / "labels" / "readme.txt").write_text("x")
  path = root / "labels" / "SN001" / TRIAL / "AU1.txt"
  path.write_text(path.read_text().replace("000.jpg", "SN001_0000.png"))
  table = disfaplus.read(root, aus=(1,), labels="labels", images="Aligned")
  assert table.image[0] == f"Aligned/SN001/{TRIAL}/SN001_0000.png"
  assert table.frame[0] == 0


@pytest.mark.parametrize(
  "line", ["000.jpg", "000.jpg 6", "000.jpg 1 1", "000 1", "name.jpg 1", "0,1"]
)
def test_a_malformed_line_is_named(root, line):
  path = root / "Labels" / "SN001" / TRIAL / "AU1.txt"
  path.write_text(f"# note\n\n{line}\n")
  with pytest.raises(ValueError, match="intensity of 0 to 5.*AU1.txt, line 3"):
    disfaplus.read(root)


def test_files_of_a_trial_must_agree(root):
  path = root / "Labels" / "SN001" / TRIAL / "AU12.txt"
  path.write_text("000.jpg 1\n001.jpg 0\n")
  with pytest.raises(ValueError, match="AU1.txt.*AU12.txt, got 4 and 2 lines"):
    disfaplus.read(root)
  path.write_text("# only a comment\n")
  with pytest.raises(ValueError, match="AU12.txt, got none"):
    disfaplus.read(root)
  path.unlink()
  with pytest.raises(FileNotFoundError, match="labels in .*AU12.txt"):
    disfaplus.read(root)


def test_missing_labels_are_named(tmp_path):
  with pytest.raises(FileNotFoundError, match="AU1.txt in .*Labels"):
    disfaplus.read(tmp_path)


def test_wrong_options_are_refused(root):
  with pytest.raises(ValueError, match="at least one AU"):
    disfaplus.read(root, aus=())
  for positive in (0, 6):
    with pytest.raises(ValueError, match=f"1 to 5, got {positive}"):
      disfaplus.read(root, positive=positive)
