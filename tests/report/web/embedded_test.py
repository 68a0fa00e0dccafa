import base64
import json

import numpy as np
import pytest

from aujax import report
from aujax.report.web import embedded, evidence, videos


def unpack(text):
  values, value, shift = [], 0, 0
  for byte in base64.b64decode(text):
    value |= (byte & 127) << shift
    shift += 7
    if byte < 128:
      values.append(value)
      value = shift = 0
  return values


@pytest.fixture(scope="module")
def loaded(complete):
  results = report.load(complete)
  plan = videos.plan(results, results.methods)
  return results, evidence.read(results, results.methods, plan)


def test_numbers_of_any_size_come_back():
  values = [0, 1, 127, 128, 300, 16383, 16384, 2**40 + 5]
  packed = embedded.pack(values)
  assert unpack(base64.b64encode(packed)) == values
  assert len(embedded.pack([127] * 9)) == 9


def test_counts_are_those_of_the_trials_in_order(loaded):
  results, evidences = loaded
  data = embedded.data(results, evidences)
  assert json.loads(json.dumps(data, allow_nan=False)) == data
  (method,) = (m for m in data["methods"] if m["name"] == "robin_hood")
  values = np.reshape(unpack(method["counts"]["truth"]), (2, 3, 8, 204))
  for repeat in range(2):
    for fold in range(3):
      key = ("robin_hood", fold, repeat)
      found = values[repeat, fold]
      bins = found[:, :202].reshape(8, 2, 101)
      np.testing.assert_array_equal(bins, evidences[key].bins["truth"])
      counts = results.trials[key].counts["truth"]
      np.testing.assert_array_equal(found[:, 202], counts.tp)
      np.testing.assert_array_equal(found[:, 203], counts.fp)


def test_tracks_are_the_scores_of_the_videos(loaded):
  results, evidences = loaded
  video = embedded.data(results, evidences)["tracks"][0]
  fold, name = video["name"].split(": ")
  assert fold == "Fold 0"
  scores = results.trials["robin_hood", 0, 0].scores()
  rows = scores.subject == name
  assert video["frames"] == [*scores.frame[rows], scores.frame[rows][-1]]
  (method,) = (m for m in video["scores"] if m["name"] == "robin_hood")
  high = np.frombuffer(base64.b64decode(method["high"]), np.uint8)
  high = high.reshape(8, -1).T
  np.testing.assert_array_equal(high > 127, scores.scores[rows] >= 0.5)
  shown = (high & 127) / 100
  assert (shown <= scores.scores[rows] + 1e-6).all()
  assert (scores.scores[rows] < shown + 0.01 + 1e-6).all()


def test_too_much_is_left_out_and_the_first_method_never(loaded, monkeypatch):
  whole = embedded.data(*loaded)
  size = len(whole["methods"][0]["counts"]["labels"])
  monkeypatch.setattr(embedded, "MOST_BYTES", 3 * size)
  some = embedded.data(*loaded)
  assert some["targets"] == ["labels"] and len(some["methods"]) == 2
  monkeypatch.setattr(embedded, "MOST_BYTES", size // 2)
  assert [m["name"] for m in embedded.data(*loaded)["methods"]] == ["baseline"]


def test_thresholds_that_differ_between_trials_have_no_place(loaded):
  results, evidences = loaded
  assert embedded.data(results, evidences)["tested"] == [0.5] * 8
