"""Records of a few frames, and a config that trains on them in seconds."""

import pathlib

import common
import cv2
import numpy as np

from aujax.data import records, table

AUS = (1, 12)
SUBJECTS = ("a", "b", "c", "d", "e", "f")
FRAMES = 10


def write_records(root, *, seed=0, size=16, flip_labels_of=()):
  """Two patches, bright where the AU is present, on noise."""
  root = pathlib.Path(root)
  rng = np.random.default_rng(seed)
  subject = np.repeat(SUBJECTS, FRAMES)
  labels = (rng.random((len(subject), 2)) < [0.3, 0.6]).astype(np.int8)
  names = []
  for row, present in enumerate(labels):
    picture = rng.integers(60, 120, (size, size, 3), dtype=np.uint8)
    for column in np.flatnonzero(present):
      half = size // 2
      picture[column * half : (column + 1) * half, 4:-4] += 110
    names.append(f"{row}.png")
    root.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(root / names[-1]), picture)
  flipped = np.isin(subject, flip_labels_of)
  rows = table.Table(
    aus=AUS,
    image=np.array(names),
    labels=np.where(flipped[:, None], 1 - labels, labels),
    subject=subject,
    sequence=subject,
    frame=np.tile(np.arange(FRAMES), len(SUBJECTS)),
  )
  records.write(rows, root, root / "records", size=size)
  return root / "records"


def config(records_directory):
  """The shared defaults at the smallest size that still learns."""
  c = common.get_config()
  c.dataset = "miniature"
  c.records = str(records_directory)
  c.aus = AUS
  c.image_size = 16
  c.folds = "3"
  c.model.name = "attention_cnn"
  c.model.features = (4, 8)
  c.model.hidden = 8
  c.optimizer.name = "adamw_cosine"
  c.optimizer.rates = 1e-2
  c.batch_size = 8
  c.num_epochs = 3
  c.save_every_steps = 2
  return c
