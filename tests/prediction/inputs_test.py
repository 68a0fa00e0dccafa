import struct

import cv2
import numpy as np
import pytest

from aujax.prediction import inputs
from tests.data import layout


@pytest.fixture
def root(tmp_path):
  picture = layout.paint(3)
  for name in ("b.png", "sub/c.JPG", ".hidden.png"):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    cv2.imwrite(str(tmp_path / name), picture)
  layout.write_video(tmp_path / "a.avi", 4)
  (tmp_path / "notes.txt").write_text("no picture")
  return tmp_path


def _names(found, root):
  return [path.relative_to(root).as_posix() for path in found]


def test_folders_patterns_and_files(root):
  assert _names(inputs.expand([root]), root) == ["a.avi", "b.png", "sub/c.JPG"]
  found = inputs.expand([root / "b.png", root, f"{root}/*.avi"])
  assert _names(found, root) == ["b.png", "a.avi", "sub/c.JPG"]
  assert _names(inputs.expand([f"{root}/*.txt"]), root) == ["notes.txt"]


@pytest.mark.parametrize("name", ["nothing.png", "*.mp4", "empty"])
def test_a_name_that_stands_for_nothing(root, name):
  (root / "empty").mkdir()
  with pytest.raises(FileNotFoundError, match="found none"):
    inputs.expand([root / name])


def test_a_video_and_a_picture_are_frames(root):
  frames = list(inputs.frames(root / "a.avi"))
  assert [frame.index for frame in frames] == [0, 1, 2, 3]
  (frame,) = inputs.frames(root / "b.png")
  assert (frame.index, frame.seconds) == (0, 0.0)
  assert layout.painted_index(frame.image) == 3
  assert frame.image[0, -1].tolist() == [0, 200, 0]
  assert not list(inputs.frames(root / "b.png", start=1))


def test_the_content_decides_not_the_name(root):
  (root / "b.png").rename(root / "b.mp4")
  (frame,) = inputs.frames(root / "b.mp4")
  assert layout.painted_index(frame.image) == 3
  (root / "a.avi").rename(root / "a.jpg")
  assert len(list(inputs.frames(root / "a.jpg"))) == 4


@pytest.mark.parametrize(
  ("kind", "picture"),
  [
    ("grey", layout.paint(3)[..., 0]),
    ("alpha", cv2.cvtColor(layout.paint(3), cv2.COLOR_BGR2BGRA)),
    ("16 bits", layout.paint(3).astype(np.uint16) * 257),
    ("grey, 16 bits", layout.paint(3)[..., 0].astype(np.uint16) * 257),
  ],
)
def test_unusual_pictures(tmp_path, kind, picture):
  cv2.imwrite(str(tmp_path / "a.png"), picture)
  (frame,) = inputs.frames(tmp_path / "a.png")
  expected = layout.paint(3)[..., ::-1]
  if "grey" in kind:
    expected = np.repeat(layout.paint(3)[..., :1], 3, axis=2)
  np.testing.assert_array_equal(frame.image, expected)


def test_a_photo_is_turned_as_it_says(tmp_path):
  picture = layout.paint(3)
  jpeg = cv2.imencode(".jpg", picture)[1].tobytes()
  # Orientation 6: to be turned by 90 degrees to the right.
  tiff = b"II*\0\x08\0\0\0" + struct.pack("<HHHIHHI", 1, 0x0112, 3, 1, 6, 0, 0)
  exif = b"Exif\0\0" + tiff
  marker = b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif
  (tmp_path / "a.jpg").write_bytes(jpeg[:2] + marker + jpeg[2:])
  (frame,) = inputs.frames(tmp_path / "a.jpg")
  expected = cv2.rotate(picture, cv2.ROTATE_90_CLOCKWISE)[..., ::-1]
  assert frame.image.shape == expected.shape
  np.testing.assert_allclose(
    frame.image.astype(int), expected.astype(int), atol=40
  )


@pytest.mark.parametrize("name", ["notes.txt", "notes.mp4"])
def test_what_is_neither_is_one_sentence(root, name):
  (root / name).write_text("no picture")
  with pytest.raises(ValueError, match=f"OpenCV decodes in .*{name}"):
    list(inputs.frames(root / name))


def test_a_damaged_picture_is_one_sentence(root):
  jpeg = (root / "sub" / "c.JPG").read_bytes()
  (root / "d.jpg").write_bytes(jpeg[:30])
  with pytest.raises(ValueError, match="whole picture in .*d.jpg"):
    list(inputs.frames(root / "d.jpg"))
