"""Tables as Markdown, as plain text and as LaTeX."""

import re
from collections.abc import Iterable, Sequence

from aujax.report.text import cells

# A note of more characters would stretch its column.
_LONG_NOTE = 44
_TEX = {
  "\\": r"\textbackslash{}",
  "~": r"\textasciitilde{}",
  "^": r"\textasciicircum{}",
  "<": r"\textless{}",
  ">": r"\textgreater{}",
  "|": r"\textbar{}",
  '"': "''",
  # After the end of a row these two would be its options.
  "[": "{[}",
  "*": "{*}",
  **{sign: f"\\{sign}" for sign in "{}&%$#_"},
}


def markdown(table: cells.Table) -> str:
  """A table as Markdown, the best in bold.

  Args:
    table: What to show.

  Returns:
    Title, caption and table, ending in a newline.

  Example:
    >>> cell = cells.Cell
    >>> row = (cell("AU01"), cell("50.0", best=True))
    >>> table = cells.Table("k", "By AU", "F1.", ("AU", "F1"), (row,))
    >>> print(markdown(table), end="")
    ## By AU
    <BLANKLINE>
    F1.
    <BLANKLINE>
    | AU | F1 |
    |:---|---:|
    | AU01 | **50.0** |
  """
  marks = [":---" if i < table.num_text else "---:" for i in _columns(table)]
  lines = [
    f"## {table.title}",
    "",
    _typeset(table.caption),
    "",
    f"| {' | '.join(map(_escape, table.header))} |",
    f"|{'|'.join(marks)}|",
  ]
  for row in (*table.rows, *table.references):
    lines.append(f"| {' | '.join(map(_markdown_cell, row))} |")
  return "\n".join(lines) + "\n"


def text(table: cells.Table) -> str:
  """A table for the terminal, the best marked with a star.

  Args:
    table: What to show.

  Returns:
    Title and table, ending in a newline. Notes are left out, but for those of
    rows that have one name.

  Example:
    >>> cell = cells.Cell
    >>> row = (cell("AU01"), cell("50.0", best=True))
    >>> table = cells.Table("k", "By AU", "F1.", ("AU", "F1"), (row,))
    >>> print(text(table), end="")
    By AU
    AU       F1
    AU01   50.0*
  """
  # Every entry leaves room for the star, so that numbers stay aligned.
  rows = [tuple(f"{name} " for name in table.header)]
  for row in (*table.rows, *table.references):
    rows.append(tuple(c.text + ("*" if c.best else " ") for c in row))
  names = [row[0] for row in table.rows]
  if len({name.text for name in names}) < len(names):
    # The notes tell them apart.
    rows[1 : 1 + len(names)] = [
      (f"{name.text} {name.note} ", *row[1:])
      for name, row in zip(names, rows[1:], strict=False)
    ]
  widths = [max(len(row[i]) for row in rows) for i in _columns(table)]
  lines = [table.title]
  for row in rows:
    entries = [
      cell.ljust(width) if i < table.num_text else cell.rjust(width)
      for i, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]
    lines.append("  ".join(entries).rstrip())
  return "\n".join(lines) + "\n"


def latex(table: cells.Table) -> str:
  r"""A table as LaTeX with booktabs, the best in bold.

  Short notes stand in small letters beside a row's name and below its numbers,
  long ones below the table.

  Args:
    table: What to show.

  Returns:
    A table environment with the label tab:KEY, ending in a newline.

  Example:
    >>> cell = cells.Cell
    >>> row = (cell("AU01"), cell("50.0 +- 1", "a_b", best=True))
    >>> table = cells.Table("k", "By AU", "F1 in %.", ("AU", "F1"), (row,))
    >>> print(latex(table), end="")
    \begin{table}[tbp]
      \centering
      \caption{By AU. F1 in \%.}
      \label{tab:k}
      \begin{tabular}{lr}
        \toprule
        AU & F1 \\
        \midrule
        AU01 & \textbf{50.0 $\pm$ 1} \\
         & {\scriptsize a\_b} \\
        \bottomrule
      \end{tabular}
    \end{table}
  """
  columns = "".join("l" if i < table.num_text else "r" for i in _columns(table))
  lines = [
    r"\begin{table}[tbp]",
    r"  \centering",
    rf"  \caption{{{_tex(table.title)}. {_tex(table.caption)}}}",
    rf"  \label{{tab:{table.key}}}",
    rf"  \begin{{tabular}}{{{columns}}}",
    r"    \toprule",
    _tex_row(map(_tex, table.header)),
    r"    \midrule",
    *(line for row in table.rows for line in _tex_lines(row)),
  ]
  if table.references:
    lines.append(r"    \midrule")
    lines += [line for row in table.references for line in _tex_lines(row)]
  lines += [r"    \bottomrule", r"  \end{tabular}"]
  notes = []
  for row in (*table.rows, *table.references):
    for cell in row:
      if len(cell.note) > _LONG_NOTE:
        note = f"{_tex(row[0].text)}: {_tex(cell.note)}."
        notes.append(rf"  {{\footnotesize {note}\par}}")
  if notes:
    lines += [r"  \par\medskip", *notes]
  return "\n".join([*lines, r"\end{table}"]) + "\n"


def latex_file(tables: Iterable[cells.Table], about: str = "") -> str:
  r"""Tables as a file to be taken into a paper by \input.

  Args:
    tables: What to show.
    about: A comment for its first line.

  Returns:
    LaTeX, the packages that it needs in a comment.

  Example:
    >>> print(latex_file([], "100 % of DISFA"), end="")
    % 100 % of DISFA
    % Needs \usepackage{booktabs} in the preamble.
  """
  head = [about, r"Needs \usepackage{booktabs} in the preamble."]
  head = "".join(f"% {' '.join(line.split())}\n" for line in head if line)
  return "\n".join([head, *map(latex, tables)])


def _tex_row(entries):
  return f"    {' & '.join(entries)} \\\\"


def _tex_lines(row):
  """A row and, where numbers have short notes, another one below it."""
  name, *numbers = row
  short = [c.note if len(c.note) <= _LONG_NOTE else "" for c in row]
  beside = rf" {{\scriptsize {_tex(short[0])}}}" if short[0] else ""
  yield _tex_row([_tex_cell(name) + beside, *map(_tex_cell, numbers)])
  if any(short[1:]):
    below = (rf"{{\scriptsize {_tex(n)}}}" if n else "" for n in short[1:])
    yield _tex_row(["", *below])


def _tex_cell(cell):
  text = _tex(cell.text)
  return rf"\textbf{{{text}}}" if cell.best else text


def _tex(text):
  """Text that LaTeX sets as it is, with signs that plain text spells out."""
  if text == "-":
    return "--"
  text = re.sub(r"[\\{}&%$#_~^<>|\"\[*]", lambda sign: _TEX[sign[0]], text)
  text = re.sub(r"(?<![\w-])-(?=[\d.])", "$-$", text)
  return text.replace("+-", r"$\pm$").replace(" x ", r" $\times$ ")


def _columns(table) -> Sequence[int]:
  return range(len(table.header))


def _markdown_cell(cell):
  text = _escape(_typeset(cell.text))
  text = f"**{text}**" if cell.best else text
  return f"{text} ({_escape(_typeset(cell.note))})" if cell.note else text


def _typeset(text):
  return text.replace("+-", "±").replace(" x ", " × ")


def _escape(text):
  return text.replace("|", "\\|")
