"""The page shows what the table holds, in a browser, and is not too large."""

import base64
import dataclasses
import pathlib
import re

import cv2
import numpy as np
import pytest

from aujax.prediction import finished, timeline
from aujax.prediction.timeline import page as page_lib
from aujax.prediction.timeline import thumbnails, tracks
from tests import chromium
from tests.data import layout
from tests.prediction import predictions

FRAMES = 36


@pytest.fixture(scope="module")
def made(tmp_path_factory):
  """Path of a page of a video with two faces and three pictures, and scores."""
  folder = tmp_path_factory.mktemp("made")
  layout.write_video(folder / "a.avi", FRAMES)
  table, scores = predictions.two_faces("a.avi", frames=FRAMES)
  for name, faces in (
    ("b.png", 1),
    ("c_with_a_long_name.png", 2),
    ("d.png", 0),
  ):
    predictions.paint(folder / name)
    for face in range(faces):
      table.append(predictions.row(name, 0, face, (0.9, 0.2, 0.7)))
    if not faces:
      table.append(predictions.row(name, 0, None, None))
  predictions.write(folder / "out.csv", table)
  timeline.write(folder / "out.csv", folder / "out.html")
  return folder / "out.html", scores


def _long(num_frames, *, num_aus=12, faces=1, name="a.mp4", seed=0):
  rng = np.random.default_rng(seed)
  frame = np.repeat(np.arange(num_frames), faces)
  scores = rng.uniform(size=(len(frame), num_aus))
  return finished.Input(
    name=name,
    path=pathlib.Path("nowhere", name),
    aus=tuple(range(1, num_aus + 1)),
    frame=frame,
    seconds=frame / 25,
    face=np.tile(np.arange(faces), num_frames),
    box=np.full((len(frame), 4), 9.0),
    scores=scores,
    present=(scores >= 0.5).astype(np.int8),
  )


def test_hovering_shows_the_numbers_of_the_table(made, visit):
  path, scores = made
  page = visit(path)
  rows = page.locator(".tracks .row[data-au]")
  assert rows.count() == 6
  box = page.locator(".tracks svg").first.bounding_box()
  for frame in (0, 7, 12, 17, 30, 35):
    x = box["width"] * (frame + 0.5) / FRAMES
    page.locator(".tracks svg").nth(2).hover(position={"x": x, "y": 9})
    assert f"frame {frame}" in page.locator(".reading .time").inner_text()
    said = page.locator(".reading").inner_text()
    assert said.startswith(f"{frame / 20:.2f} s")
    for number, (face, au) in enumerate(
      (f, a) for f in (0, 1) for a in range(3)
    ):
      cell = rows.nth(number).locator(".at-cursor")
      score = scores[face].get(frame)
      wanted = f"{score[au]:.2f}" if score else "–"
      assert cell.inner_text() == wanted
      is_present = bool(score) and score[au] >= predictions.THRESHOLD
      assert ("is-present" in cell.get_attribute("class")) == is_present
      name = f"AU{predictions.AUS[au]:02d}"
      line = page.locator(".reading p").nth(1 + face).inner_text()
      assert (name in line) == is_present
      assert ("not there" in line) == (score is None)


def test_events_and_gaps_are_drawn(made, visit):
  path, scores = made
  page = visit(path)
  spans = (
    "all => all.map(r => [+r.getAttribute('x'), +r.getAttribute('width')])"
  )
  for number, (face, au) in enumerate((f, a) for f in (0, 1) for a in range(3)):
    row = page.locator(".tracks .row[data-au]").nth(number)
    for selector, holds in (
      ("rect.field", lambda score: True),
      (f"rect.s{face + 1}", lambda s, au=au: s[au] >= predictions.THRESHOLD),
    ):
      on = [f in scores[face] and holds(scores[face][f]) for f in range(FRAMES)]
      edges = np.flatnonzero(np.diff(np.r_[0, on, 0])).reshape(-1, 2)
      wanted = [[int(a), int(b - a)] for a, b in edges]
      assert row.locator(selector).evaluate_all(spans) == wanted


