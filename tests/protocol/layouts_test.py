"""The whole way, from a dataset's layout to the report's page."""

import cv2
import numpy as np
import pytest

from aujax import action_units, protocol, report
from aujax.data import bp4d, disfa, images, manifest, records
from aujax.evaluation import scores as scores_lib
from aujax.synthetic import videos
from tests.protocol import miniature

AUS = (4, 12, 25)
FRAMES = 12


@pytest.fixture(scope="module")
def original(tmp_path_factory):
  """Synthetic videos in DISFA's layout, and their table."""
  root = tmp_path_factory.mktemp("disfa")
  request = videos.Request(
    num_subjects=6, num_frames=FRAMES, size=32, fps=1.0, seed=1
  )
  videos.write(root, videos.script(request), processes=1, progress=False)
  return root, disfa.read(root, aus=AUS)


def as_bp4d(root, original):
  """A folder of pictures for each task, and a column for each number."""
  source, table = original
  pictures = images.read(source, table.image)
  lines = {}
  for row, picture in enumerate(pictures):
    subject = table.subject[row]
    (root / subject / "T1").mkdir(parents=True, exist_ok=True)
    path = root / subject / "T1" / f"{2000 + table.frame[row]}.png"
    cv2.imwrite(str(path), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    codes = dict(zip(AUS, table.labels[row].tolist(), strict=True))
    cells = [2000 + table.frame[row], *(codes.get(k, 9) for k in range(1, 28))]
    lines.setdefault(subject, []).append(",".join(map(str, cells)))
  folder = root / "AUCoding" / "AU_OCC"
  folder.mkdir(parents=True)
  header = ",".join(map(str, range(28)))
  for subject, rows in lines.items():
    (folder / f"{subject}_T1.csv").write_text("\n".join([header, *rows]))
  return bp4d.read(root, aus=AUS, images="{subject}/{task}/{frame}.png")


def as_manifest(root, original):
  """The videos under another name, and one file with all labels."""
  source, table = original
  (root / "clips").mkdir()
  for path in (source / videos.VIDEOS).iterdir():
    (root / "clips" / path.name).write_bytes(path.read_bytes())
  names = ",".join(action_units.name(au) for au in AUS)
  lines = [f"path,subject,{names}"]
  for key, subject, labels in zip(
    table.image, table.subject, table.labels, strict=True
  ):
    path = key.replace(videos.VIDEOS, "clips")
    lines.append(",".join([path, subject, *map(str, labels)]))
  (root / "manifest.csv").write_text("\n".join(lines) + "\n")
  return manifest.read(root)


def crossvalidate(table, root, folder):
  """Prepares, cross-validates and reports; returns fold 0's test scores."""
  records.write(table, root, folder / "records", size=16)
  config = miniature.config(folder / "records")
  config.aus = AUS
  config.methods = {"baseline": {"loss": "baseline"}}
  config.num_epochs = 1
  workdir = folder / "run"
  experiment = protocol.crossvalidate(config, workdir, say=lambda _: None)
  assert not experiment.failures
  report.write(workdir, output=folder / "page")
  assert "AU12" in (folder / "page" / "index.html").read_text()
  trial = experiment.trials[0].directory(workdir)
  return scores_lib.read(trial / "scores.parquet")


@pytest.fixture(scope="module")
def expected(original, tmp_path_factory):
  root, table = original
  assert table.labels.any() and len(table) == 6 * FRAMES
  return crossvalidate(table, root, tmp_path_factory.mktemp("way"))


@pytest.mark.parametrize("layout", [as_bp4d, as_manifest])
def test_every_layout_leads_to_the_same_scores(
  layout, original, expected, tmp_path
):
  root = tmp_path / "data"
  root.mkdir()
  table = layout(root, original)
  found = crossvalidate(table, root, tmp_path)
  np.testing.assert_array_equal(found.subject, expected.subject)
  np.testing.assert_array_equal(found.labels, expected.labels)
  np.testing.assert_array_equal(found.scores, expected.scores)
