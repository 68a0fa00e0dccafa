import cv2
import numpy as np
import pytest

from aujax.faces import video
from aujax.prediction import inputs, parts
from tests.data import layout


def _read(paths, **options):
  sources = [parts.Source(str(path)) for path in paths]
  return list(parts.read(sources, length=3, **options))


def _shown(found):
  return [(p.source, [frame.index for frame in p.frames]) for p in found]


def test_a_video_comes_in_parts_and_a_picture_alone(tmp_path):
  layout.write_video(tmp_path / "a.avi", 7)
  cv2.imwrite(str(tmp_path / "b.png"), layout.paint(3))
  found = _read([tmp_path / "a.avi", tmp_path / "b.png"])
  expected = [(0, [0, 1, 2]), (0, [3, 4, 5]), (0, [6]), (0, [])]
  assert _shown(found) == [*expected, (1, [0]), (1, [])]
  assert [part.is_picture for part in found] == [False] * 4 + [True] * 2
  assert [layout.painted_index(f.image) for f in found[1].frames] == [3, 4, 5]


def test_goes_on_at_a_frame(tmp_path):
  for name in ("a.avi", "b.avi"):
    layout.write_video(tmp_path / name, 4)
  paths = [tmp_path / "a.avi", tmp_path / "b.avi"]
  expected = [(0, [3]), (0, []), (1, [0, 1, 2]), (1, [3]), (1, [])]
  assert _shown(_read(paths, frame=3)) == expected
  assert _shown(_read(paths, source=1, frame=3)) == expected[-2:]


def test_what_does_not_read_says_why(tmp_path):
  (tmp_path / "a.mp4").write_text("no video")
  layout.write_video(tmp_path / "b.avi", 0)
  jpeg = cv2.imencode(".jpg", layout.paint(3))[1].tobytes()
  (tmp_path / "c.jpg").write_bytes(jpeg[: len(jpeg) // 2])
  (tmp_path / "d.png").touch()
  paths = sorted(tmp_path.iterdir())
  found = _read([*paths, tmp_path / "gone.mp4"])
  assert _shown(found) == [(place, []) for place in range(5)]
  for part, name in zip(found, "abcd", strict=False):
    assert part.reason.startswith("expected") and f"/{name}." in part.reason
  assert "gone.mp4" in found[4].reason


def test_an_error_of_opencv_is_a_reason(tmp_path, monkeypatch):
  def frames(path, *, start):
    raise cv2.error("too large")
    yield

  monkeypatch.setattr(inputs, "frames", frames)
  (part,) = _read([tmp_path / "a.mp4"])
  assert "a.mp4" in part.reason and "too large" in part.reason


def test_another_size_begins_another_part(tmp_path, monkeypatch):
  sizes = [4, 4, 6, 6, 6, 6, 4]

  def frames(path, *, start):
    for index, size in enumerate(sizes):
      yield video.Frame(index, 0.0, np.zeros((size, 5, 3), np.uint8))

  monkeypatch.setattr(inputs, "frames", frames)
  expected = [[0, 1], [2, 3, 4], [5], [6], []]
  assert [shown for _, shown in _shown(_read([tmp_path]))] == expected


@pytest.mark.parametrize("taken", [1, 3])
def test_no_more_than_two_parts_are_held(tmp_path, monkeypatch, taken):
  given = []

  def frames(path, *, start):
    for index in range(100):
      given.append(index)
      yield video.Frame(index, 0.0, np.zeros((4, 5, 3), np.uint8))

  monkeypatch.setattr(inputs, "frames", frames)
  stream = parts.read([parts.Source("a.mp4")], length=3)
  for _ in range(taken):
    next(stream)
  stream.close()
  # A part's end is seen when the next frame is there.
  assert len(given) <= 3 * (taken + 1) + 1


def test_an_array_is_a_picture():
  picture = layout.paint(3)
  found = list(parts.read([parts.Source("0", picture)], length=3))
  assert _shown(found) == [(0, [0]), (0, [])]
  assert found[0].is_picture and found[0].frames[0].image is picture