def test_the_cursor_moves_by_keyboard_and_comes_closer(made, visit):
  page = visit(made[0])
  body = page.get_by_role("slider", name="Time in a.avi")
  body.focus()
  for key in ("ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft"):
    page.keyboard.press(key)
  assert body.get_attribute("aria-valuenow") == "1"
  assert body.get_attribute("aria-valuetext").startswith(
    "0.05 s frame 1; Face 0"
  )
  page.keyboard.press("End")
  assert "frame 35" in page.locator(".reading").inner_text()
  page.keyboard.press("+")
  assert body.get_attribute("aria-valuemax") == "19"
  assert "frame 35" in page.locator(".reading").inner_text()
  page.keyboard.press("Home")
  assert "frame 16" in page.locator(".reading").inner_text()
  page.keyboard.press("ArrowLeft")
  assert "frame 15" in page.locator(".reading").inner_text()
  page.get_by_role("button", name="Earlier").click()
  page.get_by_role("button", name="Whole video").click()
  assert body.get_attribute("aria-valuemax") == "35"
  assert page.locator("[data-zoom=out]").is_disabled()


def test_the_frame_nearest_to_the_cursor_is_shown(made, visit):
  page = visit(made[0])
  still = page.locator(".still")
  found = set()
  for key in ("Home", "End"):
    page.locator(".tracks").focus()
    page.keyboard.press(key)
    found.add(still.get_attribute("src"))
    seconds = float(re.search(r"[\d.]+", still.get_attribute("alt")).group())
    assert abs(seconds - (0 if key == "Home" else 1.75)) <= 0.1
    assert still.evaluate("img => img.naturalWidth") == 64
  assert len(found) == 2


def test_aus_are_chosen_everywhere(made, visit):
  page = visit(made[0])
  page.locator(".chips").get_by_text("AU04").click()
  shown = page.locator(".tracks .row[data-au]:visible .name")
  texts = [text.split("\n")[0] for text in shown.all_inner_texts()]
  assert texts == ["AU01", "AU12"] * 2
  page.get_by_role("button", name="None", exact=True).click()
  assert shown.count() == 0
  assert page.locator(".cards .au:visible").count() == 0
  page.locator(".chips").get_by_text("AU12").click()
  assert shown.count() == 2
  assert page.locator(".cards .au:visible").count() == 3
  page.get_by_role("button", name="All", exact=True).click()
  assert shown.count() == 6


