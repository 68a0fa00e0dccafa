"""One training step and one prediction, as pure functions of arrays.

Nothing is jitted here; `sharding` does that, with donation and placement.
"""

from collections.abc import Callable, Mapping
from typing import Any

import jax
import numpy as np
import optax
from jaxtyping import Array, Bool, Float, Key, Num, UInt8

from aujax import labels as labels_lib
from aujax.training import state as state_lib

Apply = Callable[..., tuple[Float[Array, "B T"], Any]]
Prepare = Callable[
  [Key[Array, ""] | None, UInt8[Array, "B H W C"], bool],
  Float[Array, "B h w C"],
]
Loss = Callable[
  [
    Float[Array, "B T"],
    Float[Array, "B T"],
    Bool[Array, "B T"],
    Float[Array, " T"],
    Key[Array, ""],
  ],
  Float[Array, ""],
]
Metrics = dict[str, Float[Array, ""]]
Step = Callable[
  [state_lib.TrainState, Mapping[str, Num[Array | np.ndarray, "B ..."]]],
  tuple[state_lib.TrainState, Metrics],
]


def make(
  apply: Apply,
  tx: optax.GradientTransformation,
  loss: Loss,
  prepare: Prepare,
  *,
  schedule: optax.Schedule | None = None,
) -> Step:
  """Makes the function of one training step.

  Labels arrive as annotated and become values and a mask inside the step, so
  a label transform is part of `loss` and reads the fold's base rates. An empty
  slot of a batch, of index -1, has unknown labels only and so no part in the
  loss, and `apply` keeps it out of the batch's statistics: the step is that of
  the smaller batch. A frame whose labels are all unknown is no empty slot.

  Args:
    apply: Maps (params, batch_stats, images, key=, train=, valid=) to logits
      `[B, T]` and new batch_stats; valid `[B]` is True where an example is, or
      None where all are.
    tx: The optimizer.
    loss: Maps (logits, labels in {0, 1}, mask, base_rates `[T]`, key) to a
      scalar.
    prepare: Maps (key, uint8 images `[B, H, W, 3]`, train) to float32 images;
      with train it augments.
    schedule: If given, its value is reported as "learning_rate".

  Returns:
    Maps a state and a batch {"image": uint8 `[B, H, W, 3]`, "labels": int8
    `[B, T]`, "index" `[B]`} to the next state and the scalars "loss" and
    "gradient_norm". Without "index" there are no empty slots.

  Example:
    >>> import jax.numpy as jnp
    >>> init = lambda key: ({"w": jnp.zeros((3, 1))}, {})
    >>> def apply(params, batch_stats, images, *, key, train, valid):
    ...   return images.mean((1, 2)) @ params["w"], batch_stats
    >>> tx = optax.sgd(1.0)
    >>> step = make(
    ...   apply,
    ...   tx,
    ...   loss=lambda x, y, mask, *_: optax.l2_loss(x, y).mean(where=mask),
    ...   prepare=lambda key, images, train: images / 255.0,
    ... )
    >>> state = state_lib.create(
    ...   init, tx, key=jax.random.key(0), base_rates=[0.5]
    ... )
    >>> image = np.full((1, 2, 2, 3), 255, np.uint8)
    >>> state, metrics = step(
    ...   state, {"image": image, "labels": np.array([[1]], np.int8)}
    ... )
    >>> int(state.step), float(metrics["loss"])
    (1, 0.5)
  """

  def train_step(state, batch):
    key = jax.random.fold_in(state.key, state.step)
    augment_key, dropout_key, loss_key = jax.random.split(key, 3)
    images = prepare(augment_key, batch["image"], True)
    labels, mask = labels_lib.split_missing(batch["labels"])
    valid = batch["index"] >= 0 if "index" in batch else None

    def objective(params):
      logits, batch_stats = apply(
        params,
        state.batch_stats,
        images,
        key=dropout_key,
        train=True,
        valid=valid,
      )
      value = loss(logits, labels, mask, state.base_rates, loss_key)
      return value, batch_stats

    (value, batch_stats), gradients = jax.value_and_grad(
      objective, has_aux=True
    )(state.params)
    updates, opt_state = tx.update(gradients, state.opt_state, state.params)
    metrics = {"loss": value, "gradient_norm": optax.tree.norm(gradients)}
    if schedule is not None:
      metrics["learning_rate"] = schedule(state.step)
    new_state = state_lib.TrainState(
      params=optax.apply_updates(state.params, updates),
      batch_stats=batch_stats,
      opt_state=opt_state,
      step=state.step + 1,
      key=state.key,
      base_rates=state.base_rates,
    )
    return new_state, metrics

  return train_step


def make_predict(
  apply: Apply, prepare: Prepare
) -> Callable[[Any, Any, UInt8[Array, "B H W C"]], Float[Array, "B T"]]:
  """Makes the function that predicts one batch.

  Args:
    apply: As in `make`; called with train=False.
    prepare: As in `make`; called with key None and train False.

  Returns:
    Maps (params, batch_stats, uint8 images `[B, H, W, 3]`) to probabilities
    `[B, T]`.

  Example:
    >>> import jax.numpy as jnp
    >>> predict = make_predict(
    ...   lambda params, stats, x, *, key, train: (x.mean((1, 2)), stats),
    ...   lambda key, images, train: jnp.asarray(images, jnp.float32),
    ... )
    >>> predict({}, {}, np.zeros((1, 2, 2, 3), np.uint8)).tolist()
    [[0.5, 0.5, 0.5]]
  """

  def predict(params, batch_stats, images):
    logits, _ = apply(
      params, batch_stats, prepare(None, images, False), key=None, train=False
    )
    return jax.nn.sigmoid(logits)

  return predict
