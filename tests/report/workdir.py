"""A working directory as a cross-validation leaves it, with random scores."""

import json

import numpy as np

from aujax import action_units
from aujax.evaluation import scores as scores_lib

RATES = np.array([0.05, 0.043, 0.152, 0.079, 0.042, 0.129, 0.277, 0.088])
SUBJECTS = [
  f"SN{i:03d}" for i in (*range(1, 14), 16, 17, 18, 21, *range(23, 33))
]
SKILL = {"baseline": 0.1, "robin_hood": 0.45}


def make(
  workdir,
  *,
  methods=("baseline", "robin_hood"),
  folds=3,
  repeats=2,
  frames=120,
  truth=True,
  aus=action_units.DISFA,
  variants=None,
):
  """Writes methods x folds x repeats trials; returns the folder."""
  for fold in range(folds):
    subjects = SUBJECTS[fold::folds]
    data = _dataset(subjects, frames, fold, len(aus))
    for number, method in enumerate(methods):
      for repeat in range(repeats):
        folder = workdir / method / f"fold{fold}" / f"repeat{repeat}"
        seed = (fold, number, repeat)
        _trial(folder, data, aus, method, seed, truth, subjects)
  (workdir / "experiment.json").write_text(
    json.dumps(
      {
        "dataset": "Synthetic faces, DISFA preset",
        "methods": list(methods),
        "folds": folds,
        "repeats": repeats,
        **({"variants": variants} if variants else {}),
        "config": {
          "model": "attention_cnn",
          "image_size": 56,
          "epochs": 12,
          "optimizer": {"name": "adam", "learning_rate": 1e-3},
          "seed": 0,
          "robin_hood": {"beta": 0.25},
          "batch_size": 64,
        },
      }
    )
  )
  return workdir


def _dataset(subjects, frames, fold, num_aus):
  rng = np.random.default_rng(fold)
  n = len(subjects) * frames
  rates = np.resize(RATES, num_aus)
  # Events last some frames, so that base rates differ between subjects.
  blocks = rng.random((-(-n // 10), num_aus)) < rates
  truth = np.repeat(blocks, 10, axis=0)[:n]
  flips = rng.random((n, num_aus))
  labels = np.where(truth, flips > 0.22, flips < 0.012).astype(np.int8)
  labels[rng.random((n, num_aus)) < 0.01] = -1
  subject = np.repeat(subjects, frames)
  return (
    subject,
    np.tile(np.arange(1, frames + 1), len(subjects)),
    truth,
    labels,
  )


def _trial(folder, data, aus, method, seed, with_truth, subjects):
  subject, frame, truth, labels = data
  fold, number, repeat = seed
  rng = np.random.default_rng((7, *seed))
  skill = SKILL.get(method, 0.3) + rng.normal(0, 0.05) + 0.25 * fold
  # Scores of a video drift, on top of what differs from frame to frame.
  knots = rng.normal(0, 0.8, (len(truth) // 15 + 2, truth.shape[1]))
  place, step = np.divmod(np.arange(len(truth)) / 15, 1)
  place, step = place.astype(int), step[:, None]
  drift = knots[place] * (1 - step) + knots[place + 1] * step
  noise = drift + rng.normal(0, 0.7, truth.shape)
  logits = noise + np.where(truth, skill, -2.6)
  scores = 1 / (1 + np.exp(-logits))
  scores_lib.write(
    folder / "scores.parquet",
    scores_lib.Scores(
      aus=tuple(aus),
      subject=subject,
      sequence=subject,
      frame=frame,
      labels=labels,
      scores=scores.astype(np.float32),
      truth=truth.astype(np.int8) if with_truth else None,
    ),
  )
  validation = [s for s in SUBJECTS if s not in subjects][repeat::9][:3]
  (folder / "trial.json").write_text(
    json.dumps(
      {
        "method": method,
        "fold": fold,
        "repeat": repeat,
        "threshold": 0.5,
        "aus": list(aus),
        "best_epoch": 9 + repeat,
        "dataset": "synthetic",
        "seconds": 41.0 + 3 * fold,
        "subjects": {
          "train": [s for s in SUBJECTS if s not in (*subjects, *validation)],
          "validation": validation,
          "test": subjects,
        },
        "devices": "1 x cpu",
        "something_else": {"unknown": True},
      }
    )
  )
  lines = []
  for epoch in range(1, 13):
    for step in range(20 * epoch - 19, 20 * epoch + 1):
      loss = 0.25 + 0.4 * np.exp(-step / 60) + 0.04 * rng.normal()
      lines.append({"step": step, "epoch": epoch, "loss": float(loss)})
    f1 = 0.55 * (1 - np.exp(-epoch / 3)) + 0.02 * rng.normal() + 0.02 * number
    level = 0.6 + np.resize(RATES, len(aus)) + rng.normal(0, 0.03, len(aus))
    per_au = dict(zip(map(action_units.name, aus), f1 * level, strict=True))
    lines.append(
      {
        "step": 20 * epoch,
        "epoch": epoch,
        "validation": {"macro_f1": float(f1)},
        "f1": {name: float(value) for name, value in per_au.items()},
      }
    )
  text = "\n".join(map(json.dumps, lines))
  (folder / "metrics.jsonl").write_text(text + '\n{"step": 241, "lo')
