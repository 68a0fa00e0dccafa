import itertools

import cv2
import numpy as np
import pytest

from aujax.faces import video
from tests.data import layout


@pytest.mark.parametrize(
  ("name", "fourcc"), [("a.avi", "MJPG"), ("a.mp4", "mp4v")]
)
def test_every_frame_has_its_index_and_time(tmp_path, name, fourcc):
  layout.write_video(tmp_path / name, 9, fourcc=fourcc)
  frames = list(video.read(tmp_path / name))
  assert [frame.index for frame in frames] == list(range(9))
  painted = [layout.painted_index(frame.image) for frame in frames]
  assert painted == list(range(9))
  assert [frame.seconds for frame in frames] == pytest.approx(
    [k / 20 for k in range(9)]
  )
  assert frames[0].image.dtype == np.uint8
  red, green, _ = frames[0].image[:, -4:].mean((0, 1))
  assert green > 150 and red < 60
  assert video.frame_rate(tmp_path / name) == pytest.approx(20)


def test_starts_where_it_is_asked_to(tmp_path):
  layout.write_video(tmp_path / "a.avi", 6)
  whole = list(video.read(tmp_path / "a.avi"))
  rest = list(video.read(tmp_path / "a.avi", start=4))
  assert [frame.index for frame in rest] == [4, 5]
  assert rest[0].seconds == whole[4].seconds
  np.testing.assert_array_equal(rest[0].image, whole[4].image)
  assert list(video.read(tmp_path / "a.avi", start=6)) == []


def test_one_frame_is_decoded_at_a_time(tmp_path, monkeypatch):
  layout.write_video(tmp_path / "a.avi", 9)
  decoded, convert = [], cv2.cvtColor

  def counted(*arguments):
    decoded.append(None)
    return convert(*arguments)

  monkeypatch.setattr(video.cv2, "cvtColor", counted)
  for number, _ in enumerate(
    itertools.islice(video.read(tmp_path / "a.avi"), 4), 1
  ):
    assert len(decoded) == number


def test_bad_videos_are_one_sentence(tmp_path):
  with pytest.raises(FileNotFoundError, match="no such file"):
    next(video.read(tmp_path / "a.mp4"))
  (tmp_path / "a.mp4").write_text("no video")
  with pytest.raises(ValueError, match=r"OpenCV decodes in .*a\.mp4"):
    next(video.read(tmp_path / "a.mp4"))
  writer = cv2.VideoWriter(
    str(tmp_path / "b.avi"), cv2.VideoWriter_fourcc(*"MJPG"), 20, (64, 48)
  )
  writer.release()
  with pytest.raises(ValueError, match=r"(at least one frame|decodes) in"):
    next(video.read(tmp_path / "b.avi"))
