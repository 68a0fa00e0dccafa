"""Runs every test with shapes checked and JAX set up as the commands do."""

import os
import pathlib
import signal

from aujax import runtime

runtime.configure()
# A shell starts what it runs in the background with Ctrl-C ignored, and so
# would be the commands that tests interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)
os.environ.setdefault(
  "JAX_COMPILATION_CACHE_DIR",
  str(pathlib.Path.home() / ".cache" / "aujax" / "jax"),
)

import hypothesis  # noqa: E402
import jaxtyping  # noqa: E402

# Shapes in signatures are checked in the test run, and only here.
_CHECKED = (
  "action_units",
  "labels",
  "losses",
  "sampling",
  "data",
  "evaluation",
  "faces",
  "interpret",
)
jaxtyping.install_import_hook(
  [f"aujax.{box}" for box in _CHECKED], "beartype.beartype"
)

# Compilation makes first examples slow; a failure must come again.
hypothesis.settings.register_profile(
  "aujax", deadline=None, derandomize=True, max_examples=50
)
hypothesis.settings.load_profile("aujax")

import jax  # noqa: E402

jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
jax.config.update("jax_numpy_rank_promotion", "raise")

from tests import chromium  # noqa: E402

# One browser for all, wherever its tests lie.
browser = chromium.browser
visit = chromium.visit
