"""Small models, and pictures and videos of synthetic faces, as files."""

import struct

import cv2
import jax
import numpy as np

from aujax import models
from aujax.models import folder
from tests.faces import pictures

OPTIONS = {"features": (4, 8), "hidden": 8}


def write_model(path, *, alignment="mtcnn", margin=0.1, seed=0):
  """Writes a network of two AUs that was never trained; returns its path."""
  model = models.create("attention_cnn", num_outputs=2, **OPTIONS)
  description = folder.Description(
    network="attention_cnn",
    options=OPTIONS,
    aus=(1, 12),
    alignment=alignment,
    margin=margin,
    stored_size=20,
    image_size=16,
    standardize=True,
    thresholds=(0.5, 0.4),
    threshold_rule="fixed",
    base_rates=(0.1, 0.2),
    training={},
  )
  folder.write(path, description, *jax.jit(model.init)(jax.random.key(seed)))
  return path


def write_picture(path, picture, **options):
  """Writes RGB, grey or RGBA."""
  if picture.ndim == 3:
    order = (2, 1, 0, 3)[: picture.shape[2]]
    picture = picture[..., order]
  assert cv2.imwrite(str(path), picture, **options)
  return path


def write_video(path, images):
  """Writes motion JPEG at 25 frames per second."""
  size = images[0].shape[1::-1]
  fourcc = cv2.VideoWriter_fourcc(*"MJPG")
  writer = cv2.VideoWriter(str(path), fourcc, 25, size)
  assert writer.isOpened()
  for image in images:
    writer.write(np.ascontiguousarray(image[..., ::-1]))
  writer.release()
  return path


def turned(jpeg):
  """A JPEG that asks to be turned by 90 degrees to the right."""
  tiff = b"II*\0\x08\0\0\0" + struct.pack("<HHHIHHI", 1, 0x0112, 3, 1, 6, 0, 0)
  exif = b"Exif\0\0" + tiff
  marker = b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif
  return jpeg[:2] + marker + jpeg[2:]


def moving(num_frames, *, seed=2, sizes=(160,)):
  """Frames of faces that move slowly to the right, and their x in the first."""
  still, points = pictures.frame(seed, sizes=sizes)
  images = [np.roll(still, t, 1) for t in range(num_frames)]
  return images, points[:, :, 0].mean(1)


def nobody(seed=0):
  """A frame without a face."""
  return pictures.background(np.random.default_rng(seed))
