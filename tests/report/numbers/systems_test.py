import numpy as np
import pandas as pd
import pytest

from aujax import report
from aujax.report import page
from aujax.report.numbers import systems
from aujax.report.text import tables


def frames(complete, method="baseline", repeat=0):
  """The scores of all folds as another program may write them."""
  found = [
    pd.read_parquet(
      complete / f"{method}/fold{fold}/repeat{repeat}/scores.parquet"
    ).assign(fold=fold)
    for fold in range(3)
  ]
  table = pd.concat(found, ignore_index=True)
  return table[[c for c in table if not c.endswith("_truth")]]


@pytest.fixture(scope="module")
def theirs(complete, tmp_path_factory):
  path = tmp_path_factory.mktemp("csv") / "theirs.csv"
  frames(complete).to_csv(path, index=False)
  return path


@pytest.fixture(scope="module")
def other(complete, theirs):
  path = theirs.with_name("other.csv")
  table = frames(complete, "robin_hood").sample(frac=1, random_state=0)
  # Columns in another order, no sequence.
  columns = [c for c in table if c != "sequence"]
  table[columns[::-1]].to_csv(path, index=False)
  return path


def test_files_give_the_numbers_of_the_experiment(complete, theirs, other):
  ours = report.load(complete)
  found = systems.load([theirs, f"ours={other}"])
  assert found.methods == ("theirs", "ours") and found.folds == (0, 1, 2)
  assert found.is_foreign and found.targets == ("labels",)
  for name, method in (("theirs", "baseline"), ("ours", "robin_hood")):
    for fold in range(3):
      one = ours.trials[method, fold, 0]
      two = found.trials[name, fold, 0]
      assert two.aus == found.aus and sorted(two.aus) == sorted(one.aus)
      order = [two.aus.index(au) for au in one.aus]
      for field in ("tp", "fp", "fn", "tn"):
        a = getattr(one.counts["labels"], field)
        b = getattr(two.counts["labels"], field)
        np.testing.assert_array_equal(a, b[order])
      np.testing.assert_allclose(
        one.measures["labels"].event_f1, two.measures["labels"].event_f1[order]
      )
      assert one.subjects == two.subjects
      sums = [t.scores().scores.sum(0, dtype=float) for t in (one, two)]
      np.testing.assert_allclose(sums[0], sums[1][order], rtol=1e-6)
  assert not found.missing


def test_the_page_is_the_same_but_for_training(theirs, other, tmp_path):
  shown = report.write_systems(
    [theirs, f"ours={other}"], output=tmp_path / "page", title="DISFA"
  )
  assert "All measures, against the coded labels" in shown
  assert "is ahead of" in shown
  names = ["index.html", "results.md", "results.parquet", "results.tex"]
  assert sorted(path.name for path in (tmp_path / "page").iterdir()) == names
  text = (tmp_path / "page" / "results.md").read_text()
  assert text.startswith("# DISFA: Action Unit detection")
  assert "nothing is known here" in text and "unseen" not in text
  assert "same frames with the same labels" in text
  assert "| Method | Fold | Repeat | Test |" in text
  assert "trained on the other folds" not in text and "Epoch" not in text


def test_a_threshold_is_taken(theirs):
  found = systems.load([theirs], threshold=0.8)
  assert found.any_trial.threshold == 0.8
  low = systems.load([theirs]).any_trial.counts["labels"]
  assert (found.any_trial.counts["labels"].predicted < low.predicted).all()
  with pytest.raises(ValueError, match=r"threshold in \[0, 1\], got 1.5"):
    systems.load([theirs], threshold=1.5)


def test_without_a_fold_a_file_is_one(complete, tmp_path):
  table = frames(complete)
  for fold, rows in table.groupby("fold"):
    path = tmp_path / f"part{fold}.csv"
    rows.drop(columns="fold").to_csv(path, index=False)
  one = systems.load([tmp_path / "part0.csv"])
  assert list(one.trials) == [("part0", 0, 0)]
  assert "In percent: mean over AUs, below it" in page.markdown(one)
  files = [f"theirs={tmp_path}/part{fold}.csv" for fold in range(3)]
  assert list(systems.load(files).trials) == [
    ("theirs", f, 0) for f in range(3)
  ]


def test_methods_and_repeats_in_one_file(complete, tmp_path):
  table = pd.concat(
    frames(complete, method, repeat).assign(method=method, repeat=repeat)
    for method in ("baseline", "robin_hood")
    for repeat in (0, 1)
  )
  table[table.frame < 30].to_parquet(tmp_path / "all.parquet")
  found = systems.load([tmp_path / "all.parquet"])
  assert found.methods == ("baseline", "robin_hood")
  assert found.repeats == (0, 1) and len(found.trials) == 12
  with pytest.raises(ValueError, match="one method in .* to be named 'x', got"):
    systems.load([f"x={tmp_path / 'all.parquet'}"])


def test_what_one_method_lacks_is_missing(theirs, complete, tmp_path):
  table = frames(complete, "robin_hood")
  table[table.fold < 2].to_csv(tmp_path / "some.csv", index=False)
  found = systems.load([theirs, tmp_path / "some.csv"])
  assert found.missing == ("some fold 2",)
  assert not any(c.best for r in tables.by_au(found, "labels").rows for c in r)


def test_other_labels_are_noticed(theirs, complete, tmp_path):
  table = frames(complete)
  table.loc[3, "AU12"] = 1 - max(table.loc[3, "AU12"], 0)
  table.to_csv(tmp_path / "edited.csv", index=False)
  shown = page.text(systems.load([theirs, tmp_path / "edited.csv"]))
  assert "Attention: Methods or repeats were tested on different" in shown


@pytest.mark.parametrize("again", ["theirs={}", "{}"])
def test_the_same_frames_twice(theirs, again):
  files = [theirs, again.format(theirs)]
  message = "'theirs' to test different frames, got subject 'SN001' frame 1 tw"
  with pytest.raises(ValueError, match=message):
    systems.load(files)


def test_a_fold_in_two_files(complete, tmp_path):
  table = frames(complete)
  for i in range(2):
    table[table.frame % 2 == i].to_csv(tmp_path / f"{i}.csv", index=False)
  with pytest.raises(
    ValueError, match="'x' fold 0 repeat 0 in one file, found"
  ):
    systems.load([f"x={tmp_path}/0.csv", f"x={tmp_path}/1.csv"])


def test_other_aus(theirs, complete, tmp_path):
  table = frames(complete).drop(columns=["AU26", "AU26_score"])
  table.to_csv(tmp_path / "few.csv", index=False)
  with pytest.raises(ValueError, match=r"theirs.csv, \[1, 2, .*leave out the"):
    systems.load([theirs, tmp_path / "few.csv"])


def test_no_files():
  with pytest.raises(ValueError, match="expected a file of scores such as"):
    systems.load([])


def test_a_path_may_hold_an_equals_sign(theirs, tmp_path):
  path = tmp_path / "beta=0.25.csv"
  path.write_bytes(theirs.read_bytes())
  assert systems.load([path]).methods == ("beta=0.25",)
  assert systems.load([f"best={path}"]).methods == ("best",)


def test_nothing_but_unknown_labels(complete, tmp_path):
  table = frames(complete)
  labels = [c for c in table if c.startswith("AU") and len(c) == 4]
  table.loc[table.fold == 1, labels] = -1
  table.to_csv(tmp_path / "unknown.csv", index=False)
  message = "unknown.csv, got only -1, unknown, for 'unknown' fold 1 repeat 0"
  with pytest.raises(ValueError, match=message):
    systems.load([tmp_path / "unknown.csv"])
