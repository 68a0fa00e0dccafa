import cv2
import numpy as np
import pytest

from aujax.faces import video
from aujax.prediction import annotate
from tests.data import layout
from tests.prediction import predictions

SIZE = (320, 240)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
  """Folder with a video, a picture and a table of both."""
  folder = tmp_path_factory.mktemp("made")
  layout.write_video(folder / "a.avi", 36, size=SIZE)
  predictions.paint(folder / "b.png", size=SIZE)
  table, _ = predictions.two_faces("a.avi")
  table.append(predictions.row("b.png", 0, 0, (0.9, 0.2, 0.7)))
  predictions.write(folder / "all.csv", table)
  predictions.write(folder / "one.csv", table[:-1])
  return folder


@pytest.mark.parametrize("suffix", [".mp4", ".avi"])
def test_a_video_keeps_its_frames_rate_and_picture(made, tmp_path, suffix):
  output = tmp_path / f"out{suffix}"
  annotate.write(made / "one.csv", None, output)
  found = list(video.read(output))
  assert len(found) == 36
  assert video.frame_rate(output) == 20
  height, width = found[0].image.shape[:2]
  assert height == SIZE[1] and width > SIZE[0]
  assert [round(20 * frame.seconds) for frame in found] == list(range(36))
  for frame, source in zip(found, video.read(made / "a.avi"), strict=True):
    # Below the faces and above the word nothing is drawn.
    part = np.s_[100:180, : SIZE[0]]
    difference = frame.image[part].astype(int) - source.image[part]
    assert np.abs(difference).mean() < 6
  assert [path.name for path in tmp_path.iterdir()] == [output.name]


@pytest.mark.parametrize("size", [(320, 240), (641, 361), (1920, 1080)])
def test_panels_follow_the_table(tmp_path, size):
  predictions.paint(tmp_path / "b.png", size=size)
  table = [
    predictions.row("b.png", 0, face, scores, box=(100 * face + 40, 40, 60, 80))
    for face, scores in enumerate([(0.9, 0.2, 0.0), (0.1, 1.0, 0.6)])
  ]
  path = predictions.write(tmp_path / "out.csv", table)
  annotate.write(path, "b.png", tmp_path / "out.png")
  strip = cv2.imread(str(tmp_path / "out.png"))[:, size[0] :, ::-1].astype(int)
  spans = []
  for colour in annotate.COLOURS[:2]:
    drawn = np.abs(strip - colour).sum(2) < 12
    rows, columns = np.flatnonzero(drawn.any(1)), np.flatnonzero(drawn.any(0))
    spans.append((rows[0], rows[-1], columns[0], columns[-1]))
    # The longest run of a colour is the bar of its highest score.
    assert drawn.sum() > 200
  (top, bottom, left, right), (other_top, _, other_left, _) = spans
  assert other_top > bottom or other_left > right
  assert not np.abs(strip - annotate.COLOURS[2]).sum(2).min() < 12


def test_a_bar_is_as_long_as_its_score(tmp_path):
  predictions.paint(tmp_path / "b.png", size=SIZE)
  lengths = []
  for number, score in enumerate((0.5, 0.75, 1.0)):
    table = [predictions.row("b.png", 0, 0, (0.0, score, 0.0))]
    path = predictions.write(tmp_path / f"{number}.csv", table)
    annotate.write(path, None, tmp_path / f"{number}.png")
    image = cv2.imread(str(tmp_path / f"{number}.png"))[..., ::-1].astype(int)
    strip = np.abs(image[:, SIZE[0] :] - annotate.COLOURS[0]).sum(2) < 6
    lengths.append(strip.sum(1).max())
  np.testing.assert_allclose(
    np.array(lengths) / lengths[-1], [0.5, 0.75, 1], atol=0.03
  )


def test_a_frame_without_a_face_says_so(made, tmp_path):
  annotate.write(made / "one.csv", None, tmp_path / "out.avi")
  found = [
    frame.image.astype(int) for frame in video.read(tmp_path / "out.avi")
  ]
  corner = np.s_[-30:, :60]
  assert np.abs(found[12][corner] - found[9][corner]).mean() > 40
  # Nothing is left of the panels.
  assert np.ptp(found[12][:, SIZE[0] + 4 :]) < 30
  assert np.ptp(found[9][:, SIZE[0] + 4 :]) > 150


def test_more_faces_than_panels_keep_their_boxes(tmp_path):
  predictions.paint(tmp_path / "b.png", size=SIZE)
  table = [
    predictions.row(
      "b.png", 0, face, (0.9, 0.9, 0.9), box=(15 * face, 99, 9, 9)
    )
    for face in range(20)
  ]
  path = predictions.write(tmp_path / "out.csv", table)
  annotate.write(path, None, tmp_path / "out.png")
  image = cv2.imread(str(tmp_path / "out.png")).astype(int)
  for face in range(20):
    box = image[95:112, 15 * face : 15 * face + 12]
    assert np.abs(box - 128).max() > 60


