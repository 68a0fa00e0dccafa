import json
import os
import pathlib
import socket
import subprocess
import sys

import jax
import numpy as np
import pytest

from aujax.training import sharding
from tests.training import helpers, worker

ROOT = pathlib.Path(__file__).parents[2]


def start(*arguments):
  # Flags for the number of devices in this process are not the worker's.
  environment = {k: v for k, v in os.environ.items() if k != "XLA_FLAGS"}
  return subprocess.Popen(
    [sys.executable, "-m", "tests.training.worker", *map(str, arguments)],
    cwd=ROOT,
    env={**environment, "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0"},
    stdout=subprocess.PIPE,
    stderr=subprocess.PIPE,
    text=True,
  )


def finish(process):
  output, errors = process.communicate(timeout=120)
  assert process.returncode == 0, errors
  return json.loads(output.splitlines()[-1])


def losses(folder):
  lines = (folder / "metrics.jsonl").read_text().splitlines()
  rows = [json.loads(line) for line in lines]
  return [row["loss"] for row in rows if "epoch" not in row]


@pytest.fixture(scope="module")
def single(tmp_path_factory):
  folder = tmp_path_factory.mktemp("single")
  finish(start(folder, "replicate", 2, 1))
  return losses(folder)


@pytest.mark.parametrize(("rule", "part"), [("replicate", 1), ("fsdp", 1 / 8)])
def test_eight_devices_train_as_one_does(tmp_path, single, rule, part):
  report = finish(start(tmp_path, rule, 2, 8))
  assert report["devices"] == 8
  assert report["part"] == part
  np.testing.assert_allclose(losses(tmp_path), single, rtol=1e-4)


def start_two(folder, *, seeds):
  with socket.socket() as free:
    free.bind(("localhost", 0))
    port = free.getsockname()[1]
  return [
    start(folder, "fsdp", 1, 1, process, 2, port, seed)
    for process, seed in enumerate(seeds)
  ]


def test_two_processes_train_as_one_does(tmp_path, single):
  workers = start_two(tmp_path, seeds=(0, 0))
  reports = [finish(process) for process in workers]
  assert reports[0] == reports[1]
  assert reports[0]["devices"] == 2
  assert reports[0]["part"] == 0.5
  # What two processes began goes on in one.
  finish(start(tmp_path, "replicate", 2, 1))
  np.testing.assert_allclose(losses(tmp_path), single, rtol=1e-4)


def test_processes_with_different_plans_do_not_start(tmp_path):
  for process in start_two(tmp_path, seeds=(0, 1)):
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "the same plan of examples in all processes" in errors


def test_statistics_and_class_counts_are_of_the_global_batch():
  # Empty slots on the last two of eight devices, weights of the whole batch.
  one, eight = finish(start("steps"))
  assert (one["devices"], eight["devices"]) == (1, 8)
  for name in ("loss", "gradient_norm"):
    np.testing.assert_allclose(eight[name], one[name], rtol=1e-4)
  np.testing.assert_allclose(eight["state"], one["state"], rtol=1e-4, atol=1e-6)


def test_placed_buffers_are_their_own():
  mesh = sharding.make_mesh()
  initial = helpers.make_state()
  shardings = sharding.replicate(initial, mesh)
  once = sharding.place(initial, shardings)
  twice = sharding.place(once, shardings)
  step = sharding.jit_step(helpers.make_step(), mesh, shardings)
  step(twice, {"image": worker.IMAGES, "labels": worker.LABELS})
  assert twice.params["head"]["w"].is_deleted()
  helpers.assert_trees_equal(initial, once)


def test_batch_that_devices_cannot_share_is_refused(tmp_path):
  worker_process = start(tmp_path, "replicate", 1, 3)
  _, errors = worker_process.communicate(timeout=120)
  assert worker_process.returncode == 1
  assert "expected a batch that 3 devices can share evenly, got 8" in errors
  assert "multiple of 3" in errors


def test_what_the_device_does_not_need_stays_on_the_host():
  batch = {
    "image": np.zeros((2, 2, 2, 3), np.uint8),
    "labels": np.zeros((2, 3), np.int8),
    "index": np.array([3, -1]),
    "name": np.array([1, 2]),
  }
  placed = sharding.put_batch(batch, sharding.make_mesh())
  assert set(placed) == {"image", "labels", "index"}
  assert placed["image"].dtype == np.uint8
  assert placed["index"].dtype == np.int32
  np.testing.assert_array_equal(placed["index"], batch["index"])


def test_fsdp_splits_the_largest_dimension_that_divides():
  mesh = jax.sharding.AbstractMesh((4,), (sharding.AXIS,))
  tree = {
    "matrix": np.zeros((8, 16)),
    "odd": np.zeros((8, 17)),
    "none": np.zeros((3, 5)),
    "scalar": np.zeros(()),
    "key": jax.random.key(0),
  }
  specs = {
    name: tuple(leaf.spec)
    for name, leaf in sharding.fsdp(tree, mesh, min_size=1).items()
  }
  assert specs == {
    "matrix": (None, "data"),
    "odd": ("data",),
    "none": (),
    "scalar": (),
    "key": (),
  }
  small = sharding.fsdp(tree, mesh, min_size=1000)
  assert tuple(small["matrix"].spec) == ()
