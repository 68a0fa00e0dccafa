"""Writes a dataset of synthetic faces in DISFA's own layout.

Example: aujax-synthesize --output=data/synthetic --subjects=27 --frames=400

Run again, it continues where it was stopped.
"""

import numpy as np
from absl import flags

from aujax import action_units
from aujax.commands import _app
from aujax.synthetic import annotator, coding, presets, videos

_OUTPUT = flags.DEFINE_string(
  "output", None, "Folder to write to.", required=True
)
_PRESET = flags.DEFINE_enum(
  "preset", "disfa", presets.names(), "Dataset whose base rates are met."
)
_SUBJECTS = flags.DEFINE_integer("subjects", 27, "Number of subjects.")
_FRAMES = flags.DEFINE_integer("frames", 400, "Frames of each subject.")
_SIZE = flags.DEFINE_integer("size", 112, "Side of the pictures in pixels.")
_FPS = flags.DEFINE_float("fps", 20.0, "Frames per second.")
_SEED = flags.DEFINE_integer("seed", 0, "Decides everything else.")
_NOISE = flags.DEFINE_float(
  "noise", 1.0, "Annotator's errors: 0 none, 1 a kappa of about 0.75, up to 2."
)
_AUS = flags.DEFINE_list(
  "aus", [], "AUs to write, such as 1,2,4; by default those of the preset."
)
_PROCESSES = flags.DEFINE_integer("processes", 2, "Subjects done at a time.")


def main(argv):
  """Synthesizes as the flags say and prints what came out."""
  del argv
  request = videos.Request(
    preset=_PRESET.value,
    num_subjects=_SUBJECTS.value,
    num_frames=_FRAMES.value,
    fps=_FPS.value,
    size=_SIZE.value,
    seed=_SEED.value,
    noise=_NOISE.value,
    aus=tuple(action_units.parse(au) for au in _AUS.value),
  )
  script = videos.script(request)
  videos.write(_OUTPUT.value, script, processes=_PROCESSES.value)
  print(_summary(script))
  print(f"{script.truth[..., 0].size} frames in {_OUTPUT.value}")


def _summary(script: videos.Script) -> str:
  """Returns a table of the base rates in per cent and the agreement."""
  columns = [action_units.SYNTHETIC.index(au) for au in script.request.aus]
  truth = script.truth[..., columns] >= coding.PRESENT
  labels = script.labels[..., columns] >= coding.PRESENT
  rows = zip(
    script.request.aus,
    100 * labels.mean((0, 1)),
    100 * truth.mean((0, 1)),
    100 * presets.load(script.request.preset).rates[columns],
    annotator.kappa(labels, truth),
    strict=True,
  )
  head = f"{'':6}{'label %':>9}{'truth %':>9}{'preset %':>10}{'kappa':>8}"
  lines = [
    f"{action_units.name(au):6}{label:9.2f}{true:9.2f}{rate:10.2f}{kappa:8.3f}"
    for au, label, true, rate, kappa in rows
  ]
  mean = np.nanmean(annotator.kappa(labels, truth))
  return "\n".join([head, *lines, f"{'mean':34}{mean:8.3f}"])


def run():
  """Is the console script."""
  _app.run(main)


if __name__ == "__main__":
  run()
