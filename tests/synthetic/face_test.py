import dataclasses
import hashlib
import math
import subprocess
import sys

import cv2
import numpy as np
import pytest

from aujax import action_units
from aujax.synthetic import capture, expression, face, identity, pose

AUS = action_units.SYNTHETIC
SUBJECTS = (0, 8, 17, 31, 36, 45)
PLAIN = capture.Capture()


@pytest.fixture(scope="module")
def faces():
  return {s: face.Face(identity.sample(0, s)) for s in SUBJECTS}


def intensities(**levels):
  values = np.zeros(len(AUS))
  for name, level in levels.items():
    values[AUS.index(action_units.parse(name))] = level
  return values


def shoot(head, values, taken=PLAIN, seed=0):
  return head.render(values, taken, rng=np.random.default_rng(seed))


def digest(seed):
  rng = np.random.default_rng(seed)
  taken = capture.sample(rng)
  head = face.Face(identity.sample(3, 7))
  picture = head.render(rng.uniform(0, 5, len(AUS)), taken, rng=rng)
  return hashlib.sha256(picture.tobytes()).hexdigest()


def test_picture_has_the_asked_size_and_type():
  for size in (64, 112, 150):
    picture = shoot(face.Face(identity.sample(0, 1), size=size), np.zeros(18))
    assert picture.shape == (size, size, 3)
    assert picture.dtype == np.uint8
    assert picture.std() > 20


def test_same_seed_gives_the_same_picture():
  assert digest(5) == digest(5)
  assert digest(5) != digest(6)


def test_another_process_gives_the_same_picture():
  code = (
    "import cv2, hashlib, numpy as np; cv2.setNumThreads(1);"
    "from aujax.synthetic import capture, face, identity;"
    "rng = np.random.default_rng(5);"
    "taken = capture.sample(rng);"
    "head = face.Face(identity.sample(3, 7));"
    "picture = head.render(rng.uniform(0, 5, 18), taken, rng=rng);"
    "print(hashlib.sha256(picture.tobytes()).hexdigest())"
  )
  done = subprocess.run(
    [sys.executable, "-c", code], capture_output=True, text=True, check=True
  )
  assert done.stdout.split()[-1] == digest(5)


def test_rendering_leaves_the_head_as_it_was(faces):
  head = faces[8]
  before = shoot(head, np.zeros(18))
  shoot(head, np.full(18, 5.0), capture.Capture(yaw=0.2, blink=1.0))
  np.testing.assert_array_equal(before, shoot(head, np.zeros(18)))


def test_the_smallest_intensity_is_nearly_neutral(faces):
  neutral = shoot(faces[8], np.zeros(18)).astype(float)
  faint = shoot(faces[8], np.full(18, 1e-5)).astype(float)
  assert np.abs(faint - neutral).mean() < 0.5


@pytest.mark.parametrize("au", AUS)
def test_change_rises_strictly_with_intensity(faces, au):
  for subject, head in faces.items():
    neutral = shoot(head, np.zeros(18)).astype(float)
    change = []
    for level in range(1, 6):
      values = intensities(**{action_units.name(au): level})
      gap = shoot(head, values).astype(float) - neutral
      change.append([np.abs(gap).mean(), np.sqrt((gap**2).mean())])
    steps = np.diff(np.array(change), axis=0)
    assert (steps > 0).all(), (au, subject, change)
    assert change[-1][1] > 1.5, (au, subject)


@pytest.mark.parametrize("au", [au for au in AUS if au != 9])
def test_au_changes_its_own_part_of_the_face(faces, au):
  upper = au in (1, 2, 4, 5, 6, 7)
  head = faces[17]
  gap = shoot(head, intensities(**{action_units.name(au): 5})).astype(float)
  gap = np.abs(gap - shoot(head, np.zeros(18))).mean(axis=2)
  # The middle of the nose lies .45 IOD under the eyes: row 48 + .45 * 32.
  above, below = gap[:62].sum(), gap[62:].sum()
  assert above > 2 * below if upper else below > 2 * above


def test_sizes_show_the_same_subject():
  for subject in SUBJECTS:
    small = shoot(face.Face(identity.sample(0, subject)), np.zeros(18))
    large = face.Face(identity.sample(0, subject), size=224)
    large = cv2.resize(
      shoot(large, np.zeros(18)), (112, 112), interpolation=cv2.INTER_AREA
    )
    gap = np.abs(small.astype(float) - large)
    assert gap.mean() < 2.5
    other = shoot(face.Face(identity.sample(0, subject + 1)), np.zeros(18))
    assert gap.mean() < 0.35 * np.abs(small.astype(float) - other).mean()


