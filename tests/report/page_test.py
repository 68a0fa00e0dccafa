import html.parser
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

from aujax import report
from aujax.report import page
from aujax.report.numbers import pairs, summary
from aujax.report.text import cells, formats, overview, tables
from aujax.report.web import html as html_lib

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
  inside = re.compile(r"data:,|#[\w-]+")
  assert all(map(inside.fullmatch, outline(text).fetched))
  found = set(re.findall(r"https?://\S*|@import|url\(", text))
  # The name of a format, which nobody fetches.
  assert found <= {'http://www.w3.org/2000/svg";'}
  names = {p.name for p in path.parent.iterdir()}
  assert {"index.html", "results.md"} <= names


def test_the_page_has_every_table_once(complete):
  results = report.load(complete)
  ids = outline(html_lib.render(results)).ids
  assert len(set(ids)) == len(ids)
  assert {t.key for t in page.all_tables(results)} <= set(ids)


def test_a_swept_experiment_shows_its_figure_and_table(tmp_path, make):
  planned = {
    f'hood "{v}"': {"method": "hood", "values": {"methods.hood.beta": v}}
    for v in (0.1, 0.2)
  }
  make(
    tmp_path,
    methods=("baseline", *planned),
    folds=2,
    repeats=1,
    frames=10,
    variants=planned,
  )
  results = report.load(tmp_path)
  ids = outline(html_lib.render(results)).ids
  assert len(set(ids)) == len(ids)
  assert {t.key for t in page.all_tables(results)} | {"swept"} <= set(ids)


def test_page_markdown_and_text_show_the_same_number(complete):
  results = report.load(complete)
  average = summary.grade(results, "robin_hood", "truth").average
  number = f"{100 * average.mean:.1f}"
  for shown in (html_lib.render, page.markdown, page.text):
    assert number in shown(results)
  assert "is ahead of" in page.text(results)


def test_the_same_results_make_the_same_page(complete):
  one, two = report.load(complete), report.load(complete)
  assert html_lib.render(one) == html_lib.render(two)


def test_what_is_missing_is_said_everywhere(complete, tmp_path):
  shutil.copytree(complete, tmp_path / "run")
  shutil.rmtree(tmp_path / "run/robin_hood/fold2")
  results = report.load(tmp_path / "run")
  for shown in (html_lib.render, page.markdown, page.text):
    assert "not in these numbers: robin_hood fold 2." in shown(results)
  assert "only 2 of 3 folds" in html_lib.render(results)
  outline(html_lib.render(results))


def test_a_mean_over_fewer_folds_is_never_the_best(complete, tmp_path):
  shutil.copytree(complete, tmp_path / "run")
  whole = tables.by_au(report.load(complete), "truth")
  assert any(cell.best for row in whole.rows for cell in row)
  shutil.rmtree(tmp_path / "run/robin_hood/fold0")
  results = report.load(tmp_path / "run")
  for table in (overview.headline(results), tables.by_au(results, "truth")):
    assert not any(cell.best for row in table.rows for cell in row)


def test_a_gap_in_one_repeat_prints_no_spread(complete, tmp_path):
  shutil.copytree(complete, tmp_path / "run")
  shutil.rmtree(tmp_path / "run/robin_hood/fold2/repeat1")
  results = report.load(tmp_path / "run")
  assert re.search(r"robin_hood +\d\d\.\d \+- -", page.text(results))
  assert "only 1 of 2 repeats" in html_lib.render(results)


def test_many_methods_are_compared_in_a_table(tmp_path, make):
  names = ("baseline", "one", "two")
  make(tmp_path, methods=names, folds=2, repeats=1, frames=20)
  results = report.load(tmp_path)
  assert "differences" in outline(html_lib.render(results)).ids
  assert "ahead of" not in page.text(results)
  rows = overview.differences(results).rows
  assert [(row[0].text, row[0].note) for row in rows] == [
    ("one", "minus baseline"),
    ("two", "minus baseline"),
    ("two", "minus one"),
  ]
  one = pairs.compare(results, "one", "baseline", "labels")
  assert rows[0][1].text == cells.number(one.mean, sign=True)
  ahead = sum(value > 0 for value in one.by_fold.values())
  assert rows[0][1].note.startswith(f"{ahead}/2 folds, {ahead}/2 trials, ")


def test_names_are_escaped(tmp_path, make):
  make(tmp_path, methods=("a<b>&c", "d|e"), folds=1, repeats=1, frames=10)
  results = report.load(tmp_path)
  text = html_lib.render(results)
  outline(text)
  assert "a<b>" not in text and "a&lt;b&gt;&amp;c" in text
  assert "d\\|e" in page.markdown(results)


def test_one_method_one_repeat_no_truth_no_metrics(tmp_path, make):
  make(tmp_path, methods=("only",), folds=1, repeats=1, frames=10, truth=False)
  for path in tmp_path.rglob("metrics.jsonl"):
    path.unlink()
  (tmp_path / "experiment.json").unlink()
  results = report.load(tmp_path)
  text = html_lib.render(results)
  assert "best" not in outline(text).classes
  assert "Training loss" not in text and "by epoch" not in text
  assert "+-" not in page.text(results)
  assert "ahead" not in page.text(results)


def test_leaks_are_found(complete, tmp_path):
  shutil.copytree(complete, tmp_path / "run")
  path = tmp_path / "run/baseline/fold0/repeat0/trial.json"
  settings = json.loads(path.read_text())
  path.write_text(json.dumps({**settings, "subjects": {"train": ["SN001"]}}))
  shown = html_lib.render(report.load(tmp_path / "run"))
  assert "SN001 (baseline fold 0 repeat 0)" in shown
  assert "bad" in outline(shown).classes
  source = tmp_path / "run/baseline/fold1/repeat0/scores.parquet"
  shutil.copy(source, tmp_path / "run/robin_hood/fold0/repeat0")
  shown = html_lib.render(report.load(tmp_path / "run"))
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
  text = html_lib.render(results)
  for kind in ("style", "script"):
    text = re.sub(f"<{kind}.*?</{kind}>", "", text, flags=re.S)
  assert "nan" not in text


def test_columns_line_up_in_the_terminal():
  cell = cells.Cell
  rows = ((cell("long name"), cell("5.0", best=True)), (cell("b"), cell("-")))
  table = cells.Table("k", "Title", "", ("Method", "F1"), rows)
  assert formats.text(table).splitlines()[1:] == [
    "Method       F1",
    "long name   5.0*",
    "b             -",
  ]


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
