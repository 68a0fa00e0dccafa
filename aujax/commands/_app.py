"""How every command starts and how it fails."""

import os
import signal
import sys

from absl import app, flags

from aujax import runtime


def run(main) -> None:
  """Runs an absl main the way all aujax commands run.

  JAX is set up for this machine first. Bad input, which the library reports
  as an OSError, TypeError or ValueError, becomes one sentence on stderr and
  exit code 1; `AUJAX_TRACEBACK=1` in the environment shows where it arose. An
  interrupted command leaves with 130, a terminated one with 143.

  Args:
    main: Takes argv after flags are parsed.
  """
  runtime.configure()
  _list_flags_in_help()
  # SIGTERM becomes an exception too, so that what is open gets closed.
  signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
  app.run(lambda argv: _guard(main, argv))


def _guard(main, argv):
  try:
    return main(argv)
  except KeyboardInterrupt:
    print("\ninterrupted; the same command goes on from here", file=sys.stderr)
    return 130
  except (OSError, TypeError, ValueError, FloatingPointError) as error:
    if os.environ.get("AUJAX_TRACEBACK"):
      raise
    print(f"error: {error}", file=sys.stderr)
    return 1


def _list_flags_in_help() -> None:
  # absl lists the flags of the module that is sys.argv[0] only, which a
  # console script is not (abseil-py issue 320).
  for module, owned in list(flags.FLAGS.flags_by_module_dict().items()):
    if module.startswith("aujax.commands") or module == "__main__":
      for flag in owned:
        flags.FLAGS.register_key_flag_for_module(sys.argv[0], flag)
