"""aujax-report and aujax-evaluate on files of other systems."""

import json
import subprocess
import sys

import pandas as pd
import pytest

HEADER = "subject,frame,AU01,AU01_score,AU12,AU12_score\n"
GOOD = HEADER + "".join(
  f"{subject},{frame},{frame % 2},{(frame * 37 % 100) / 100},{int(frame > 4)},"
  f"{frame / 9}\n"
  for subject in "abc"
  for frame in range(9)
)
FILES = {
  "theirs.csv": GOOD,
  "again.csv": GOOD,
  "empty.csv": "",
  "header.csv": HEADER,
  "logits.csv": HEADER + "a,1,0,0.5,1,2.7\n",
  "nan.csv": HEADER + "a,1,0,0.5,1,nan\n",
  "text.csv": HEADER + "a,1,0,high,1,1\n",
  "nine.csv": HEADER + "a,1,9,0.5,1,1\n",
  "twice.csv": GOOD + "b,3,0,0.5,1,1\n",
  "names.csv": GOOD.replace("subject", "Subject_id"),
  "mismatch.csv": GOOD.replace("AU12_score", "AU12_prob"),
  "few.csv": "subject,frame,AU01,AU01_score\na,1,0,0.5\n",
  "semicolons.csv": GOOD.replace(",", ";"),
  "no_parquet.parquet": GOOD,
}
REPORT = [
  ([], "expected --workdir or files of scores, got neither"),
  (["theirs.csv", "--workdir=w", "--output=o"], "files of scores, got both"),
  (["theirs.csv"], "expected --output, a folder for the page, got none"),
  (["theirs.csv", "--output=theirs.csv"], "got the file theirs.csv"),
  (["--workdir=w", "--threshold=0.4"], "--threshold with files of scores only"),
  (["--workdir=nowhere"], "found none; run a cross-validation first"),
  (["--workdir=."], "found none; run a cross-validation first"),
  (["theirs.csv", "--threshold=2", "--output=o"], "in [0, 1], got 2"),
  (["theirs.csv", "--threshold=x", "--output=o"], "threshold"),
  (["none.csv", "--output=o"], "found none at none.csv"),
  (["a=none.csv", "--output=o"], "found none at none.csv"),
  (
    ["theirs.csv", "theirs=again.csv", "--output=o"],
    "to test different frames",
  ),
  (["theirs.csv", "few.csv", "--output=o"], "expected the AUs of theirs.csv"),
]
SCORES = [
  ("empty.csv", "found an empty file"),
  ("header.csv", "expected at least one frame, found none"),
  ("logits.csv", "got 2.7 for AU12 in row 0; logits need a sigmoid first"),
  ("nan.csv", "got nan for AU12 in row 0; leave out frames"),
  ("text.csv", "in column 'AU01_score', found text, 'high', in row 0"),
  ("nine.csv", "1, 0 or -1 in column 'AU01', found 9 in row 0"),
  ("twice.csv", "got subject 'b' frame 3 in rows 12 and 27"),
  ("names.csv", "'subject', found none; the nearest is 'Subject_id'"),
  ("mismatch.csv", "'AU12_score', found none; the nearest is 'AU12_prob'"),
  ("semicolons.csv", "columns parted by commas"),
  ("no_parquet.parquet", "name it .csv if that is what it is"),
]
EVALUATE = [
  ([], "expected at least one file of scores, got none"),
  (["theirs.csv", "few.csv"], "AUs of theirs.csv, [1, 12], in every file, got"),
  (["theirs.csv", "--against=truth"], "grade against 'labels'"),
  *(([name], message) for name, message in SCORES),
]
REPORT += [([name, "--output=o"], message) for name, message in SCORES]
# Starts a command once for all lists of arguments, as it takes seconds.
SEVERAL = """
import contextlib, importlib, io, json, sys
from absl.testing import flagsaver
command = importlib.import_module(f"aujax.commands.{sys.argv[1]}")
done = []
for arguments in json.loads(sys.argv[2]):
  sys.argv = ["aujax", *arguments]
  out, error = io.StringIO(), io.StringIO()
  with (
    flagsaver.flagsaver(),
    contextlib.redirect_stdout(out),
    contextlib.redirect_stderr(error),
  ):
    try:
      command.run()
    except SystemExit as end:
      done.append([end.code or 0, out.getvalue(), error.getvalue()])
print(json.dumps(done))
"""


