"""One framework's training step, timed at the command of `train_step`.

Started as `python -m benchmarks.train_step_worker FRAMEWORK NETWORK SIZE
BATCH`; answers each line of standard input, "run" with a number of steps or
"check", with a line of JSON.
"""

import json
import sys
import time

import numpy as np

NUM_OUTPUTS = 12
LEARNING_RATE = 1e-4
WEIGHT_DECAY = 1e-2
NUM_BATCHES = 4


def main():
  framework, network, size, batch = sys.argv[1:]
  size, batch = int(size), int(batch)
  if framework == "check":
    _answer({"difference": logit_difference(network, size)})
    return
  batches = host_batches(size, batch)
  if framework == "jax":
    step = jax_step(network, size)
  else:
    step = torch_step(network, size, compiled=framework == "compile")
  for index in range(3):  # Compiles, and lets the allocator settle.
    step(batches[index % NUM_BATCHES])
  _answer({"ready": True})
  for line in sys.stdin:
    _answer(measure(step, batches, int(line)))


def measure(step, batches, num_steps):
  """Times steps from host batch to host loss; the first one is not counted."""
  wall, outside = [], []
  for index in range(num_steps + 1):
    start = time.perf_counter()
    inside = step(batches[index % NUM_BATCHES])
    wall.append(time.perf_counter() - start)
    outside.append(wall[-1] - inside)
  return {"wall": wall[1:], "outside": outside[1:]}


def host_batches(size, batch):
  """Batches as the data pipeline hands them over; a tenth is not labelled."""
  generator = np.random.default_rng(0)
  image = (NUM_BATCHES, batch, size, size, 3)
  label = (NUM_BATCHES, batch, NUM_OUTPUTS)
  images = generator.integers(0, 256, image, np.uint8)
  labels = generator.choice(3, label, p=(0.1, 0.7, 0.2)).astype(np.int8) - 1
  index = np.arange(batch, dtype=np.int32)
  return [
    {"image": x, "labels": y, "index": index}
    for x, y in zip(images, labels, strict=True)
  ]


def jax_step(network, size):
  """The step of aujax's training loop, from host batch to host loss."""
  from aujax import runtime

  runtime.configure()
  import jax
  import optax

  from aujax import losses
  from aujax.training import state as state_lib
  from aujax.training import step as step_lib

  def loss(logits, labels, mask, base_rates, key):
    del base_rates, key
    return losses.masked_mean(
      losses.sigmoid_cross_entropy(logits, labels), mask
    )

  def prepare(key, images, train):
    del key, train
    return images.astype("float32") / 127.5 - 1

  model = jax_model(network, size)
  tx = optax.adamw(LEARNING_RATE, weight_decay=WEIGHT_DECAY)
  state = state_lib.create(
    jax.jit(model.init),
    tx,
    key=jax.random.key(0),
    base_rates=np.full(NUM_OUTPUTS, 0.2),
  )
  train = jax.jit(
    step_lib.make(model.apply, tx, loss, prepare), donate_argnums=0
  )

  def step(batch):
    nonlocal state
    batch = jax.block_until_ready(jax.device_put(batch))
    start = time.perf_counter()
    state, metrics = jax.block_until_ready(train(state, batch))
    inside = time.perf_counter() - start
    assert np.isfinite(float(metrics["loss"]))
    return inside

  return step


def torch_step(network, size, *, compiled):
  """The same in PyTorch, channels last."""
  import torch
  from torch.nn import functional as F

  module = torch_model(network, size).train()
  module = module.to(memory_format=torch.channels_last)
  optimizer = torch.optim.AdamW(
    module.parameters(), LEARNING_RATE, weight_decay=WEIGHT_DECAY, fused=True
  )

  def loss(images, labels):
    images = images.permute(0, 3, 1, 2).float() / 127.5 - 1
    values = F.binary_cross_entropy_with_logits(
      module(images), labels.clamp(0).float(), reduction="none"
    )
    mask = labels >= 0
    return (values * mask).sum() / mask.sum()

  if compiled:
    loss = torch.compile(loss)

  def step(batch):
    images = torch.from_numpy(batch["image"])
    labels = torch.from_numpy(batch["labels"])
    start = time.perf_counter()
    optimizer.zero_grad(set_to_none=True)
    value = loss(images, labels)
    value.backward()
    optimizer.step()
    inside = time.perf_counter() - start
    assert np.isfinite(float(value.detach()))
    return inside

  return step


def logit_difference(network, size):
  """Largest difference of logits, in units of their standard deviation."""
  import jax
  import torch

  from benchmarks import torch_networks

  images = host_batches(size, 4)[0]["image"].astype(np.float32) / 127.5 - 1
  module = torch_model(network, size).train()
  with torch.no_grad():
    x = torch.from_numpy(images).permute(0, 3, 1, 2)
    module(x)  # Running averages move away from where they start.
    expected = module.eval()(x).numpy()
  model = jax_model(network, size)
  trees = jax.eval_shape(model.init, jax.random.key(0))
  trees = [torch_networks.to_jax(module.state_dict(), tree) for tree in trees]
  logits, _ = jax.jit(model.apply)(*trees, images)
  return float(np.abs(logits - expected).max() / expected.std())


def jax_model(network, size):
  from aujax import models

  options = {"image_size": size} if network == "au_transformer" else {}
  return models.create(network, num_outputs=NUM_OUTPUTS, **options)


def torch_model(network, size):
  import torch

  from benchmarks import torch_networks

  torch.manual_seed(0)
  if network == "attention_cnn":
    return torch_networks.AttentionCNN(NUM_OUTPUTS)
  return torch_networks.AUTransformer(
    NUM_OUTPUTS,
    torch_networks.ResNet(stage=3),
    num_patches=(size // 16) ** 2,
  )


def _answer(value):
  print(json.dumps(value), flush=True)


if __name__ == "__main__":
  main()
