"""Kills training with SIGKILL at random moments and compares the final bits.

  python -m benchmarks.kill --runs 10

A small network is trained on random images, through records, pipeline, loop
and checkpoints as they are. One run is left alone; each of the others is
killed, started again by the same command until it is done, and its final
parameters are compared with those of the unbroken run by their SHA-256.
"""

import argparse
import hashlib
import json
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

from aujax import runtime

NUM_EPOCHS = 6
BATCH_SIZE = 16
NUM_EXAMPLES = 320
SIZE = 32
AUS = (1, 2, 4, 6, 9, 12, 25, 26)
READY = "ready"


def main():
  parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
  parser.add_argument("--runs", type=int, default=10, help="runs to kill")
  parser.add_argument("--kills", type=int, default=1, help="kills in each run")
  parser.add_argument("--seed", type=int, default=0, help="of the moments")
  parser.add_argument("--child", help=argparse.SUPPRESS)
  arguments = parser.parse_args()
  if arguments.child:
    train(pathlib.Path(arguments.child))
    return
  with tempfile.TemporaryDirectory() as folder:
    sys.exit(0 if compare(pathlib.Path(folder), arguments) else 1)


def compare(folder, arguments):
  """Prints one line per run; returns whether all ended with the same bits."""
  runtime.configure()
  write_records(folder)
  start(folder / "warm").wait()  # Fills the compilation cache for all alike.
  child = start(folder / "unbroken")
  begun = time.monotonic()
  child.wait()
  duration = time.monotonic() - begun
  expected = digest(folder / "unbroken")
  print(f"unbroken: {duration:.1f} s of training, digest {expected}")
  print(" run  killed after     at step  restarted from  half saves  result")
  moments, equal = random.Random(arguments.seed), 0
  for run in range(arguments.runs):
    workdir, cells = folder / f"run{run}", []
    while len(cells) < arguments.kills:
      # Each start goes on from the last kill: less is left to run.
      after = moments.uniform(0, duration / arguments.kills)
      if kill(start(workdir), after):
        cells.append((after, *traces(workdir)))
      else:  # It was done before its moment came: once more, with another.
        shutil.rmtree(workdir)
        cells.clear()
    start(workdir).wait()
    same = digest(workdir) == expected
    equal += same
    for after, step, saved, half in cells:
      print(
        f"{run:4}  {after:10.2f} s  {step:>10}  {saved:>14}  {half:>10}"
        f"  {'equal' if same else 'DIFFERENT'}"
      )
  print(f"{equal} of {arguments.runs} runs ended with the unbroken run's bits")
  return equal == arguments.runs


def start(workdir):
  """Starts training in a process of its own; returns when it is about to."""
  command = [sys.executable, "-m", "benchmarks.kill", "--child", str(workdir)]
  child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
  if child.stdout.readline().strip() != READY:
    raise RuntimeError(f"training in {workdir} did not start")
  return child


def kill(child, after):
  """Kills a process after some seconds; False if it had ended by then."""
  try:
    child.wait(after)
    return False
  except subprocess.TimeoutExpired:
    child.kill()
    child.wait()
    return True


def traces(workdir):
  """What a killed run left: last step, last whole save, half-written saves."""
  lines = []
  if (workdir / "metrics.jsonl").exists():
    lines = (workdir / "metrics.jsonl").read_text().splitlines(keepends=True)
  steps = [json.loads(line)["step"] for line in lines if line.endswith("\n")]
  names = [path.name for path in (workdir / "checkpoints").glob("*")]
  whole = [int(name) for name in names if name.isdigit()]
  half = [name for name in names if not name.isdigit()]
  return max(steps, default=0), max(whole, default=0), len(half)


def digest(workdir):
  return (workdir / "digest.txt").read_text()


def write_records(folder):
  """Random images with random labels, as a records folder."""
  import cv2
  import numpy as np

  from aujax.data import records, table

  rng = np.random.default_rng(0)
  keys = [f"{index}.png" for index in range(NUM_EXAMPLES)]
  (folder / "images").mkdir()
  for key in keys:
    image = rng.integers(0, 256, (SIZE, SIZE, 3), dtype=np.uint8)
    cv2.imwrite(str(folder / "images" / key), image)
  frames = table.Table(
    aus=AUS,
    image=np.array(keys),
    labels=rng.integers(-1, 2, (NUM_EXAMPLES, len(AUS))),
    subject=np.array(["S1"] * NUM_EXAMPLES),
    sequence=np.array(["S1"] * NUM_EXAMPLES),
    frame=np.arange(NUM_EXAMPLES),
  )
  records.write(frames, folder / "images", folder / "records", size=SIZE)


def train(workdir):
  """One training run as any command composes it, resumed if it was begun."""
  runtime.configure()
  import functools

  import jax
  import numpy as np

  from aujax import models, sampling
  from aujax.data import augment, normalization, pipeline, records
  from aujax.training import (
    checkpoint,
    loop,
    methods,
    optimizer,
    sharding,
    state,
    step,
  )

  jax.config.update("jax_compilation_cache_dir", str(workdir.parent / "jax"))
  jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
  data = records.open_(workdir.parent / "records")
  model = models.create(
    "attention_cnn", num_outputs=len(AUS), features=(8, 16, 16)
  )
  steps_per_epoch = -(-NUM_EXAMPLES // BATCH_SIZE)
  tx = optimizer.adam_step(steps_per_epoch=steps_per_epoch, drop_epochs=2)

  def prepare(key, images, train):
    if train:
      images = augment.random_flip(key, images)
    return normalization.normalize(images)

  mesh = sharding.make_mesh()
  initial = state.create(
    model.init, tx, key=jax.random.key(0), base_rates=np.full(len(AUS), 0.2)
  )
  shardings = sharding.replicate(initial, mesh)
  loss = methods.create("robin_hood")
  print(READY, flush=True)
  with checkpoint.Checkpoints(workdir / "checkpoints") as checkpoints:
    result = loop.train(
      sharding.place(initial, shardings),
      sharding.jit_step(
        step.make(model.apply, tx, loss, prepare), mesh, shardings
      ),
      plan=lambda epoch: sampling.random_batches(
        NUM_EXAMPLES, BATCH_SIZE, seed=0, epoch=epoch
      ),
      batches=functools.partial(pipeline.batches, data),
      num_epochs=NUM_EPOCHS,
      evaluate=lambda params, stats: {
        "score": float(jax.tree.leaves(params)[0].mean())
      },
      checkpoints=checkpoints,
      log_path=workdir / "metrics.jsonl",
      log_every_steps=1,
      save_every_steps=7,
    )
  content = hashlib.sha256()
  for leaf in jax.tree.leaves((result.state.params, result.params)):
    content.update(np.asarray(leaf).tobytes())
  (workdir / "digest.txt").write_text(content.hexdigest()[:16])


if __name__ == "__main__":
  main()
