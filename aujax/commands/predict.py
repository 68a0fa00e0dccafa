"""Applies a trained model to pictures and videos: a row for every face.

  aujax-predict run/baseline holiday.mp4 photos/ "day1/*.jpg" --output=rows.csv

MODEL is a folder that training wrote, or one with several of them, which are
then asked together. The table has the columns input, frame, timestamp, face, x,
y, width, height, confidence and for each AU its probability (AU12_score) and
whether it is there by the model's threshold (AU12). A frame without a face has
one row with blanks. The same command goes on where it was interrupted.
"""

import os
import pathlib
import sys

import cv2
import jax
from absl import flags

from aujax.commands import _app
from aujax.models import folder
from aujax.prediction import finished, inputs, writing

_OUTPUT = flags.DEFINE_string(
  "output", None, "Table to write: rows.csv or rows.parquet."
)
_OVERWRITE = flags.DEFINE_bool("overwrite", False, "Replace what is there.")
_EVERY = flags.DEFINE_integer(
  "every",
  8,
  "Faces are looked for in every k-th frame of a video, and in those between"
  " where they should be; 1 is slow and sees who comes and goes at once.",
)
_MIN_FACE = flags.DEFINE_float(
  "min_face",
  None,
  "Side of the smallest face to look for, in pixels of a picture whose longer"
  " side is at most 2048; by default a 25th of the shorter side, at least 20.",
)
_BATCH_SIZE = flags.DEFINE_integer(
  "batch_size", 32, "Faces that are scored at once, at most.", 1
)
_ANNOTATE = flags.DEFINE_string(
  "annotate", None, "Also draw boxes and AUs, for one input: out.mp4."
)
_TIMELINE = flags.DEFINE_string(
  "timeline", None, "Also write a page of the AUs over time: out.html."
)


def main(argv):
  """Writes the table and says what is in it; 1 if an input was not read."""
  if len(argv) < 3:
    raise ValueError(
      "expected a model and pictures or videos, as aujax-predict MODEL "
      f"INPUT..., got {' '.join(argv[1:]) or 'nothing'}"
    )
  if not _OUTPUT.value:
    raise ValueError(
      "expected a table to write, as --output=rows.csv, got none"
    )
  paths = inputs.expand(argv[2:])
  _check_outputs(paths)
  _silence_opencv()
  _keep_compiled()
  progress, rate = writing.write(
    folder.load(argv[1]),
    paths,
    _OUTPUT.value,
    every=_EVERY.value,
    min_face=_MIN_FACE.value,
    batch_size=_BATCH_SIZE.value,
    overwrite=_OVERWRITE.value,
  )
  for reason in progress.failed.values():
    print("error:", reason, file=sys.stderr)
  _draw()
  print(
    f"{len(paths) - len(progress.failed):,} of {len(paths):,} files,"
    f" {progress.frames:,} frames, {progress.without_face:,} without a face,"
    f" {rate:.1f} frames/s\n{_OUTPUT.value}"
  )
  return 1 if progress.failed else 0


main.takes_arguments = True


def run():
  """Entry point of aujax-predict."""
  _app.run(main)


def _silence_opencv():
  """Of a file that it cannot read we say so ourselves."""
  os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
  cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)


def _keep_compiled():
  """Lets the next call do without compiling."""
  if not jax.config.jax_compilation_cache_dir:
    caches = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    directory = pathlib.Path(caches, "aujax", "compiled")
    jax.config.update("jax_compilation_cache_dir", str(directory))
  # Many of the programs are small.
  jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)


def _check_outputs(paths):
  """Refuses what could not be written in the end, before all the work."""
  if _ANNOTATE.value and len(paths) > 1:
    raise ValueError(
      f"expected one input with --annotate, got {len(paths)}; call it for each"
    )
  is_picture = inputs.is_picture(paths[0])
  drawn = (".png", ".jpg", ".jpeg") if is_picture else (".mp4", ".avi")
  for flag, suffixes in (
    (_OUTPUT, (".csv", ".parquet")),
    (_ANNOTATE, drawn),
    (_TIMELINE, (".html",)),
  ):
    if not flag.value:
      continue
    path = pathlib.Path(flag.value)
    if path.suffix.lower() not in suffixes:
      raise ValueError(
        f"expected --{flag.name} to end with {' or '.join(suffixes)}, got "
        f"{path}"
      )
    # A table may be one that was begun; its writer looks.
    if flag is not _OUTPUT:
      finished.check_output(
        path, suffixes, overwrite=_OVERWRITE.value, name=f"--{flag.name}"
      )


def _draw():
  """Writes what else was asked for, from the finished table."""
  # Imported here, as the table alone does not need what they import.
  if _ANNOTATE.value:
    from aujax.prediction import annotate

    annotate.write(
      _OUTPUT.value, None, _ANNOTATE.value, overwrite=_OVERWRITE.value
    )
  if _TIMELINE.value:
    from aujax.prediction import timeline

    timeline.write(_OUTPUT.value, _TIMELINE.value, overwrite=_OVERWRITE.value)


if __name__ == "__main__":
  run()
