"""The command lines: one thin absl main each, composing the other boxes."""

from aujax import runtime

# Here, because every command imports this before anything that imports jax.
runtime.configure()
