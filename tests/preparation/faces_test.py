import cv2
import numpy as np
import pytest
from scipy import io

from aujax import preparation
from aujax.data import disfa, images, records
from aujax.data import table as table_lib
from aujax.faces import align, finder
from aujax.preparation import crops
from tests.data import layout
from tests.faces import pictures

SIZE, MARGIN = 112, 0.2


def table_of(keys):
  keys = np.array(keys)
  labels, frames = np.zeros((len(keys), 1)), np.arange(len(keys))
  return table_lib.Table((1,), keys, labels, keys, keys, frames)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
  """A video that shows a face in all frames but some, and three pictures."""
  root = tmp_path_factory.mktemp("faces")
  still, _ = pictures.frame(2)
  empty = pictures.background(np.random.default_rng(0))
  frames = [np.roll(still, t, 1) for t in range(8)] + [empty] * 3
  size = (pictures.WIDTH, pictures.HEIGHT)
  writer = cv2.VideoWriter(
    str(root / "a.avi"), cv2.VideoWriter_fourcc(*"MJPG"), 20, size
  )
  for frame in frames:
    writer.write(frame[..., ::-1])
  writer.release()
  two, _ = pictures.frame(3, sizes=(110, 150))
  for name, picture in {
    "one.png": pictures.frame(1)[0],
    "two.png": two[:200],
    "empty.png": empty,
  }.items():
    cv2.imwrite(str(root / name), picture[..., ::-1])
  return root


@pytest.fixture(scope="module")
def opened(root, tmp_path_factory):
  keys = [f"a.avi#{t}" for t in range(11)]
  table = table_of([*keys, "one.png", "empty.png", "gone.png", "two.png"])
  recipe = preparation.Recipe(
    size=SIZE, alignment="mtcnn", margin=MARGIN, every=4
  )
  directory = tmp_path_factory.mktemp("out") / "r"
  preparation.prepare(table, root, directory, recipe, workers=1)
  return records.open_(directory)


def test_the_records_say_how_faces_were_cut(opened):
  assert opened.alignment == "mtcnn" and opened.margin == MARGIN


def test_rows_without_a_face_are_skipped(opened):
  keys = [f"a.avi#{t}" for t in range(8)]
  assert opened.table.image.tolist() == [*keys, "one.png", "two.png"]
  skipped = (opened.source.directory / "skipped.csv").read_text().splitlines()
  reasons = [line.rpartition(",")[2] for line in skipped[1:]]
  assert reasons == [crops.NO_FACE] * 4 + [crops.NO_FILE]


def test_eyes_lie_on_the_template(opened):
  faces = finder.Finder(every=1)
  template = align.template(SIZE, margin=MARGIN)
  for row in range(len(opened.table)):
    fitted = finder.fit(opened.picture(row))
    (found,) = faces.find(fitted.image[None])
    assert len(found.boxes) == 1
    eyes = found.landmarks[0, :2]
    apart = np.linalg.norm(eyes - template[:2], axis=1).max()
    assert apart < 0.15 * (template[1, 0] - template[0, 0])


def test_the_largest_face_is_taken(root, opened):
  two = cv2.imread(str(root / "two.png"), cv2.IMREAD_COLOR_RGB)
  faces = finder.Finder(every=1)
  fitted = finder.fit(two, on_canvas=True).image[None]
  (found,) = faces.find(fitted)
  assert len(found.boxes) == 2
  sides = found.boxes[:, 2] - found.boxes[:, 0]
  cut = faces.cut(fitted, [found], size=SIZE, margin=MARGIN)
  expected = cut[np.argmax(sides)].astype(int)
  assert np.abs(opened.picture(9) - expected).mean() < 3


def test_frames_apart_are_searched_one_by_one(root, tmp_path):
  table = table_of([f"a.avi#{t}" for t in (0, 3, 6)])
  recipe = preparation.Recipe(size=SIZE, alignment="mtcnn", lossless=True)
  preparation.prepare(table, root, tmp_path / "r", recipe, workers=1)
  opened = records.open_(tmp_path / "r")
  faces = finder.Finder(every=1)
  for row, frame in enumerate(images.read(root, table.image)):
    (alone,) = faces.cut(frame[None], faces.find(frame[None]), size=SIZE)
    np.testing.assert_array_equal(opened.picture(row), alone)


def test_landmarks_of_the_dataset(tmp_path):
  layout.write_disfa(tmp_path, ["SN001"], (1,), rows=4)
  table = disfa.read(tmp_path, aus=(1,))
  with pytest.raises(FileNotFoundError, match="Landmark_Points"):
    prepare_by_landmarks(table, tmp_path)
  points = align.template(20) + 15
  write_landmarks(tmp_path, "SN001_0000_lm.mat", points)
  write_landmarks(tmp_path, "SN001_0001_lm.mat", 0 * points)
  write_landmarks(tmp_path, "SN001_0003_lm.mat", 0.5 * points)
  opened = prepare_by_landmarks(table, tmp_path)
  assert opened.alignment == "landmarks"
  assert opened.table.frame.tolist() == [1, 4]
  frames = list(images.read(tmp_path, table.image))
  for row, (frame, scale) in enumerate([(0, 1), (3, 0.5)]):
    picture = finder.fit(frames[frame]).image
    crop = align.crop(picture[None], scale * points[None], size=32)
    np.testing.assert_array_equal(opened.picture(row), crop[0])
  skipped = (opened.source.directory / "skipped.csv").read_text()
  assert skipped.count(crops.NO_LANDMARKS) == 2


def prepare_by_landmarks(table, root):
  recipe = preparation.Recipe(
    size=32, alignment="landmarks", dataset="disfa", lossless=True
  )
  preparation.prepare(table, root, root / "r", recipe, workers=1)
  return records.open_(root / "r")


def write_landmarks(root, name, five):
  """Writes 66 points of which the five that are used are known."""
  points = np.zeros((66, 2))
  points[36:42], points[42:48] = five[0], five[1]
  points[[30, 48, 54]] = five[2:]
  folder = root / "Landmark_Points" / "SN001"
  folder.mkdir(parents=True, exist_ok=True)
  io.savemat(folder / name, {"pts": points})
