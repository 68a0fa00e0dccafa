"""The command lines: one thin absl main each, composing the other boxes."""

import signal

from aujax import runtime

# Here, because every command imports this before anything that imports jax.
runtime.configure()

# Importing takes seconds, in which Ctrl-C needs no traceback; `_app.run` hands
# it back to Python. Where it is ignored, as under nohup, it stays so.
if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
  signal.signal(signal.SIGINT, signal.SIG_DFL)
