"""The dataset that a command reads, as flags name it."""

import importlib
import inspect
from collections.abc import Sequence

from absl import flags

from aujax.commands import _app
from aujax.data import table as table_lib

NAMES = (
  "manifest",
  "affwild2",
  "bp4d",
  "ckplus",
  "disfa",
  "disfaplus",
  "emotionet",
  "gft",
)
ROOT = flags.DEFINE_string("root", None, "Folder of the dataset.")
_DATASET = flags.DEFINE_enum("dataset", "disfa", NAMES, "Whose layout.")
_OPTIONS = flags.DEFINE_multi_string(
  "option",
  [],
  "How the dataset is read, such as positive=1; may be given several times."
  " docs/datasets tells each dataset's options.",
)


def read(aus: Sequence[int] = ()) -> table_lib.Table:
  """Reads the dataset and says how.

  Args:
    aus: AUs to take; none for the reader's own.

  Returns:
    The table.

  Raises:
    OSError: If something is missing.
    ValueError: If a file or an option is wrong.
  """
  name = _DATASET.value
  reader = importlib.import_module(f"aujax.data.{name}").read
  parameters = inspect.signature(reader).parameters.values()
  options = {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}
  options.pop("aus")
  for text in _OPTIONS.value:
    key, value = _app.setting("option", text, example="positive=1")
    if key not in options:
      raise ValueError(
        f"expected --option among {name}'s, {', '.join(options)}, got {key!r}"
      )
    options[key] = _typed(key, value, options[key])
  table = reader(ROOT.value, **options, **({"aus": aus} if aus else {}))
  said = [f"{k}={v}" for k, v in options.items() if v is not None]
  print(f"read {name} with {', '.join(said)}")
  return table


def _typed(key, value, default):
  if isinstance(default, str):
    return value
  value = _app.literal(value)
  if default is not None and type(value) is not type(default):
    raise ValueError(
      f"expected --option={key} like its default, {default!r}, got {value!r}"
    )
  return value
