r"""One process of a training run, for tests with more devices or processes.

python -m tests.training.worker FOLDER RULE EPOCHS DEVICES \
  [PROCESS COUNT PORT SEED]
python -m tests.training.worker steps
"""

import dataclasses
import functools
import hashlib
import json
import pathlib
import sys

import jax
import numpy as np
import optax

from aujax import models
from aujax.training import checkpoint, loop, methods, sharding, step
from aujax.training import state as state_lib
from tests.training import helpers

RULES = {
  "replicate": sharding.replicate,
  "fsdp": functools.partial(sharding.fsdp, min_size=1),
}
IMAGES, LABELS = helpers.make_data()


def train(folder, rule, *, num_epochs=2, process=0, count=1, seed=0):
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
      plan=helpers.make_plan(seed=seed),
      batches=batches,
      num_epochs=num_epochs,
      evaluate=evaluate,
      checkpoints=checkpoints,
      log_path=folder / "metrics.jsonl",
      log_every_steps=1,
      # Each save of several devices or processes takes its time.
      save_every_steps=3 if jax.device_count() < 8 else None,
    )


def steps(devices):
  """Two steps with empty slots on the last devices; what came of them."""
  model = models.create(
    "attention_cnn", num_outputs=helpers.NUM_AUS, features=(4, 8), hidden=8
  )
  tx = optax.sgd(0.1)
  mesh = sharding.make_mesh(devices)
  state = state_lib.create(
    model.init, tx, key=jax.random.key(0), base_rates=helpers.RATES
  )
  places = sharding.replicate(state, mesh)
  loss = methods.selective(random=True)
  train_step = sharding.jit_step(
    step.make(model.apply, tx, loss, helpers.prepare), mesh, places
  )
  state = sharding.place(state, places)
  plan = np.array([[*range(6), -1, -1], [*range(6, 12), -1, -1]])
  for batch in helpers.make_batches(IMAGES, LABELS)(plan):
    state, metrics = train_step(state, batch)
  leaves = jax.tree.leaves((state.params, state.batch_stats))
  values = {name: float(value) for name, value in metrics.items()}
  return values | {
    "devices": len(devices),
    "state": np.concatenate([np.ravel(leaf) for leaf in leaves]).tolist(),
  }


def digest(state):
  """SHA-256 of every bit of the state but its key."""
  content = hashlib.sha256()
  leaves = jax.tree.leaves(dataclasses.replace(state, key=0))
  for leaf in leaves:
    content.update(np.asarray(leaf).tobytes())
  return content.hexdigest()


def main():
  if sys.argv[1:] == ["steps"]:
    jax.config.update("jax_num_cpu_devices", 8)
    print(json.dumps([steps(jax.devices()[:1]), steps(jax.devices())]))
    return
  folder, rule, num_epochs, devices, *cluster = sys.argv[1:]
  jax.config.update("jax_num_cpu_devices", int(devices))
  process, count, seed = 0, 1, 0
  if cluster:
    process, count, port, seed = map(int, cluster)
    jax.distributed.initialize(
      f"localhost:{port}", num_processes=count, process_id=process
    )
  result = train(
    pathlib.Path(folder),
    rule,
    num_epochs=int(num_epochs),
    process=process,
    count=count,
    seed=seed,
  )
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
