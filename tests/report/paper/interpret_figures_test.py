import cv2
import numpy as np
import pytest
from matplotlib import colors

from aujax import action_units
from aujax.report.paper import interpret_figures, print_style
from tests.report.paper import letters

RED = 255 * np.array(colors.to_rgb("#d55e00"))
NAMES = ("maximization", "saliency", "divergence", "embedding")


def draw(name, aus):
  rng = np.random.default_rng(0)
  if name == "maximization":
    pictures = rng.normal(size=(len(aus), 16, 16, 3))
    return interpret_figures.maximization(aus, pictures)
  if name == "saliency":
    faces = rng.integers(0, 256, (len(aus), 16, 16, 3))
    maps = rng.random((len(aus), 16, 16))
    return interpret_figures.saliency(aus, faces, maps)
  if name == "divergence":
    values = {"Pixels": 1e6, "HOG": 4e5, "Network": 3e5}
    return interpret_figures.divergence(
      {k: v * rng.random(12) for k, v in values.items()}
    )
  return interpret_figures.embedding(
    {k: rng.normal(size=(90, 2)) for k in ("Pixels", "HOG", "Network")},
    au=aus[0],
    present=rng.random(90) < 0.2,
    subjects=np.repeat(list("abcdefghi"), 10),
  )


@pytest.mark.parametrize(
  "aus", [(12,), action_units.BP4D, action_units.SYNTHETIC], ids=len
)
@pytest.mark.parametrize("name", NAMES)
def test_no_letters_overlap_or_leave_the_picture(name, aus, monkeypatch):
  fig = draw(name, aus)
  boxes = letters.boxes(fig, monkeypatch)
  assert len(boxes) >= 2
  letters.assert_apart(fig, boxes)


@pytest.mark.parametrize("name", NAMES)
def test_files_are_of_a_columns_width_and_always_the_same(name):
  first, second = (
    print_style.encode(draw(name, action_units.DISFA), "png") for _ in range(2)
  )
  assert first == second
  picture = cv2.imdecode(np.frombuffer(first, np.uint8), cv2.IMREAD_COLOR)
  assert picture.shape[1] == 1050


def shown(axes):
  return np.asarray(axes.images[0].get_array())


def test_zero_is_grey_and_each_picture_has_its_own_reach():
  pictures = np.zeros((2, 4, 4, 3))
  pictures[0, 0], pictures[0, 1] = 2.0, -2.0
  pictures[1, 0], pictures[1, 1] = 0.2, -0.2
  axes = interpret_figures.maximization((1, 2), pictures).axes
  for tile in axes[:2]:
    np.testing.assert_allclose(shown(tile)[:, 0, 0], [1, 0, 0.5, 0.5])


def test_the_most_salient_is_red_and_what_is_below_the_median_is_not():
  face = np.full((1, 10, 10, 3), 255.0)
  maps = np.ones((1, 10, 10))
  maps[0, 3, 4] = 9.0
  tile = shown(interpret_figures.saliency((1,), face, maps).axes[0])
  np.testing.assert_allclose(255 * tile[3, 4], RED)
  others = np.ones((10, 10), bool)
  others[3, 4] = False
  np.testing.assert_allclose(tile[others], 1.0)


def test_dots_and_their_mean_stand_where_the_values_are():
  values = {"HOG": np.array([1.0, 3.0]), "Network": np.array([2.0, 5.0])}
  axes = interpret_figures.divergence(values).axes[0]
  drawn = [line.get_xydata().tolist() for line in axes.lines]
  assert drawn == [
    [[1, 0], [3, 0]],
    [[2, 0]],
    [[2, 1], [5, 1]],
    [[3.5, 1]],
  ]


def test_frames_are_coloured_by_au_above_and_by_subject_below():
  places = np.arange(8.0).reshape(4, 2)
  fig = interpret_figures.embedding(
    {"HOG": places},
    au=12,
    present=np.array([True, False, True, False]),
    subjects=np.array(list("aabb")),
  )
  above, below = (axes.collections[0] for axes in fig.axes)
  # What is present is drawn last.
  np.testing.assert_array_equal(above.get_offsets(), places[[1, 3, 0, 2]])
  is_red = np.isclose(255 * above.get_facecolors()[:, :3], RED).all(1)
  assert is_red.tolist() == [False, False, True, True]
  who = below.get_facecolors()
  np.testing.assert_array_equal(who[0], who[2])
  np.testing.assert_array_equal(who[1], who[3])
  assert not np.array_equal(who[0], who[1])
