import json

import pytest

from aujax.report.numbers import history


def test_reads_curves(tmp_path):
  path = tmp_path / "metrics.jsonl"
  lines = [
    {"step": 2, "epoch": 0, "loss": 0.5},
    {"step": 1, "epoch": 0, "loss": 0.7},
    {"step": 2, "epoch": 0, "loss": 0.4},
    {"step": 3, "epoch": 0, "loss": float("nan")},
    {"step": 2, "epoch": 0, "validation": {"macro_f1": 0.3}},
    {"step": 4, "epoch": 1, "validation": {"macro_f1": None}},
    {
      "step": 2,
      "epoch": 2,
      "loss": 9.0,
      "score": 0.4,
      "f1": {"AU01": 0.3, "AU02": None, "AU04": float("nan"), "AU06": 0},
    },
    {"note": "something else"},
    [1, 2],
  ]
  path.write_text("\n".join(map(json.dumps, lines)) + '\n{"step": 5, "lo')
  curves = history.read(path)
  assert curves.loss == ((1, 0.7), (2, 0.4))
  assert curves.validation == ((0, 0.3), (2, 0.4))
  assert curves.per_au == ((2, {"AU01": 0.3, "AU06": 0}),)


def test_no_file(tmp_path):
  assert history.read(tmp_path / "metrics.jsonl") == history.History()


def test_binned_keeps_the_mean():
  curve = [(x, float(x % 7)) for x in range(1000)]
  thin = history.binned(curve, points=50)
  assert len(thin) == 50
  assert sum(y for _, y in thin) / 50 == pytest.approx(
    sum(y for _, y in curve) / 1000
  )
  assert history.binned([], points=5) == []
