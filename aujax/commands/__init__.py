"""The command lines: one thin absl main each, composing the other boxes."""