def several(command, calls, folder):
  """Exit code, output and error of each call of a command in a folder."""
  done = subprocess.run(
    [sys.executable, "-c", SEVERAL, command, json.dumps(calls)],
    capture_output=True,
    text=True,
    check=False,
    cwd=folder,
  )
  assert done.returncode == 0, done.stderr
  return json.loads(done.stdout)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
  path = tmp_path_factory.mktemp("scores")
  for name, text in FILES.items():
    (path / name).write_text(text)
  return path


@pytest.fixture(scope="module")
def refused(folder):
  return {
    "report": several("report", [call for call, _ in REPORT], folder),
    "evaluate": several("evaluate", [call for call, _ in EVALUATE], folder),
  }


@pytest.mark.parametrize(
  ("command", "case"),
  [
    *(("report", case) for case in range(len(REPORT))),
    *(("evaluate", case) for case in range(len(EVALUATE))),
  ],
)
def test_bad_input_is_one_sentence_and_exit_code_1(
  command, case, refused, folder
):
  code, out, error = refused[command][case]
  message = {"report": REPORT, "evaluate": EVALUATE}[command][case][1]
  assert code == 1 and out == ""
  assert error.startswith("error: ") and message in error
  assert len(error.strip().splitlines()) == 1
  assert not (folder / "o").exists()


@pytest.fixture(scope="module")
def done(folder):
  options = ["--output=page", "--title=DISFA", "--threshold=0.6"]
  calls = [["theirs.csv", "ours=again.csv", *options]]
  (code, out, error), *_ = several("report", calls, folder)
  assert code == 0, error
  return out


def test_other_systems_get_the_same_page(done, folder):
  assert done.startswith("DISFA: 2 methods")
  assert done.rstrip().endswith("page/index.html")
  names = {"index.html", "results.md", "results.tex", "results.parquet"}
  assert {path.name for path in (folder / "page").iterdir()} == names
  table = pd.read_parquet(folder / "page/results.parquet")
  # Of nine frames of each of three subjects four have AU 1, one is above 0.6.
  value = table.set_index(["method", "metric", "au"]).value
  scores = pd.read_csv(folder / "theirs.csv")
  found = scores.AU01_score >= 0.6
  assert value["theirs", "tp", "AU01"] == (found & (scores.AU01 == 1)).sum()
  assert value["ours", "fp", "AU01"] == (found & (scores.AU01 == 0)).sum()


def test_the_same_scores_are_no_better(done):
  assert "are equal to one decimal" in done
  assert "+0.0 to +0.0" in done


def test_evaluate_takes_a_csv_of_several_folds(folder):
  table = pd.read_csv(folder / "theirs.csv")
  table["fold"] = table.subject.map({"a": 0, "b": 0, "c": 1})
  table.to_csv(folder / "folds.csv", index=False)
  ((code, out, error),) = several("evaluate", [["folds.csv"]], folder)
  assert code == 0, error
  assert "folds.csv fold 0\n" in out and "folds.csv fold 1\n" in out
  assert "Macro F1, mean of 2 folds: " in out and "frames pooled" in out
  line = next(x for x in out.splitlines() if x.startswith("AU12")).split()
  # From 5 of 9 on the score is 5 / 9, so all of it is right.
  assert line[1:6] == ["100.0"] * 5


def test_evaluate_does_not_average_over_repeats(folder):
  table = pd.read_csv(folder / "theirs.csv")
  both = pd.concat(table.assign(repeat=repeat) for repeat in (0, 1))
  both.to_csv(folder / "repeats.csv", index=False)
  ((code, out, _),) = several("evaluate", [["repeats.csv"]], folder)
  assert code == 0 and out.count("AU12") == 2 and "Macro" not in out


def test_one_class_has_a_word(folder):
  (folder / "one.csv").write_text(HEADER + "a,1,0,0.5,1,1\na,2,0,0.2,0,0\n")
  ((code, out, _),) = several("evaluate", [["one.csv"]], folder)
  assert code == 0
  assert "Only ever present or only ever absent, so without AUC: AU01\n" in out
