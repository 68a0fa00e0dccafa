import re
import shutil
import subprocess

import hypothesis
import hypothesis.strategies as st
import pytest

from aujax import report
from aujax.report import page
from aujax.report.text import cells, formats

# A busy machine is no reason to fail.
hypothesis.settings.register_profile("aujax", deadline=None)
hypothesis.settings.load_profile("aujax")
cell = cells.Cell
# What LaTeX would take for a command, alone and before what may follow.
SPECIAL = r"a_b & 50 % of $x #1 {y} ~z^2 \n <q|r> " + '"s" [t] *u*'


def table(rows, header=("Method", "F1"), **options):
  return cells.Table("key", "Title", "Caption.", header, rows, **options)


def body(text):
  """Rows of a LaTeX table, each a list of its entries."""
  inner = text.split(r"\toprule")[1].split(r"\bottomrule")[0]
  rows = [
    r.strip() for r in re.split(r"\\\\\n", inner.replace("\\midrule", ""))
  ]
  return [
    [e.strip() for e in re.split(r"(?<!\\)&", row)] for row in rows if row
  ]


def check(text):
  """Fails where LaTeX would: environments, braces, columns, signs."""
  stack = []
  for kind, name in re.findall(r"\\(begin|end)\{(\w+)\}", text):
    if kind == "begin":
      stack.append(name)
    else:
      assert stack.pop() == name
  assert not stack
  bare = re.sub(r"\\[\\{}&%$#_]", "", text)
  depth = 0
  for sign in bare:
    depth += {"{": 1, "}": -1}.get(sign, 0)
    assert depth >= 0
  assert depth == 0
  lines = [line for line in bare.splitlines() if not line.startswith("%")]
  bare = re.sub(r"\\label\{[^}]*\}", "", "\n".join(lines))
  assert not re.search(r"[%#_~^<>|\"]", bare)
  assert bare.count("$") % 2 == 0
  for part in text.split(r"\begin{table}")[1:]:
    columns = re.search(r"\\begin\{tabular\}\{([lr]+)\}", part)[1]
    for row in body(part):
      assert len(row) == len(columns), row
      assert not row[0].lstrip().startswith(("[", "*"))


def test_the_best_is_bold_and_notes_stand_below():
  rows = (
    (cell("new", "only 2 of 3 folds"), cell("61.0 +- 0.4", "60 to 62", True)),
    (cell("old"), cell("-")),
  )
  text = formats.latex(table(rows, references=((cell("floor"), cell("-1.5")),)))
  check(text)
  assert body(text) == [
    ["Method", "F1"],
    [r"new {\scriptsize only 2 of 3 folds}", r"\textbf{61.0 $\pm$ 0.4}"],
    ["", r"{\scriptsize 60 to 62}"],
    ["old", "--"],
    ["floor", "$-$1.5"],
  ]
  assert text.count(r"\midrule") == 2


def test_long_notes_stand_below_the_table():
  note = ", ".join(f"SN{i:03d}" for i in range(9))
  rows = ((cell("Fold 0"), cell("9 subjects", note)),)
  text = formats.latex(table(rows, num_text=2))
  check(text)
  assert r"\begin{tabular}{ll}" in text
  above, below = text.split(r"\end{tabular}")
  assert note not in above and f"Fold 0: {note}." in below


@pytest.mark.parametrize("text", [SPECIAL, *SPECIAL.split(), "["])
def test_signs_of_latex_are_escaped(text):
  rows = ((cell(text, text), cell("1.0", text)), (cell(text), cell("2.0")))
  check(formats.latex(table(rows, header=("", text))))


@hypothesis.given(st.lists(st.text('\\{}&%$#_~^<>|"[]*ab -+x.1'), min_size=2))
def test_any_text_is_set_as_it_is(texts):
  row = tuple(cell(text, text[::-1]) for text in texts)
  check(formats.latex(table((row, row), header=tuple(texts))))


def test_the_signs_that_are_meant():
  assert formats._tex("a +- 2 x b") == r"a $\pm$ 2 $\times$ b"
  assert formats._tex("-0.2 to +1.0, AU-4") == r"$-$0.2 to +1.0, AU-4"


@pytest.fixture(scope="module")
def named(tmp_path_factory, make):
  """Results of methods whose names LaTeX would not print."""
  folder = tmp_path_factory.mktemp("named")
  names = ("baseline", "a_b & 50 %", "[c]*")
  return report.load(make(folder, methods=names, folds=2, repeats=2, frames=20))


def test_all_tables_are_sound(named):
  text = page.latex(named)
  check(text)
  assert text.count(r"\begin{table}") == len(page.all_tables(named))
  assert text.splitlines()[1].startswith("% Needs")
  labels = re.findall(r"\\label\{tab:([^}]*)\}", text)
  assert labels == [t.key for t in page.all_tables(named)]


@pytest.mark.skipif(not shutil.which("pdflatex"), reason="needs LaTeX")
def test_latex_takes_it(named, tmp_path):
  (tmp_path / "results.tex").write_text(page.latex(named))
  odd = table(((cell(SPECIAL, SPECIAL), cell("[", "*", best=True)),) * 2)
  (tmp_path / "odd.tex").write_text(formats.latex_file([odd], SPECIAL))
  (tmp_path / "paper.tex").write_text(
    r"\documentclass{article}\usepackage{booktabs}\begin{document}"
    r"\input{results}\input{odd}\end{document}"
  )
  done = subprocess.run(
    ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "paper.tex"],
    cwd=tmp_path,
    capture_output=True,
    check=False,
  )
  assert done.returncode == 0, done.stdout[-2000:]
  assert (tmp_path / "paper.pdf").is_file()


def test_markdown_keeps_its_columns():
  rows = ((cell("d|e", "f|g"), cell("5.0 +- 1.0", best=True)),)
  lines = formats.markdown(table(rows)).splitlines()
  assert lines[-1] == r"| d\|e (f\|g) | **5.0 ± 1.0** |"


def test_rows_of_one_name_are_told_apart_by_their_notes():
  cell = cells.Cell
  rows = (
    (cell("a", "minus b"), cell("1.0")),
    (cell("a", "minus c"), cell("2.0", best=True)),
  )
  table = cells.Table("k", "Differences", "F1.", ("Method", "F1"), rows)
  assert formats.text(table).splitlines() == [
    "Differences",
    "Method       F1",
    "a minus b   1.0",
    "a minus c   2.0*",
  ]
