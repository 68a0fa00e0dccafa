import html.parser
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

from aujax import report
from aujax.report import cells, figures, formats, page, summary, tables

VOID = {"meta", "link", "br", "hr", "img", "input", "wbr"}


class Outline(html.parser.HTMLParser):
  """Checks that tags close and collects what a browser would fetch."""

  def __init__(self):
    super().__init__()
    self.open, self.fetched, self.ids, self.classes = [], [], [], []

  def handle_starttag(self, tag, attrs):
    attrs = dict(attrs)
    self.fetched += [attrs[k] for k in ("src", "href") if k in attrs]
    self.ids += [attrs["id"]] if "id" in attrs else []
    self.classes += attrs.get("class", "").split()
    if tag not in VOID:
      self.open.append(tag)

  def handle_startendtag(self, tag, attrs):
    self.handle_starttag(tag, attrs)
    if tag not in VOID:
      self.open.pop()

  def handle_endtag(self, tag):
    assert self.open.pop() == tag


def outline(text):
  parser = Outline()
  parser.feed(text)
  assert parser.open == []
  return parser


def test_the_page_is_one_file_that_fetches_nothing(complete, tmp_path):
  shown = report.write(complete, output=tmp_path / "report")
  path = pathlib.Path(shown.splitlines()[-1])
  text = path.read_text()
  assert outline(text).fetched == ["data:,"]
  assert not re.search(r"https?://|@import|url\(", text)
  assert sorted(p.name for p in path.parent.iterdir()) == [
    "index.html",
    "results.md",
  ]


def test_the_page_has_every_table_once(complete):
  results = report.load(complete)
  ids = outline(page.html(results)).ids
  assert ids == [
    "headline",
    "folds-labels",
    "folds-truth",
    "aus-labels",
    "aus-truth",
    "rates",
    "folds",
    "trials",
  ]
  assert sorted(ids) == sorted(t.key for t in page.all_tables(results))


def test_page_markdown_and_text_show_the_same_number(complete):
  results = report.load(complete)
  average = summary.grade(results, "robin_hood", "truth").average
  number = f"{100 * average.mean:.1f}"
  for shown in (page.html, page.markdown, page.text):
    assert number in shown(results)
  assert "is ahead of" in page.text(results)


def test_the_same_results_make_the_same_page(complete):
  one, two = report.load(complete), report.load(complete)
  assert page.html(one) == page.html(two)


def test_what_is_missing_is_said_everywhere(complete, tmp_path):
  shutil.copytree(complete, tmp_path / "run")
  shutil.rmtree(tmp_path / "run/robin_hood/fold2")
  results = report.load(tmp_path / "run")
  for shown in (page.html, page.markdown, page.text):
    assert "not in these numbers: robin_hood fold 2." in shown(results)
  assert "only 2 of 3 folds" in page.html(results)
  outline(page.html(results))


def test_a_mean_over_fewer_folds_is_never_the_best(complete, tmp_path):
  shutil.copytree(complete, tmp_path / "run")
  whole = tables.by_au(report.load(complete), "truth")
  assert any(cell.best for row in whole.rows for cell in row)
  shutil.rmtree(tmp_path / "run/robin_hood/fold0")
  results = report.load(tmp_path / "run")
  for table in (tables.headline(results), tables.by_au(results, "truth")):
    assert not any(cell.best for row in table.rows for cell in row)


def test_a_gap_in_one_repeat_prints_no_spread(complete, tmp_path):
  shutil.copytree(complete, tmp_path / "run")
  shutil.rmtree(tmp_path / "run/robin_hood/fold2/repeat1")
  results = report.load(tmp_path / "run")
  assert re.search(r"robin_hood +\d\d\.\d \+- -", page.text(results))
  assert "only 1 of 2 repeats" in page.html(results)


def test_many_methods_are_compared_in_a_table(tmp_path, make):
  names = ("baseline", "one", "two")
  make(tmp_path, methods=names, folds=2, repeats=1, frames=20)
  results = report.load(tmp_path)
  assert "differences" in outline(page.html(results)).ids
  assert "ahead of" not in page.text(results)
  rows = tables.differences(results).rows
  assert [(row[0].text, row[0].note) for row in rows] == [
    ("one", "minus baseline"),
    ("two", "minus baseline"),
    ("two", "minus one"),
  ]
  one = summary.compare(results, "one", "baseline", "labels")
  assert rows[0][1].text == cells.number(one.mean, sign=True)
  ahead = sum(value > 0 for value in one.by_fold.values())
  assert rows[0][1].note.startswith(f"{ahead}/2 folds, {ahead}/2 trials, ")


def test_names_are_escaped(tmp_path, make):
  make(tmp_path, methods=("a<b>&c", "d|e"), folds=1, repeats=1, frames=10)
  results = report.load(tmp_path)
  text = page.html(results)
  outline(text)
  assert "a<b>" not in text and "a&lt;b&gt;&amp;c" in text
  assert "d\\|e" in page.markdown(results)


