import base64
import shutil

import cv2
import numpy as np
import pytest

from aujax import report
from aujax.report.web import html, insights

NAMES = ("saliency", "maximization", "divergence", "embedding")


@pytest.fixture
def run(complete, tmp_path):
  shutil.copytree(complete, tmp_path / "run")
  folder = tmp_path / "run/report/interpret"
  folder.mkdir(parents=True)
  rng = np.random.default_rng(0)
  for name in reversed(NAMES):
    picture = rng.integers(0, 255, (40, 60, 3), np.uint8)
    cv2.imwrite(str(folder / f"{name}.png"), picture)
  note = (
    "# What the network sees\n\nbaseline, fold 0;\n540 frames.\n\n## More\n"
  )
  (folder / "interpret.md").write_text(note)
  return tmp_path / "run"


def test_pictures_stand_in_the_page_in_order(run):
  results = report.load(run)
  found = insights.read(results)
  assert found.note == "baseline, fold 0; 540 frames."
  assert tuple(picture.name for picture in found.pictures) == NAMES
  kind, text = found.pictures[0].uri.split(",")
  assert kind == "data:image/webp;base64"
  content = np.frombuffer(base64.b64decode(text), np.uint8)
  picture = cv2.imdecode(content, cv2.IMREAD_COLOR)
  assert picture.shape == (40, 60, 3)
  page = html.render(results)
  assert page.count("data:image/webp") == 4
  assert "What the network sees" in page and found.note in page


def test_no_pictures_no_section(complete):
  results = report.load(complete)
  assert insights.read(results) is None
  assert "What the network sees" not in html.render(results)


def test_half_a_file_is_no_picture(run):
  path = run / "report/interpret/saliency.png"
  path.write_bytes(path.read_bytes()[:20])
  (run / "report/interpret/embedding.png").write_bytes(b"")
  found = insights.read(report.load(run))
  names = tuple(picture.name for picture in found.pictures)
  assert names == ("maximization", "divergence")


def test_pictures_are_bounded(run, monkeypatch):
  results = report.load(run)
  whole = sum(len(p.uri) for p in insights.read(results).pictures)
  monkeypatch.setattr(insights, "MOST_BYTES", whole - 1)
  assert sum(len(p.uri) for p in insights.read(results).pictures) < whole
  monkeypatch.setattr(insights, "MOST_BYTES", 100)
  assert insights.read(results) is None