@pytest.mark.parametrize("width", [320, 400, 1280])
@pytest.mark.parametrize("script", [True, False], ids=["script", "none"])
def test_nothing_is_wider_than_the_window(made, visit, script, width):
  page = visit(made[0], width, java_script_enabled=script)
  if script:
    page.locator(".tracks").focus()
    page.keyboard.press("ArrowRight")
    page.evaluate(
      "document.querySelectorAll('details').forEach(d => d.open = 1)"
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= width
  for part in page.locator("main > section, header, footer, figure").all():
    if box := part.bounding_box():
      assert box["x"] >= 0 and box["x"] + box["width"] <= width


def test_it_reads_without_scripts_and_prints(made, visit):
  page = visit(made[0], java_script_enabled=False)
  assert page.locator(".tool:visible").count() == 0
  assert page.locator(".film img:visible").count() == 24
  page.get_by_text("Numbers of face 0").click()
  assert page.locator(".aus tbody tr:visible").count() == 3
  page = visit(made[0])
  page.emulate_media(media="print")
  assert page.locator(".player:visible, .controls:visible").count() == 0
  assert page.locator(".tracks path.score:visible").count() >= 6
  assert page.pdf().startswith(b"%PDF")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_letters_stand_out(made, visit, scheme):
  page = visit(made[0], color_scheme=scheme)
  paper = "getComputedStyle(document.body).backgroundColor"
  read = f"e => [getComputedStyle(e).color, {paper}]"
  for selector in (
    ".subtitle",
    ".tracks .name small",
    ".at-cursor",
    ".cards p",
  ):
    text, ground = page.locator(selector).first.evaluate(read)
    assert chromium.contrast(text, ground) >= 4.5


def test_it_says_what_it_is_made_of(made):
  text = made[0].read_text()
  assert "1 video of 36 frames and 1.8 s, 3 pictures, 3 Action Units." in text
  assert "2 faces, 3 frames (8 %) without a face." in text
  assert not re.search(r"""(src|href)=["']?(http|//)""", text)


def test_an_hour_is_kept_small_and_loses_nothing_short(tmp_path, visit):
  hour = _long(90_000, faces=2)
  hour.scores[:], hour.present[:] = 0.1, 0
  hour.scores[2 * 45_678, 3], hour.present[2 * 45_678, 3] = 0.97, 1
  path = tmp_path / "hour.html"
  path.write_text(page_lib.render([hour], "out.csv"))
  assert path.stat().st_size < 3_000_000
  page = visit(path)
  row = page.locator(".tracks .row[data-au='3']").first
  assert row.locator("rect.s1").count() == 1
  page.locator(".tracks").focus()
  box = row.locator("svg").bounding_box()
  at = (45_678 + 0.5) / 90_000 * box["width"]
  row.locator("svg").hover(position={"x": at, "y": 9})
  assert (
    row.locator(".at-cursor").inner_text().replace("\u200b", "") == "0.10–0.97"
  )
  for _ in range(12):
    page.keyboard.press("+")
  assert page.locator(".reading .time").inner_text().startswith("30:2")


def test_many_videos_and_pictures_are_bounded():
  many = [_long(500, name=f"{i}.mp4", seed=i) for i in range(90)]
  many += [_long(1, name=f"{i}.png") for i in range(500)]
  text = page_lib.render(many, "out.csv")
  assert len(text) < 3_000_000
  assert "Videos that are not shown" in text and "89.mp4" in text
  assert "The first 240 of 500." in text


def test_thumbnails_have_room_for_all(tmp_path):
  rng = np.random.default_rng(0)
  found = []
  for number in range(3):
    picture = rng.integers(0, 256, (480, 640, 3), np.uint8)
    path = tmp_path / f"{number}.png"
    cv2.imwrite(str(path), picture)
    found.append(dataclasses.replace(_long(1), path=path))
  taken, _ = thumbnails.take(found)
  for (one,) in taken:
    assert (one.width, one.height) == (256, 192)
    assert len(one.uri) <= 12_000


@pytest.mark.parametrize("columns", [1_000, 100, 7])
def test_columns_hold_the_extremes(columns):
  video = _long(300, num_aus=2)
  found = tracks.thinned(video, columns)
  length = found["columns"]
  per = -(-300 // length)
  (face,) = found["faces"]
  low, high = (
    np.frombuffer(base64.b64decode(face[key]), np.uint8).reshape(2, length).T
    for key in ("low", "high")
  )
  for column in range(length):
    rows = slice(per * column, per * (column + 1))
    scores, present = video.scores[rows], video.present[rows] == 1
    hundredths = np.floor(100 * scores + 0.5)
    np.testing.assert_array_equal(low[column] & 127, hundredths.min(0))
    np.testing.assert_array_equal(high[column] & 127, hundredths.max(0))
    np.testing.assert_array_equal(low[column] > 127, (~present).any(0))
    np.testing.assert_array_equal(high[column] > 127, present.any(0))


def test_events_are_counted_by_hand(tmp_path):
  on = {0: (0, 1, 2, 5, 6, 9)}
  table = []
  for frame in range(12):
    if frame == 6:
      table.append(predictions.row("a.avi", frame, None, None))
      continue
    score = 0.75 if frame in on[0] else 0.25
    table.append(predictions.row("a.avi", frame, 4, (score, 0.0, 1.0)))
  (video,) = finished.read(predictions.write(tmp_path / "out.csv", table))
  one, never, always = tracks.summaries(video, 4)
  assert (one.name, one.about) == ("AU01", "Inner brow raiser")
  assert one.events == 3 and one.share == 5 / 11
  assert one.longest == pytest.approx(0.15)
  assert one.mean == pytest.approx((5 * 0.75 + 6 * 0.25) / 11)
  assert (never.events, never.share, never.longest) == (0, 0, 0)
  assert always.events == 2 and always.longest == pytest.approx(0.3)


@pytest.mark.parametrize(
  ("output", "said"),
  [
    ("page.pdf", "ends with .html, got"),
    ("no/page.html", "expected a folder at"),
    ("there.html", "--overwrite"),
  ],
)
def test_errors_are_one_sentence(made, tmp_path, output, said):
  (tmp_path / "there.html").write_text("mine")
  with pytest.raises((OSError, ValueError), match=said):
    timeline.write(made[0].with_name("out.csv"), tmp_path / output)
  assert (tmp_path / "there.html").read_text() == "mine"
  timeline.write(
    made[0].with_name("out.csv"), tmp_path / "there.html", overwrite=True
  )
  assert (tmp_path / "there.html").read_text() == made[0].read_text()