def test_one_method_one_repeat_no_truth_no_metrics(tmp_path, make):
  make(tmp_path, methods=("only",), folds=1, repeats=1, frames=10, truth=False)
  for path in tmp_path.rglob("metrics.jsonl"):
    path.unlink()
  (tmp_path / "experiment.json").unlink()
  results = report.load(tmp_path)
  shown = outline(page.html(results))
  assert "best" not in shown.classes and "<polyline" not in page.html(results)
  assert "+-" not in page.text(results)
  assert "ahead" not in page.text(results)


def test_leaks_are_found(complete, tmp_path):
  shutil.copytree(complete, tmp_path / "run")
  path = tmp_path / "run/baseline/fold0/repeat0/trial.json"
  settings = json.loads(path.read_text())
  path.write_text(json.dumps({**settings, "subjects": {"train": ["SN001"]}}))
  shown = page.html(report.load(tmp_path / "run"))
  assert "SN001 (baseline fold 0 repeat 0)" in shown
  assert "bad" in outline(shown).classes
  source = tmp_path / "run/baseline/fold1/repeat0/scores.parquet"
  shutil.copy(source, tmp_path / "run/robin_hood/fold0/repeat0")
  shown = page.html(report.load(tmp_path / "run"))
  assert "Tested in more than one fold: SN002" in shown
  assert "their numbers do not compare" in shown


def test_an_au_that_never_occurs(tmp_path, make):
  make(tmp_path, folds=2, repeats=1, frames=10)
  from aujax.evaluation import scores as scores_lib

  for path in tmp_path.rglob("scores.parquet"):
    scores = scores_lib.read(path)
    for target in (scores.labels, scores.truth):
      target[:, 0] = 0
      target[:, 1] = -1
    scores.scores[:, 0] = 0.1
    scores_lib.write(path, scores)
  results = report.load(tmp_path)
  table = tables.by_au(results, "labels")
  assert [cell.text for cell in table.rows[0]] == ["AU01", "-", "-", "0.0"]
  assert [cell.text for cell in table.rows[1]] == ["AU02", "-", "-", "-"]
  assert "nan" not in re.sub(
    "<style>.*</style>", "", page.html(results), flags=re.S
  )


def test_best_is_marked_as_printed():
  def marked(*values):
    return [cell.best for cell in tables._marked(values)]

  assert marked(0.5, 0.7, 0.6) == [False, True, False]
  assert marked(0.5001, 0.5004) == [True, True]
  assert marked(0.5, float("nan")) == [False, False]


def test_columns_line_up_in_the_terminal():
  cell = cells.Cell
  rows = ((cell("long name"), cell("5.0", best=True)), (cell("b"), cell("-")))
  table = cells.Table("k", "Title", "", ("Method", "F1"), rows)
  assert formats.text(table).splitlines()[1:] == [
    "Method       F1",
    "long name   5.0*",
    "b             -",
  ]


@pytest.mark.parametrize(
  ("low", "high", "ticks"),
  [
    (0, 1, ["0", "20", "40", "60", "80", "100"]),
    (0.583, 0.664, ["58", "60", "62", "64", "66", "68"]),
    (0, 0.277, ["0", "10", "20", "30"]),
  ],
)
def test_axes_have_round_ends(low, high, ticks):
  axis = figures._Axis(low, high)
  assert [text for _, text in axis.ticks] == ticks
  assert axis.ticks[0][0] == 0 and axis.ticks[-1][0] == 100
  assert 0 <= axis.at(low) <= axis.at(high) <= 100


def command(name, *args):
  return subprocess.run(
    [sys.executable, "-m", f"aujax.commands.{name}", *map(str, args)],
    capture_output=True,
    text=True,
    check=False,
    env={**os.environ, "JAX_PLATFORMS": "cpu"},
  )


def test_report_command(complete, tmp_path):
  done = command("report", f"--workdir={complete}", f"--output={tmp_path}/out")
  assert done.returncode == 0, done.stderr
  assert done.stdout.rstrip().endswith(f"{tmp_path}/out/index.html")
  assert (tmp_path / "out/results.md").is_file()
  empty = command("report", f"--workdir={tmp_path}/none")
  assert empty.returncode == 1 and "Traceback" not in empty.stderr
  assert empty.stderr.startswith("error: expected finished trials")
  assert empty.stderr.count("\n") == 1


def test_evaluate_command(complete):
  paths = [
    complete / f"baseline/fold{f}/repeat0/scores.parquet" for f in (0, 1)
  ]
  done = command("evaluate", *paths, "--against=truth", "--threshold=0.4")
  assert done.returncode == 0, done.stderr
  assert "Macro F1, mean of 2 files" in done.stdout
  assert done.stdout.count("AU26") == 2
  bad = command("evaluate", complete / "experiment.json")
  assert bad.returncode == 1 and "does not read as one" in bad.stderr
