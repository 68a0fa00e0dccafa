import csv
import json
import pathlib
import subprocess
import sys

import cv2
import numpy as np
import pytest

from aujax.data import disfa, records
from aujax.data import table as table_lib
from tests.data import layout

# Eight frames of AU 1, four of AU 12, and four of neither; never both, so that
# what balancing has to come to is plain. AU 25 is unknown in half the frames.
LABELS = np.zeros((16, 3), np.int8)
LABELS[:8, 0] = LABELS[8:12, 1] = LABELS[4:8, 2] = 1
LABELS[8:, 2] = -1


def balance(*arguments):
  command = [sys.executable, "-m", "aujax.commands.balance", *arguments]
  return subprocess.run(command, capture_output=True, text=True, check=False)


def write_table(path, labels):
  names = np.full(len(labels), "S")
  table = table_lib.Table(
    aus=(1, 12, 25)[: labels.shape[1]],
    image=names,
    labels=labels,
    subject=names,
    sequence=names,
    frame=np.arange(len(labels)),
  )
  table_lib.write_parquet(table, path)
  return path


@pytest.fixture(scope="module")
def table(tmp_path_factory):
  return write_table(tmp_path_factory.mktemp("in") / "table.parquet", LABELS)


@pytest.fixture(scope="module")
def done(table, tmp_path_factory):
  """One call with all there is to write."""
  folder = tmp_path_factory.mktemp("out") / "new" / "balance"
  options = ["--aus=1,12", "--batch_size=4", "--draw=1"]
  options += ["--max_growth=2", "--variance_weight=0"]
  called = balance(f"--table={table}", f"--output={folder}", *options)
  assert called.returncode == 0, called.stderr
  assert called.stderr == ""
  return called.stdout, folder


def read(folder, name):
  """Numbers of a table by row and column."""
  with open(folder / f"{name}.csv") as file:
    header, *rows = csv.reader(file)
  return {
    row[0]: dict(zip(header[1:], map(float, row[1:]), strict=True))
    for row in rows
  }


def test_numbers_are_those_counted_by_hand(done):
  _, folder = done
  positives = read(folder, "positives")
  as_it_is = {row: values["as it is"] for row, values in positives.items()}
  # IRLbl is 1 and 2, the standard deviation of those the root of 1/2.
  assert as_it_is == {
    "AU01": 8,
    "AU12": 4,
    "total images": 16,
    "MeanIR": 1.5,
    "CVIR": 0.47,
    "max IRLbl": 2,
  }
  # AU 12 doubles, and nothing else has to grow.
  groups = {row: values["groups"] for row, values in positives.items()}
  assert groups["AU01"] == groups["AU12"] == 8
  assert groups["total images"] == 20 and groups["MeanIR"] == 1
  # A quarter is four, but ML-ROS has closed its bag at 8 / 6 < 1.5, and the
  # label sets of 8, 4 and 4 may go up to 5 or down to 6.
  resampled = ("ML-ROS", "ML-RUS", "LP-ROS", "LP-RUS")
  for row, expected in {
    "AU01": [8, 4, 8, 6],
    "AU12": [6, 4, 5, 4],
    "total images": [18, 12, 18, 14],
  }.items():
    assert [positives[row][name] for name in resampled] == expected
  rates = read(folder, "rates")
  assert rates["AU01"]["as it is"] == 50 and rates["AU12"]["groups"] == 40
  solved = read(folder, "optimizer")
  assert solved["unique groups"]["Value"] == 3
  assert solved["objective as it is"]["Value"] == 4


def test_batches_hold_each_frame_once_but_momus(done):
  stdout, folder = done
  for name in ("random", "stratified_algorithm_1", "stratified_iterative"):
    counts = read(folder, f"batches_{name}")
    # Four batches of four.
    assert counts["AU01"]["Mean"] == 2 and counts["AU12"]["Mean"] == 1
  # The rarest AU is dealt one to each batch.
  for name in ("stratified_algorithm_1", "stratified_iterative"):
    assert read(folder, f"batches_{name}")["AU12"]["Std"] == 0
  # Two of each, as none has both.
  momu = read(folder, "batches_momu")
  assert all(
    momu[au] == {"Min": 2, "Mean": 2, "Max": 2, "Std": 0} for au in momu
  )
  assert read(folder, "evenness")["MOMU"] == {"Between": 0, "Within": 0}


def test_prints_what_it_writes(done):
  stdout, folder = done
  lines = [line.split() for line in stdout.splitlines()]
  assert ["AU12", "4", "8"] == next(x for x in lines if x[:1] == ["AU12"])[:3]
  markdown = (folder / "balance.md").read_text()
  assert "| AU12 | 4 | 8 |" in markdown
  assert "![batches](batches.png)" in markdown
  assert lines[-1] == [str(folder / "balance.md")]
  latex = (folder / "balance.tex").read_text()
  tables = markdown.count("\n## ")
  assert latex.count(r"\begin{tabular}") == tables == 9
  assert "AU12 & 4 & 8 & " in latex and r"\label{tab:batches_momu}" in latex


