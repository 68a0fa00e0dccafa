"""Optimizers of the papers, by name.

Rates are per parameter group, and a parameter's group is the top-level name it
lives under: backbone, encoder, decoder, or rest for everything else.
"""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import jax
import optax

from aujax.training import schedules

GROUPS = ("backbone", "encoder", "decoder")
REST = "rest"


def create(
  name: str, *, steps_per_epoch: int, num_epochs: float, **options
) -> optax.GradientTransformation:
  """Makes an optimizer by its name.

  Args:
    name: "adamw_exponential", "adamw_cosine", "adam_step" or "sgd_step".
    steps_per_epoch: Batches per epoch.
    num_epochs: Whole duration, for the schedules that depend on it.
    **options: What the function of that name takes besides.

  Returns:
    The optimizer.

  Raises:
    ValueError: If there is no such optimizer or it has no such option; the
      known ones are listed.

  Example:
    >>> tx = create("adam_step", steps_per_epoch=100, num_epochs=10, rate=1e-3)
  """
  functions = (adamw_exponential, adamw_cosine, adam_step, sgd_step)
  known = {function.__name__: function for function in functions}
  if name not in known:
    raise ValueError(f"expected an optimizer among {list(known)}, got {name!r}")
  durations = {"steps_per_epoch": steps_per_epoch, "num_epochs": num_epochs}
  accepted = list(inspect.signature(known[name]).parameters)
  free = [option for option in accepted if option not in durations]
  if not set(options) <= set(free):
    raise ValueError(
      f"expected options of {name} among {free}, got {sorted(options)}"
    )
  for duration, value in durations.items():
    if duration in accepted:
      options[duration] = value
  return known[name](**options)


def adamw_exponential(
  rates: float | Mapping[str, float],
  *,
  steps_per_epoch: int,
  weight_decay: float,
  factor: float = 0.75,
  staircase: bool = True,
  b1: float = 0.9,
  b2: float = 0.999,
) -> optax.GradientTransformation:
  """AdamW with exponential decay per epoch and one rate per part.

  Tallec et al. 2023, section 3.2: the backbone starts at 1e-5 (DISFA) or 5e-5
  (BP4D), self-attention (encoder) and cross-attention (decoder) at
  `schedules.transformer_rate`.

  The paper does not print its weight decay. Code its authors published for a
  sibling gives decay the value and schedule of the rate and, as we read its
  library, does not multiply it by the rate; here decay is multiplied by the
  rate, so that reading is `weight_decay=1.0`. Only arrays of rank 2 and above
  decay: biases and normalisation stay.

  Args:
    rates: Initial rate for all parameters, or one per group: "backbone",
      "encoder", "decoder", and "rest" for whatever has no entry of its own.
    steps_per_epoch: Batches per epoch.
    weight_decay: Decay per step, as a multiple of the rate.
    factor: What the rates are multiplied by per epoch.
    staircase: Whether they change between epochs only.
    b1: Decay of the first moment.
    b2: Decay of the second moment.

  Returns:
    The optimizer.

  Raises:
    ValueError: If rates names an unknown group; at `init`, if a parameter's
      group has no rate.

  Example:
    >>> tx = adamw_exponential(
    ...   {"backbone": 1e-5, "encoder": 9e-6, "decoder": 4e-7, "rest": 1e-5},
    ...   steps_per_epoch=1000,
    ...   weight_decay=1.0,
    ... )
  """

  def build(rate):
    schedule = schedules.exponential_decay(
      rate, steps_per_epoch=steps_per_epoch, factor=factor, staircase=staircase
    )
    return optax.adamw(
      schedule, b1, b2, weight_decay=weight_decay, mask=_is_matrix
    )

  return per_group(build, rates)


def adamw_cosine(
  rates: float | Mapping[str, float],
  *,
  steps_per_epoch: int,
  num_epochs: float,
  warmup_epochs: float = 0.0,
  weight_decay: float = 1e-4,
) -> optax.GradientTransformation:
  """AdamW with a warm-up and half a cosine, and one rate per part.

  No paper's recipe: what trains a small network from scratch in few epochs.

  Args:
    rates: Highest rate, or one per group as in `adamw_exponential`.
    steps_per_epoch: Batches per epoch.
    num_epochs: Whole duration.
    warmup_epochs: Duration of the warm-up.
    weight_decay: Decay per step, as a multiple of the rate, of arrays of rank
      2 and above.

  Returns:
    The optimizer.

  Example:
    >>> tx = adamw_cosine(3e-3, steps_per_epoch=100, num_epochs=5)
  """

  def build(rate):
    schedule = schedules.cosine(
      rate,
      steps_per_epoch=steps_per_epoch,
      num_epochs=num_epochs,
      warmup_epochs=warmup_epochs,
    )
    return optax.adamw(schedule, weight_decay=weight_decay, mask=_is_matrix)

  return per_group(build, rates)