@pytest.mark.parametrize("size", [(64, 48), (64, 49), (49, 64)])
def test_sides_are_even_and_a_small_video_gets_room(tmp_path, size):
  layout.write_video(tmp_path / "a.avi", 3, size=size)
  size = next(video.read(tmp_path / "a.avi")).image.shape[1::-1]
  table = [
    predictions.row("a.avi", frame, 0, (0.1, 0.6, 0.9)) for frame in range(3)
  ]
  path = predictions.write(tmp_path / "out.csv", table)
  annotate.write(path, None, tmp_path / "out.mp4")
  height, width = next(video.read(tmp_path / "out.mp4")).image.shape[:2]
  assert height % 2 == width % 2 == 0
  assert height >= size[1] and width > size[0]


def test_a_source_is_found_by_name_or_path(made, tmp_path):
  for number, source in enumerate(["b.png", made / "b.png"]):
    annotate.write(made / "all.csv", source, tmp_path / f"{number}.jpg")
  files = [path.read_bytes() for path in sorted(tmp_path.iterdir())]
  assert files[0] == files[1]


@pytest.mark.parametrize(
  ("table", "source", "output", "said"),
  [
    ("all.csv", None, "c.mp4", "expected the name of one of the 2 inputs"),
    ("all.csv", "x.mp4", "c.mp4", "got x.mp4; it holds a.avi, b.png"),
    ("all.csv", "a.avi", "c.mkv", "ends with .mp4 or .avi, got"),
    ("all.csv", "a.avi", "c.png", "ends with .mp4 or .avi, got"),
    ("all.csv", "b.png", "c.mp4", "ends with .png or .jpg or .jpeg, got"),
    ("all.csv", "b.png", "no/c.png", "expected a folder at"),
    ("all.csv", "b.png", "there.png", "--overwrite"),
  ],
)
def test_errors_are_one_sentence(made, tmp_path, table, source, output, said):
  (tmp_path / "there.png").write_text("mine")
  with pytest.raises((OSError, ValueError), match=said):
    annotate.write(made / table, source, tmp_path / output)
  assert (tmp_path / "there.png").read_text() == "mine"
  assert len(list(tmp_path.iterdir())) == 1


def test_what_is_there_is_replaced_if_asked(made, tmp_path):
  (tmp_path / "c.png").write_text("mine")
  annotate.write(made / "all.csv", "b.png", tmp_path / "c.png", overwrite=True)
  assert cv2.imread(str(tmp_path / "c.png")) is not None


def test_a_source_that_is_gone_is_one_sentence(tmp_path):
  table, _ = predictions.two_faces("gone.avi")
  path = predictions.write(tmp_path / "out.csv", table)
  with pytest.raises(FileNotFoundError, match="gone.avi, found no such file"):
    annotate.write(path, None, tmp_path / "c.mp4")


def test_a_video_that_ends_with_an_error_leaves_nothing(tmp_path):
  (tmp_path / "a.avi").write_bytes(b"no video")
  table, _ = predictions.two_faces("a.avi")
  path = predictions.write(tmp_path / "out.csv", table)
  with pytest.raises(ValueError, match="OpenCV decodes"):
    annotate.write(path, None, tmp_path / "c.mp4")
  names = sorted(found.name for found in tmp_path.iterdir())
  assert names == ["a.avi", "out.csv"]


def test_the_source_is_never_replaced(made):
  before = (made / "b.png").read_bytes()
  with pytest.raises(ValueError, match="got .*b.png for both"):
    annotate.write(made / "all.csv", "b.png", made / "b.png", overwrite=True)
  assert (made / "b.png").read_bytes() == before


def test_a_full_disk_is_one_sentence(made, tmp_path, monkeypatch):
  monkeypatch.setattr(annotate, "_count", lambda path: 35)
  with pytest.raises(OSError, match="every frame of a.avi, but"):
    annotate.write(made / "one.csv", None, tmp_path / "c.mp4")
  assert not list(tmp_path.iterdir())


def test_a_picture_too_small_for_words(tmp_path):
  predictions.paint(tmp_path / "b.png", size=(6, 5))
  table = [predictions.row("b.png", 0, None, None)]
  path = predictions.write(tmp_path / "out.csv", table)
  annotate.write(path, None, tmp_path / "out.png")
  assert cv2.imread(str(tmp_path / "out.png")).shape == (6, 6, 3)
