"""Complete tables of made-up predictions, and the videos they are of."""

import cv2
import numpy as np

from aujax.prediction import rows

AUS = (1, 4, 12)
THRESHOLD = 0.5


def row(name, frame, face, scores, *, rate=20, box=(8, 6, 20, 24)):
  """A row of one face; without a face `face` and `scores` are None."""
  found = {"input": str(name), "frame": frame, "timestamp": frame / rate}
  if face is None:
    return found
  found |= {"face": face, "confidence": 0.9}
  found |= dict(zip(("x", "y", "width", "height"), box, strict=True))
  for au, score in zip(AUS, scores, strict=True):
    found |= {
      f"AU{au:02d}_score": score,
      f"AU{au:02d}": int(score >= THRESHOLD),
    }
  return found


def write(path, table):
  with rows.Writer(path, AUS, identity={}) as writer:
    writer.add(table)
    writer.complete()
  return path


def two_faces(name, *, frames=36, seed=0):
  """Face 0 is there but for frames 10 to 14, face 1 in frames 6 to 24 alone.

  Returns the rows and each face's scores by frame.
  """
  rng = np.random.default_rng(seed)
  spans = {0: {*range(10), *range(15, frames)}, 1: {*range(6, 25)}}
  spans[1] -= {*range(12, 15)}
  table, scores = [], {0: {}, 1: {}}
  for frame in range(frames):
    there = [face for face, span in spans.items() if frame in span]
    for face in there:
      scores[face][frame] = rng.uniform(size=len(AUS)).round(4).tolist()
      box = (8 + 30 * face, 6, 20, 24)
      table.append(row(name, frame, face, scores[face][frame], box=box))
    if not there:
      table.append(row(name, frame, None, None))
  return table, scores


def paint(path, *, shade=128, size=(64, 48)):
  """Writes a grey picture."""
  cv2.imwrite(str(path), np.full((size[1], size[0], 3), shade, np.uint8))
  return path
