"""One process of a training run, for tests with more devices or processes.

python -m tests.training.worker FOLDER RULE EPOCHS DEVICES [PROCESS COUNT PORT]
"""

import dataclasses
import functools
import hashlib
import json
import pathlib
import sys

import jax
import numpy as np

from aujax.training import checkpoint, loop, sharding, step
from tests.training import helpers

RULES = {
  "replicate": sharding.replicate,
  "fsdp": functools.partial(sharding.fsdp, min_size=1),
}
IMAGES, LABELS = helpers.make_data()


def train(folder, rule, *, num_epochs=2, process=0, count=1):
  """Trains the tests' network over all devices; returns the result."""
  tx = helpers.make_tx()
  mesh = sharding.make_mesh()
  initial = helpers.make_state(tx)
  shardings = RULES[rule](initial, mesh)
  predict = sharding.jit_predict(
    step.make_predict(helpers.apply, helpers.prepare), mesh
  )
  all_batches = helpers.make_batches(IMAGES, LABELS)

  def share(rows):
    size = rows.shape[1] // count
    return rows[:, process * size : (process + 1) * size]

  def batches(plan, start_step=0):
    return all_batches(share(plan), start_step)

  def evaluate(params, batch_stats):
    local = IMAGES.reshape(count, -1, *IMAGES.shape[1:])[process]
    scores = predict(params, batch_stats, local)
    return {"score": ((scores >= 0.5) == (LABELS == 1)).mean()}

  with checkpoint.Checkpoints(folder / "checkpoints") as checkpoints:
    return loop.train(
      sharding.place(initial, shardings),
      sharding.jit_step(helpers.make_step(tx), mesh, shardings),
      plan=helpers.make_plan(),
      batches=batches,
      num_epochs=num_epochs,
      evaluate=evaluate,
      checkpoints=checkpoints,
      log_path=folder / "metrics.jsonl",
      log_every_steps=1,
      # Each save of several devices or processes takes its time.
      save_every_steps=3 if jax.device_count() < 8 else None,
    )


def digest(state):
  """SHA-256 of every bit of the state but its key."""
  content = hashlib.sha256()
  leaves = jax.tree.leaves(dataclasses.replace(state, key=0))
  for leaf in leaves:
    content.update(np.asarray(leaf).tobytes())
  return content.hexdigest()


def main():
  folder, rule, num_epochs, devices, *cluster = sys.argv[1:]
  jax.config.update("jax_num_cpu_devices", int(devices))
  process, count = 0, 1
  if cluster:
    process, count, port = map(int, cluster)
    jax.distributed.initialize(
      f"localhost:{port}", num_processes=count, process_id=process
    )
  result = train(
    pathlib.Path(folder), rule, num_epochs=int(num_epochs), process=process,
    count=count,
  )  # fmt: skip
  leaf = result.state.params["backbone"]["w"]
  print(
    json.dumps(
      {
        "devices": jax.device_count(),
        "part": leaf.addressable_shards[0].data.size / leaf.size,
        "digest": digest(result.state) if not cluster else None,
        "score": result.history[-1]["score"],
      }
    )
  )


if __name__ == "__main__":
  main()
