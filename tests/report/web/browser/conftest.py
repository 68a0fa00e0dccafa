"""Pages to try in a browser."""

import json
import shutil

import numpy as np
import pytest

from aujax import report
from aujax.evaluation import scores as scores_lib
from aujax.report.web import html


@pytest.fixture(scope="session")
def odd(tmp_path_factory, make):
  """Scores on thresholds, thresholds off the slider's, gaps, an absent AU."""
  folder = make(
    tmp_path_factory.mktemp("odd"), folds=2, repeats=2, frames=30, truth=False
  )
  shutil.rmtree(folder / "robin_hood/fold1/repeat1")
  for number, path in enumerate(sorted(folder.rglob("scores.parquet"))):
    scores = scores_lib.read(path)
    scores.scores[:] = np.round(scores.scores, 2)
    scores.labels[:, 1] = np.minimum(scores.labels[:, 1], 0)
    scores.labels[:, 2] = -1
    scores_lib.write(path, scores)
    settings = json.loads((path.parent / "trial.json").read_text())
    tested = [0.405 + 0.01 * (i + number) for i in range(len(scores.aus))]
    settings["threshold"] = tested
    (path.parent / "trial.json").write_text(json.dumps(settings))
  return folder


@pytest.fixture(scope="session")
def pages(browser, tmp_path_factory, complete, odd):
  """(results, path of the page) of both, made only if there is a browser."""
  del browser
  folder = tmp_path_factory.mktemp("pages")
  found = {}
  for name, workdir in (("complete", complete), ("odd", odd)):
    results = report.load(workdir)
    (folder / f"{name}.html").write_text(html.render(results))
    found[name] = results, folder / f"{name}.html"
  return found


@pytest.fixture(scope="session")
def move():
  """Moves a slider as a hand does."""

  def move(slider, value):
    slider.evaluate(
      """(input, value) => {
        input.value = value;
        input.dispatchEvent(new Event("input", { bubbles: true }));
      }""",
      value,
    )

  return move
