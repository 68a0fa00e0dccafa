"""Reads a dataset and writes its faces and labels as a records folder.

aujax-prepare --root=/data/DISFA --output=records/disfa --align=mtcnn

Run again, it goes on where it was stopped.
"""

from absl import flags

from aujax import action_units, preparation
from aujax.commands import _app, _dataset
from aujax.data import records
from aujax.data import table as table_lib
from aujax.preparation import overview

_OUTPUT = flags.DEFINE_string("output", None, "Records folder to write.")
_AUS = flags.DEFINE_list(
  "aus", None, "AUs to take, as 1,2,4; by default those usually reported."
)
_SIZE = flags.DEFINE_integer("size", 112, "Height and width in pixels.")
_STRIDE = flags.DEFINE_integer("stride", 1, "Take every k-th frame only.")
_QUALITY = flags.DEFINE_integer("quality", 95, "JPEG quality, 1 to 100.")
_LOSSLESS = flags.DEFINE_bool("lossless", False, "Store PNG, not JPEG.")
_OVERWRITE = flags.DEFINE_bool("overwrite", False, "Replace other records.")
_ALIGN = flags.DEFINE_enum(
  "align",
  "none",
  preparation.ALIGNMENTS,
  "none takes pictures' centres; mtcnn finds the largest face and puts its"
  " landmarks on a template; landmarks takes those of the dataset's own files.",
)
_MARGIN = flags.DEFINE_float(
  "margin", 0.0, "Left around an aligned face, as a share of the side; 0 to 1."
)
_EVERY = flags.DEFINE_integer(
  "every", 8, "Distance of a video's frames in which mtcnn looks for faces."
)
_MIN_FACE = flags.DEFINE_float(
  "min_face",
  None,
  "Smallest face that mtcnn looks for, in pixels; by default a twenty-fifth of"
  " the picture's shorter side.",
)
_WORKERS = flags.DEFINE_integer(
  "workers", None, "Processes at a time; by default one for each processor."
)
_BEAM_RUNNER = flags.DEFINE_string(
  "beam_runner", None, "Apache Beam's runner, such as DirectRunner."
)
_BEAM_OPTIONS = flags.DEFINE_multi_string(
  "beam_options",
  [],
  "An option of Beam, such as --beam_options=--direct_num_workers=2; may be"
  " given several times.",
)
_DRY_RUN = flags.DEFINE_bool(
  "dry_run", False, "Only say what would be read and written."
)


def main(argv):
  """Writes the records unless they are there, and says what they hold."""
  del argv
  root = _dataset.ROOT
  for flag in (root, _OUTPUT):
    if not flag.value and not (flag is _OUTPUT and _DRY_RUN.value):
      raise ValueError(f"expected a folder, as --{flag.name}=..., got none")
  recipe = preparation.Recipe(
    size=_SIZE.value,
    quality=_QUALITY.value,
    lossless=_LOSSLESS.value,
    alignment=_ALIGN.value,
    margin=_MARGIN.value,
    every=_EVERY.value,
    min_face=_MIN_FACE.value,
    dataset=flags.FLAGS.dataset,
  )
  table = _dataset.read([action_units.parse(au) for au in _AUS.value or ()])
  table = table_lib.subsample(table, _STRIDE.value)
  if _DRY_RUN.value:
    print(overview.forecast(table, root.value, recipe))
    print(overview.summary(table))
    return
  written = preparation.prepare(
    table,
    root.value,
    _OUTPUT.value,
    recipe,
    workers=_WORKERS.value,
    beam=_beam(),
    overwrite=_OVERWRITE.value,
    progress=True,
  )
  print("wrote" if written else "already prepared:", _OUTPUT.value)
  print(overview.summary(records.open_(_OUTPUT.value).table))
  if skipped := overview.skipped(_OUTPUT.value):
    print(skipped)


def _beam() -> list[str] | None:
  runner, options = _BEAM_RUNNER.value, _BEAM_OPTIONS.value
  if runner:
    return [f"--runner={runner}", *options]
  if options:
    raise ValueError(
      f"expected --beam_runner beside --beam_options, got {options[0]} alone"
    )
  return None


def run():
  """Starts the command."""
  _app.run(main)


if __name__ == "__main__":
  run()