def adam_step(
  rate: float = 1e-3,
  *,
  steps_per_epoch: int,
  drop_epochs: float = 5,
  factor: float = 0.1,
  b1: float = 0.9,
  b2: float = 0.999,
) -> optax.GradientTransformation:
  """Adam whose rate drops once.

  Attention-based method (Le Hoai et al. 2022), section 4.2: 1e-3, 1e-4 after
  5 epochs, with b1 0.9 and b2 0.999.

  Args:
    rate: Initial rate.
    steps_per_epoch: Batches per epoch.
    drop_epochs: Epochs at the initial rate.
    factor: What the rate is multiplied by after them.
    b1: Decay of the first moment.
    b2: Decay of the second moment.

  Returns:
    The optimizer.

  Example:
    >>> tx = adam_step(steps_per_epoch=1000)
  """
  drop = schedules.epoch_steps(drop_epochs, steps_per_epoch=steps_per_epoch)
  schedule = optax.piecewise_constant_schedule(rate, {drop: factor})
  return optax.adam(schedule, b1, b2)


def sgd_step(
  rate: float = 1e-3,
  *,
  steps_per_epoch: int,
  drop_epochs: float = 10,
  factor: float = 0.1,
  momentum: float = 0.9,
  weight_decay: float = 5e-4,
) -> optax.GradientTransformation:
  """Gradient descent with momentum whose rate drops again and again.

  Chu et al. 2019, section 4.2: rate 1e-3, momentum 0.9, weight decay 5e-4, and
  a rate that is lowered by hand when the validation loss stops falling; here
  it drops every so many epochs, as Ji et al. 2020, section 4.2, do (from 1e-2,
  by 10 every 10 epochs, with a decay of 1e-5). Decay is added to the gradient,
  as in Caffe; only arrays of rank 2 and above decay.

  Args:
    rate: Initial rate.
    steps_per_epoch: Batches per epoch.
    drop_epochs: Epochs between drops.
    factor: What the rate is multiplied by at each.
    momentum: Share of the last update that goes on.
    weight_decay: What is added to the gradient, times the parameter.

  Returns:
    The optimizer.

  Example:
    >>> tx = sgd_step(steps_per_epoch=1000)
  """
  schedule = optax.exponential_decay(
    rate,
    schedules.epoch_steps(drop_epochs, steps_per_epoch=steps_per_epoch),
    factor,
    staircase=True,
  )
  return optax.chain(
    optax.add_decayed_weights(weight_decay, mask=_is_matrix),
    optax.sgd(schedule, momentum),
  )


def per_group(
  build: Callable[[float], optax.GradientTransformation],
  rates: float | Mapping[str, float],
) -> optax.GradientTransformation:
  """One optimizer for each group of parameters, differing in their rate.

  Args:
    build: Makes an optimizer from a rate.
    rates: One rate, or a rate per group, as in `adamw_exponential`.

  Returns:
    The optimizer of all parameters.

  Raises:
    ValueError: If rates names an unknown group; at `init`, if a parameter's
      group has no rate.

  Example:
    >>> tx = per_group(optax.sgd, {"backbone": 0.1, "rest": 1.0})
    >>> params = {"backbone": {"w": 0.0}, "head": {"w": 0.0}}
    >>> updates, _ = tx.update(
    ...   jax.tree.map(lambda _: 1.0, params), tx.init(params), params
    ... )
    >>> updates["backbone"]["w"], updates["head"]["w"]
    (-0.1, -1.0)
  """
  if not isinstance(rates, Mapping):
    return build(rates)
  unknown = set(rates) - {*GROUPS, REST}
  if unknown:
    raise ValueError(
      f"expected rates for the groups {', '.join((*GROUPS, REST))}, got"
      f" {', '.join(sorted(unknown))}"
    )
  return optax.partition(
    {group: build(rate) for group, rate in rates.items()},
    lambda params: group_labels(params, known=tuple(rates)),
  )


def group_labels(
  params: Any, *, known: tuple[str, ...] = (*GROUPS, REST)
) -> Any:
  """The group of each parameter, from its top-level name.

  Args:
    params: A dict pytree of parameters.
    known: Groups that exist; a parameter of another goes to "rest".

  Returns:
    A pytree like params with a group's name at each leaf.

  Raises:
    ValueError: If a parameter needs "rest" and it is not known.

  Example:
    >>> group_labels({"encoder": {"w": 1.0}, "head": {"w": 1.0}})
    {'encoder': {'w': 'encoder'}, 'head': {'w': 'rest'}}
  """

  def label(path, _):
    name = str(getattr(path[0], "key", path[0]))
    if name in known:
      return name
    if REST in known:
      return REST
    raise ValueError(
      f"expected a rate for parameter {jax.tree_util.keystr(path)}, got rates"
      f" for {', '.join(known)} only; add one for {REST!r}"
    )

  return jax.tree_util.tree_map_with_path(label, params)


def _is_matrix(params):
  return jax.tree.map(lambda leaf: leaf.ndim >= 2, params)
