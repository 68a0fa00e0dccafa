"""What a page in one HTML file is put together from."""

import importlib.resources
import json
from collections.abc import Sequence
from typing import Any

import jinja2
import markupsafe


def environment(package: str) -> jinja2.Environment:
  """Templates of a package, in which what is not named is an error.

  Args:
    package: Its dotted name; the templates lie beside its modules.

  Returns:
    The environment.
  """
  folder, _, name = package.rpartition(".")
  return jinja2.Environment(
    loader=jinja2.PackageLoader(folder, name),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
  )


def assets(
  names: Sequence[str], *, package: str = "aujax.report.web"
) -> markupsafe.Markup:
  """Styles or scripts one after another, as they are.

  Args:
    names: Of the files.
    package: Where they lie.

  Returns:
    Their text, to stand in a style or script element.
  """
  folder = importlib.resources.files(package)
  return markupsafe.Markup("".join((folder / n).read_text() for n in names))


def json_of(value: Any) -> markupsafe.Markup:
  r"""JSON that cannot end the element it stands in.

  Args:
    value: Without nan.

  Returns:
    The text, to stand in a script element.

  Example:
    >>> print(json_of({"a": "</script>"}))
    {"a":"\u003c/script>"}
  """
  text = json.dumps(value, separators=(",", ":"), allow_nan=False)
  return markupsafe.Markup(text.replace("<", "\\u003c"))