@pytest.mark.parametrize(
  "values, said",
  [
    (intensities(AU06=5.1), "AU06"),
    (intensities(AU12=-0.1), "AU12"),
    (intensities(AU01=math.nan), "AU01"),
    (np.zeros(17), r"\[17\]"),
  ],
)
def test_wrong_intensities_are_refused(faces, values, said):
  with pytest.raises(ValueError, match=said):
    shoot(faces[8], values)
  with pytest.raises(ValueError, match=said):
    faces[8].landmarks(values, PLAIN)


def test_size_too_small_is_refused():
  with pytest.raises(ValueError, match="32"):
    face.Face(identity.sample(0, 0), size=31)


def test_landmarks_lie_inside_the_picture(faces):
  rng = np.random.default_rng(0)
  for head in faces.values():
    for _ in range(20):
      values = rng.uniform(0, 5, 18) * (rng.random(18) < 0.3)
      points = head.landmarks(values, capture.sample(rng))
      eyes_and_mouth = points[:5]
      assert (eyes_and_mouth > 0).all() and (eyes_and_mouth < 111).all()


def test_plain_eyes_lie_where_the_capture_says(faces):
  points = faces[8].landmarks(np.zeros(18), PLAIN)
  right, left = points[:2]
  middle = (right + left) / 2
  np.testing.assert_allclose(middle, [55.5, 112 * 0.43 - 0.5], atol=0.6)
  np.testing.assert_allclose(left - right, [0.285 * 112, 0], atol=0.3)


def test_landmarks_of_a_symmetric_face_mirror_with_the_pose():
  who = dataclasses.replace(identity.sample(0, 8), asymmetry=0.0)
  head = face.Face(who)
  values = intensities(AU12=4, AU26=3)
  turned = capture.Capture(yaw=0.2, pitch=0.1, roll=0.15, shift_x=0.1)
  back = capture.Capture(yaw=-0.2, pitch=0.1, roll=-0.15, shift_x=-0.1)
  here, there = head.landmarks(values, turned), head.landmarks(values, back)
  mirrored = there[[1, 0, 2, 4, 3, 5]]
  np.testing.assert_allclose(here[:, 0], 111 - mirrored[:, 0], atol=1e-3)
  np.testing.assert_allclose(here[:, 1], mirrored[:, 1], atol=1e-3)


def test_picture_shows_what_the_landmarks_say(faces):
  """The inverse maps, asked at a projected place, give that place back."""
  head = faces[17]
  rng = np.random.default_rng(1)
  for _ in range(10):
    taken = dataclasses.replace(
      capture.sample(rng), yaw=rng.uniform(-0.26, 0.26)
    )
    places = np.array([[-0.5, 0.0], [0.5, 0.0], [0.3, 1.1], [0.0, 0.55]])
    skew = head.identity.asymmetry
    pixels = pose.project(places, taken, size=112, asymmetry=skew)
    maps = pose.inverse_maps(taken, head._canvas, size=112, asymmetry=skew)
    for place, (x, y) in zip(places, pixels, strict=True):
      found = [
        cv2.remap(m, np.float32([[x]]), np.float32([[y]]), cv2.INTER_LINEAR)
        for m in maps
      ]
      columns = head._canvas.shape[1]
      across = (float(found[0].item()) + 0.5 - columns / 2) / 40
      down = (float(found[1].item()) + 0.5) / 40 - 2.0
      np.testing.assert_allclose([across, down], place, atol=0.03)


def test_jaw_drop_moves_the_chin_and_a_smile_the_corners(faces):
  head = faces[8]
  neutral = head.landmarks(np.zeros(18), PLAIN)
  dropped = head.landmarks(intensities(AU26=5), PLAIN)
  smile = head.landmarks(intensities(AU12=5), PLAIN)
  assert dropped[5, 1] - neutral[5, 1] > 6
  assert smile[4, 0] > neutral[4, 0] + 2 and smile[4, 1] < neutral[4, 1] - 3
  np.testing.assert_allclose(dropped[:2], neutral[:2], atol=1e-4)


def test_only_au_25_parts_the_lips():
  closed = [n for n in AUS if n not in (25, 26)]
  rng = np.random.default_rng(3)
  for _ in range(10):
    values = intensities(
      **{action_units.name(au): rng.uniform(0, 5) for au in closed}, AU26=5
    )
    moves = expression.read(values)
    assert moves.gap_up == 0.0 and moves.gap_down == 0.0
  assert expression.read(intensities(AU25=2)).gap_down > 0.02


def test_noise_comes_from_the_generator(faces):
  noisy = capture.Capture(noise=0.05)
  one = shoot(faces[8], np.zeros(18), noisy, seed=1)
  two = shoot(faces[8], np.zeros(18), noisy, seed=2)
  assert (one == shoot(faces[8], np.zeros(18), noisy, seed=1)).all()
  assert 3 < (one.astype(float) - two).std() < 40
