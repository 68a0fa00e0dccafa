"""How every command starts and how it fails."""

import ast
import os
import pathlib
import signal
import sys
from collections.abc import Callable, Sequence
from typing import Any

from absl import app, flags, logging
from ml_collections import config_flags


def run(main: Callable[[Sequence[str]], int | None]) -> None:
  """Runs an absl main the way all aujax commands run.

  Bad input, which the library reports as an OSError, TypeError, ValueError or
  FloatingPointError, or a missing package becomes one sentence on stderr and
  exit code 1; `AUJAX_TRACEBACK=1` in the environment shows where it arose. An
  interrupted command leaves with 130, a terminated one with 143.

  Args:
    main: Takes argv after flags are parsed.
  """
  _describe_in_help(main)
  _make_neighbours_importable()
  if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
    signal.signal(signal.SIGINT, signal.default_int_handler)
  # SIGTERM becomes an exception too, so that what is open gets closed.
  signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
  # Orbax tells of each save; --verbosity=0 lets it.
  logging.set_verbosity(logging.WARNING)
  app.run(lambda argv: _guard(main, argv), flags_parser=_parse)


def define_experiment() -> tuple[flags.FlagHolder, flags.FlagHolder]:
  """Defines the flags of what is run where.

  Returns:
    The holders of --config and --workdir.
  """
  config = config_flags.DEFINE_config_file(
    "config",
    None,
    "The experiment, such as configs/quickstart.py; --config.batch_size=32 and"
    " the like change single values.",
    lock_config=True,
  )
  workdir = flags.DEFINE_string(
    "workdir", None, "Folder of the experiment; made if it is missing."
  )
  flags.mark_flags_as_required(["config", "workdir"])
  return config, workdir


def setting(flag: str, text: str, *, example: str) -> tuple[str, str]:
  """Takes "key=value" apart.

  Args:
    flag: Whose value it is.
    text: The value.
    example: One that would be right, for the error.

  Returns:
    Key and value.

  Raises:
    ValueError: If either is missing.
  """
  key, _, value = text.partition("=")
  if not key or not value:
    raise ValueError(
      f"expected --{flag}=KEY=VALUE such as --{flag}={example}, got {text!r}"
    )
  return key, value


def literal(text: str) -> Any:
  """What a value on the command line means: a number, a word, true or false.

  Args:
    text: Such as "0.5".

  Returns:
    What Python reads it as, and the text itself if it reads as nothing.
  """
  try:
    return ast.literal_eval(text)
  except (SyntaxError, ValueError):
    return {"true": True, "false": False}.get(text.lower(), text)


def _guard(main, argv):
  try:
    if argv[1:] and not getattr(main, "takes_arguments", False):
      raise ValueError(f"expected flags only, got {argv[1]!r}; see --help")
    return main(argv)
  except KeyboardInterrupt:
    print("\ninterrupted; the same command goes on from here", file=sys.stderr)
    return 130
  except (
    OSError,
    TypeError,
    ValueError,
    FloatingPointError,
    ModuleNotFoundError,
  ) as error:
    return _fail(error)


def _parse(argv):
  """Parses flags; a config that does not load is bad input like any other."""
  try:
    path = _config_path()
    if path and not path.is_file():
      raise FileNotFoundError(
        f"expected a config such as configs/quickstart.py, found no file {path}"
      )
    return flags.FLAGS(argv)
  except (AttributeError, KeyError) as error:
    sys.exit(_fail(error, f"expected a key of the config, got {_cause(error)}"))
  except (flags.Error, OSError, TypeError, ValueError, SyntaxError) as error:
    sys.exit(_fail(error))


def _fail(error: Exception, message: str = "") -> int:
  if os.environ.get("AUJAX_TRACEBACK"):
    raise error
  if isinstance(error, BrokenPipeError):  # As of `aujax-train --help | head`.
    return 141
  # Some libraries' messages run over several lines.
  print("error:", " ".join((message or str(error)).split()), file=sys.stderr)
  return 1


def _cause(error) -> str:
  """What an exception says whose argument may be another exception."""
  while isinstance(error, Exception):
    error = error.args[0] if error.args else ""
  return error


def _describe_in_help(main) -> None:
  # absl describes the program by __main__ and lists the flags of the module
  # that is sys.argv[0], neither of which a console script is (abseil-py 320).
  sys.modules["__main__"].__doc__ = sys.modules[main.__module__].__doc__
  for module, owned in list(flags.FLAGS.flags_by_module_dict().items()):
    if module.startswith("aujax.commands") or module == "__main__":
      for flag in owned:
        flags.FLAGS.register_key_flag_for_module(sys.argv[0], flag)


def _make_neighbours_importable() -> None:
  """Lets a config say `import common` for the file beside it."""
  if path := _config_path():
    sys.path.append(str(path.absolute().parent))


def _config_path() -> pathlib.Path | None:
  """The file that --config names, before flags are parsed."""
  for argument, following in zip(sys.argv, [*sys.argv[1:], ""], strict=True):
    name, equals, value = argument.lstrip("-").partition("=")
    if name == "config" and argument.startswith("-"):
      return pathlib.Path((value if equals else following).partition(":")[0])
  return None
