"""How every command starts and how it fails."""

import os
import pathlib
import signal
import sys
from collections.abc import Callable, Sequence

from absl import app, flags
from ml_collections import config_flags


def run(main: Callable[[Sequence[str]], int | None]) -> None:
  """Runs an absl main the way all aujax commands run.

  Bad input, which the library reports as an OSError, TypeError, ValueError or
  FloatingPointError, becomes one sentence on stderr and exit code 1;
  `AUJAX_TRACEBACK=1` in the environment shows where it arose. An interrupted
  command leaves with 130, a terminated one with 143.

  Args:
    main: Takes argv after flags are parsed.
  """
  _list_flags_in_help()
  _make_neighbours_importable()
  # SIGTERM becomes an exception too, so that what is open gets closed.
  signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
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


def _guard(main, argv):
  try:
    if argv[1:] and not getattr(main, "takes_arguments", False):
      raise ValueError(
        f"expected flags only, got {' '.join(argv[1:])!r}; see --help"
      )
    return main(argv)
  except KeyboardInterrupt:
    print("\ninterrupted; the same command goes on from here", file=sys.stderr)
    return 130
  except (OSError, TypeError, ValueError, FloatingPointError) as error:
    return _fail(error)


def _parse(argv):
  """Parses flags; a config that does not load is bad input like any other."""
  try:
    return flags.FLAGS(argv)
  except flags.Error as error:
    sys.exit(_fail(error))
  except (OSError, TypeError, ValueError, AttributeError, KeyError) as error:
    sys.exit(_fail(error))


def _fail(error) -> int:
  if os.environ.get("AUJAX_TRACEBACK"):
    raise error
  print(f"error: {error}", file=sys.stderr)
  return 1


def _list_flags_in_help() -> None:
  # absl lists the flags of the module that is sys.argv[0] only, which a
  # console script is not (abseil-py issue 320).
  for module, owned in list(flags.FLAGS.flags_by_module_dict().items()):
    if module.startswith("aujax.commands") or module == "__main__":
      for flag in owned:
        flags.FLAGS.register_key_flag_for_module(sys.argv[0], flag)


def _make_neighbours_importable() -> None:
  # A config says `import common` for the file beside it.
  for argument, following in zip(sys.argv, [*sys.argv[1:], ""], strict=True):
    name, _, value = argument.lstrip("-").partition("=")
    if name == "config":
      path = pathlib.Path((value or following).partition(":")[0])
      sys.path.append(str(path.absolute().parent))
