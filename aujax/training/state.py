"""The training state: everything a step reads and writes, as one pytree."""

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Int32, Key


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class TrainState:
  """What a checkpoint holds and a step maps to its successor.

  Attributes:
    params: Trained parameters, a plain dict pytree.
    batch_stats: Running averages of batch normalisation, a plain dict pytree.
    opt_state: The optimizer's state.
    step: Number of steps taken.
    key: Base of every random draw on the device; step t uses
      `fold_in(key, t)`, so a resumed run draws what an unbroken one draws.
    base_rates: `[T]` base rates of the training fold. As data, not constants:
      label transforms read them in the step, and a new fold compiles nothing.
  """

  params: Any
  batch_stats: Any
  opt_state: optax.OptState
  step: Int32[Array, ""]
  key: Key[Array, ""]
  base_rates: Float[Array, " T"]


def create(
  init: Callable[[Key[Array, ""]], tuple[Any, Any]],
  tx: optax.GradientTransformation,
  *,
  key: Key[Array, ""],
  base_rates: Float[Array | np.ndarray, " T"],
) -> TrainState:
  """Initial state of a run.

  Args:
    init: Maps a key to (params, batch_stats), such as a model's `init`.
    tx: The optimizer.
    key: Random key; one half initialises, the other belongs to the steps.
    base_rates: `[T]` base rates of the training fold, nan where an AU is
      annotated nowhere.

  Returns:
    The state at step 0.

  Raises:
    ValueError: If base_rates is not one row of rates in [0, 1].

  Example:
    >>> init = lambda key: ({"w": jax.random.normal(key, (3,))}, {})
    >>> state = create(
    ...   init, optax.sgd(0.1), key=jax.random.key(0), base_rates=[0.1, 0.5]
    ... )
    >>> int(state.step), state.params["w"].shape
    (0, (3,))
  """
  rates = np.asarray(base_rates, np.float32)
  if rates.ndim != 1 or (rates < 0).any() or (rates > 1).any():
    raise ValueError(
      f"expected base rates [T] in [0, 1], got shape {rates.shape} with values"
      f" {rates.ravel()[:20]}; use `labels.base_rates` of the training fold"
    )
  init_key, step_key = jax.random.split(key)
  params, batch_stats = init(init_key)
  return TrainState(
    params=params,
    batch_stats=batch_stats,
    opt_state=tx.init(params),
    step=jnp.zeros((), jnp.int32),
    key=step_key,
    base_rates=jnp.asarray(rates),
  )
