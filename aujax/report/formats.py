"""Tables as Markdown and as plain text."""

from collections.abc import Sequence

from aujax.report import cells


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
    Title and table, ending in a newline. Notes are left out.

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
  widths = [max(len(row[i]) for row in rows) for i in _columns(table)]
  lines = [table.title]
  for row in rows:
    entries = [
      cell.ljust(width) if i < table.num_text else cell.rjust(width)
      for i, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]
    lines.append("  ".join(entries).rstrip())
  return "\n".join(lines) + "\n"


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
