"""Renders the page: one HTML file that needs no network."""

import os
import pathlib
from typing import Any

import numpy as np

import aujax
from aujax import action_units
from aujax.prediction import finished
from aujax.prediction.timeline import thumbnails, tracks
from aujax.report import files
from aujax.report.web import document

_STYLES = ("page.css", "figures.css", "closely.css")
_SCRIPTS = ("packed.js", "drawing.js", "tables.js")
_OWN_SCRIPTS = ("columns.js", "rows.js", "stills.js", "timeline.js")
_MOST_PICTURES = 240
_HERE = "aujax.prediction.timeline"


def write(
  rows_path: str | os.PathLike,
  output: str | os.PathLike,
  *,
  overwrite: bool = False,
) -> None:
  """Writes a page of predictions over time: scores, events and frames.

  Long videos are thinned, so that a page stays below some 3 MB.

  Args:
    rows_path: Complete table of predictions; the files that it names are
      looked at for pictures of frames, if they are there.
    output: HTML file. It is there once it is whole.
    overwrite: Replace the output.

  Raises:
    FileExistsError: If the output is there and is not to be replaced.
    FileNotFoundError: If the table or the output's folder is missing.
    ValueError: If the table does not read, or the output has another suffix.
  """
  output = pathlib.Path(output)
  finished.check_output(output, (".html",), overwrite=overwrite)
  text = render(finished.read(rows_path), pathlib.Path(rows_path).name)
  files.write(output.parent, {output.name: text.encode()})


def render(found: list[finished.Input], name: str) -> str:
  """Makes the page.

  Args:
    found: What was predicted.
    name: Of the table.

  Returns:
    HTML with styles, scripts, pictures and data in it.
  """
  names = _named(found[0].aus)
  videos = [one for one in found if one.is_video]
  pictures = [one for one in found if not one.is_video]
  shown, columns = tracks.shown(videos)
  cards = pictures[:_MOST_PICTURES]
  taken, per_video = thumbnails.take([*shown, *cards])
  style = document.assets(("timeline.css",), package=_HERE)
  script = document.assets(_OWN_SCRIPTS, package=_HERE)
  environment = document.environment(_HERE)
  environment.filters["time"] = _time
  return environment.get_template("timeline.html.jinja").render(
    title=_labels(found)[found[0].name] if len(found) == 1 else name,
    labels=_labels(found),
    name=name,
    aus=names,
    videos=[_video(*pair) for pair in zip(shown, taken, strict=False)],
    cards=[
      _card(*pair) for pair in zip(cards, taken[len(shown) :], strict=True)
    ],
    num_videos=len(videos),
    num_pictures=len(pictures),
    num_frames=sum(_frames(video)["number"] for video in videos),
    seconds=sum(_seconds(video) for video in videos),
    left_out=[video.name for video in videos[len(shown) :]],
    columns=columns,
    per_video=per_video,
    version=aujax.__version__,
    style=document.assets(_STYLES) + style,
    script=document.assets(_SCRIPTS) + script,
    data=document.json_of(
      {
        "aus": names,
        "videos": [tracks.thinned(video, columns) for video in shown],
      }
    ),
  )


def _labels(found):
  """Names of files without their folders, where that tells them apart."""
  short = [pathlib.Path(one.name).name for one in found]
  return {
    one.name: label if short.count(label) == 1 else one.name
    for one, label in zip(found, short, strict=True)
  }


def _named(aus):
  return [
    (action_units.name(au), action_units.DESCRIPTIONS.get(au, "")) for au in aus
  ]


def _video(video: finished.Input, taken: list) -> dict[str, Any]:
  return {
    "name": video.name,
    "frames": _frames(video),
    "seconds": _seconds(video),
    "thumbnails": taken,
    "num_faces": len(video.faces),
    "faces": [
      {
        "number": face,
        "series": tracks.series(video, face),
        "frames": int((video.face == face).sum()),
        "aus": tracks.summaries(video, face),
      }
      for face in tracks.faces(video)
    ],
  }


def _card(picture: finished.Input, taken: list) -> dict[str, Any]:
  faces = []
  for row, face in enumerate(picture.face.tolist()):
    if face < 0:
      continue
    present = picture.present[row] == 1
    named = zip(_named(picture.aus), picture.scores[row], present, strict=True)
    faces.append(
      {
        "number": face,
        "series": tracks.series(picture, face),
        "aus": [
          (i, *names, f"{score:.2f}")
          for i, (names, score, is_present) in enumerate(named)
          if is_present
        ],
      }
    )
  thumbnail = taken[0] if taken else None
  return {"name": picture.name, "thumbnail": thumbnail, "faces": faces}


def _frames(video):
  number = 1 + int(np.count_nonzero(np.diff(video.frame)))
  return {"number": number, "faceless": int((video.face < 0).sum())}


def _seconds(video):
  return tracks.end(video) - float(video.seconds[0])


def _time(seconds):
  """Such as "4.2 s", "12 min 05 s" or "1 h 02 min"."""
  if seconds < 60:
    return f"{seconds:.1f} s"
  minutes, rest = divmod(round(seconds), 60)
  if minutes < 60:
    return f"{minutes} min {rest:02d} s"
  return f"{minutes // 60} h {minutes % 60:02d} min"