def test_pictures_are_of_a_columns_width(done):
  _, folder = done
  names = {"base_rates", "balance", "batches", "convergence"}
  assert {path.stem for path in folder.glob("*.png")} == names
  assert {path.stem for path in folder.glob("*.pdf")} == names
  for path in folder.glob("*.png"):
    assert cv2.imread(str(path)).shape[1] == 1050
  assert not list(folder.glob(".*"))


def test_unknown_labels_are_noted_and_left_out_of_rates(table, tmp_path):
  options = [f"--output={tmp_path}", "--batch_size=4", "--draw=1"]
  done = balance(f"--table={table}", *options)
  assert done.returncode == 0, done.stderr
  assert "Unknown labels: 16.7% (AU25 50.0%)" in done.stdout
  rates = read(tmp_path, "rates")
  assert rates["AU25"]["as it is"] == 50  # 4 of the 8 that are coded.


def test_reads_records_and_datasets_alike(tmp_path):
  layout.write_disfa(tmp_path / "in", ["SN001", "SN002"], (1, 12), rows=9)
  table = disfa.read(tmp_path / "in", aus=(1, 12))
  records.write(table, tmp_path / "in", tmp_path / "r", size=8)
  one = balance(f"--root={tmp_path / 'in'}", "--aus=AU12,1")
  two = balance(f"--records={tmp_path / 'r'}", "--aus=12,1")
  assert one.returncode == 0, one.stderr
  said, _, rest = one.stdout.partition("\n")
  assert said.startswith("read disfa with camera=left, positive=2")
  assert rest == two.stdout and "18 frames, 2 AUs" in rest
  assert not list(pathlib.Path(tmp_path).glob("*.md"))


BAD = [
  ([], "one of --records, --table and --root, got none"),
  (["--table={table}", "--root=r"], "got --table and --root"),
  (["--table=/none.parquet"], "/none.parquet"),
  (["--records=/none"], "/none"),
  (["--root=/none"], "/none"),
  (["--table={table}", "--aus=1,4"], "--aus among those coded, [1, 12, 25]"),
  (["--table={table}", "--aus=one"], "'one'"),
  (["--table={table}", "--aus=1,AU1"], "once"),
  (["--table={table}", "--percent=-1"], "percent"),
  (["--table={table}", "--percent=101"], "percent"),
  (["--table={table}", "--percent=nan"], "percent"),
  (["--table={table}", "--batch_size=0"], "batch_size"),
  (["--table={table}", "--draw=0"], "draw"),
  (["--table={table}", "--max_growth=0.5"], "max_growth"),
  (["--table={table}", "--variance_weight=-1"], "variance_weight"),
  (["--table={table}", "--seed=-1"], "seed"),
  (["--table={empty}"], "present somewhere, got none in 3 frames"),
  (["--table={table}", "--output={table}"], "got the file"),
]
# Starts the command once for each list of arguments, as it takes seconds.
SEVERAL = """
import contextlib, io, json, sys
from absl.testing import flagsaver
from aujax.commands import balance
done = []
for arguments in json.loads(sys.argv[1]):
  sys.argv = ["balance", *arguments]
  error = io.StringIO()
  with flagsaver.flagsaver(), contextlib.redirect_stderr(error):
    try:
      balance.run()
    except SystemExit as end:
      done.append([end.code, error.getvalue()])
print(json.dumps(done))
"""


@pytest.fixture(scope="module")
def refused(table, tmp_path_factory):
  """Exit code and message for each of `BAD`, and where nothing is to be."""
  folder = tmp_path_factory.mktemp("bad")
  empty = write_table(folder / "empty.parquet", np.zeros((3, 2), np.int8))
  names = {"table": table, "empty": empty}
  calls = [
    [f"--output={folder / 'out'}", *(text.format(**names) for text in texts)]
    for texts, _ in BAD
  ]
  command = [sys.executable, "-c", SEVERAL, json.dumps(calls)]
  done = subprocess.run(command, capture_output=True, text=True, check=False)
  assert done.returncode == 0, done.stderr
  return json.loads(done.stdout), folder / "out"


@pytest.mark.parametrize("case", range(len(BAD)), ids=lambda i: BAD[i][0][-1:])
def test_bad_input_is_one_sentence_and_exit_code_1(case, refused, table):
  done, output = refused
  code, error = done[case]
  assert code == 1
  assert error.startswith("error: ") and BAD[case][1] in error
  assert len(error.strip().splitlines()) == 1
  assert not output.exists()
  assert len(table_lib.read_parquet(table)) == 16  # It is no folder still.
