import cv2
import numpy as np
import pytest

from aujax.data import images
from tests.data import layout


def indices(pictures):
  """Which painted frames these are."""
  return [layout.painted_index(picture) for picture in pictures]


@pytest.fixture(scope="module")
def root(tmp_path_factory):
  root = tmp_path_factory.mktemp("videos")
  layout.write_video(root / "a.avi", 36)
  layout.write_video(root / "b.avi", 7)
  layout.write_video(root / "c.mp4", 36, fourcc="mp4v")
  cv2.imwrite(str(root / "d#1.png"), layout.paint(3))
  cv2.imwrite(str(root / "gray.png"), np.full((4, 4), 9, np.uint8))
  return root


@pytest.mark.parametrize("name", ["a.avi", "c.mp4"])
def test_every_frame_is_the_one_asked_for(root, name):
  keys = [f"{name}#{i}" for i in range(36)]
  assert indices(images.read(root, keys)) == list(range(36))


def test_skips_repeats_and_falling_indices(root):
  wanted = [5, 6, 6, 30, 2, 2, 35, 0]
  keys = [f"a.avi#{i}" for i in wanted]
  assert indices(images.read(root, keys)) == wanted


def test_order_of_keys_over_several_files(root):
  keys = ["b.avi#6", "d#1.png", "a.avi#0", "b.avi#1"]
  assert indices(images.read(root, keys)) == [6, 3, 0, 1]


def test_pictures_are_rgb(root):
  for picture in images.read(root, ["a.avi#0", "d#1.png"]):
    assert picture.shape == (48, 64, 3) and picture.dtype == np.uint8
    red, green, blue = picture[24, 60].astype(int)
    assert abs(green - 200) < 4 and red < 4 and blue < 4
  # Not symmetric in red and blue.
  cv2.imwrite(str(root / "red.png"), np.full((4, 4, 3), (0, 0, 200), np.uint8))
  assert next(images.read(root, ["red.png"]))[0, 0].tolist() == [200, 0, 0]
  assert next(images.read(root, ["gray.png"]))[0, 0].tolist() == [9, 9, 9]


def test_a_video_that_ends_early_is_named_with_both_numbers(root):
  reader = images.read(root, [f"b.avi#{i}" for i in range(9)])
  assert indices(next(reader) for _ in range(7)) == list(range(7))
  with pytest.raises(ValueError, match="expected 9 frames in .*b.avi.*after 7"):
    next(reader)


def test_a_damaged_video_is_named(root, tmp_path):
  data = (root / "a.avi").read_bytes()
  (tmp_path / "cut.avi").write_bytes(data[: len(data) * 3 // 4])
  keys = [f"cut.avi#{i}" for i in range(36)]
  with pytest.raises(ValueError, match="expected 36 frames in .*cut.avi"):
    list(images.read(tmp_path, keys))
  (tmp_path / "no.avi").write_bytes(b"no video" * 100)
  with pytest.raises(ValueError, match="video that OpenCV decodes in .*no.avi"):
    next(images.read(tmp_path, ["no.avi#0"]))


def test_missing_and_undecodable_pictures_are_named(tmp_path):
  for name, content in [("no.png", b"no picture"), ("empty.png", b"")]:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=f"{name}, got {len(content)} bytes"):
      next(images.read(tmp_path, [name]))
  with pytest.raises(FileNotFoundError, match="gone.avi"):
    next(images.read(tmp_path, ["gone.avi#0"]))


def test_square_is_cut_from_the_centre():
  picture = np.zeros((40, 60, 3), np.uint8)
  picture[:, 10:50] = 100
  for size in (40, 10, 80):
    result = images.square(picture, size)
    assert result.shape == (size, size, 3)
    assert (result == 100).all()
  noise = np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8)
  means = noise.reshape(10, 4, 10, 4, 3).mean((1, 3))
  np.testing.assert_allclose(images.square(noise, 10), means, atol=0.5)
