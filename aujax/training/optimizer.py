"""Optimizers and rate schedules of the papers.

Durations are given in epochs; `epoch_steps` is the one place where they become
steps. Rates are per parameter group, and a parameter's group is the top-level
name it lives under: backbone, encoder, decoder, or rest for everything else.
"""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import jax
import optax

GROUPS = ("backbone", "encoder", "decoder")
REST = "rest"


def create(
  name: str, *, steps_per_epoch: int, num_epochs: float, **options
) -> optax.GradientTransformation:
  """Makes an optimizer by its name.

  Args:
    name: "adamw_exponential", "adamw_cosine" or "adam_step".
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
  known = {f.__name__: f for f in (adamw_exponential, adamw_cosine, adam_step)}
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


def epoch_steps(num_epochs: float, *, steps_per_epoch: int) -> int:
  """Turns a duration in epochs into steps.

  Args:
    num_epochs: Duration, fractions allowed.
    steps_per_epoch: Batches per epoch.

  Returns:
    The nearest number of steps.

  Raises:
    ValueError: If the duration is negative or an epoch has no step.

  Example:
    >>> epoch_steps(2.5, steps_per_epoch=100)
    250
  """
  if num_epochs < 0 or steps_per_epoch < 1:
    raise ValueError(
      "expected a duration of at least 0 epochs and at least 1 step per epoch,"
      f" got {num_epochs} epochs of {steps_per_epoch} steps"
    )
  return round(num_epochs * steps_per_epoch)


def exponential_decay(
  rate: float,
  *,
  steps_per_epoch: int,
  factor: float = 0.75,
  staircase: bool = True,
) -> optax.Schedule:
  """Rate times factor^epoch: exponential decay per epoch.

  The Robin Hood paper (Tallec et al. 2023, section 3.2) trains for 2 epochs
  with factor 0.75. Read here as a rate that steps once per epoch, so that the
  second epoch runs at 0.75 of the initial rate; `staircase=False` decays from
  step to step instead.

  Args:
    rate: Initial rate.
    steps_per_epoch: Batches per epoch.
    factor: What the rate is multiplied by per epoch.
    staircase: Whether it changes between epochs only.

  Returns:
    Maps a step to its rate.

  Example:
    >>> schedule = exponential_decay(1e-5, steps_per_epoch=10)
    >>> [f"{float(schedule(step)):.2e}" for step in (0, 9, 10)]
    ['1.00e-05', '1.00e-05', '7.50e-06']
  """
  return optax.exponential_decay(
    rate,
    transition_steps=epoch_steps(1, steps_per_epoch=steps_per_epoch),
    decay_rate=factor,
    staircase=staircase,
  )


def cosine(
  rate: float,
  *,
  steps_per_epoch: int,
  num_epochs: float,
  warmup_epochs: float = 0.0,
) -> optax.Schedule:
  """Linear warm-up from 0, then half a cosine down to 0.

  Args:
    rate: Highest rate.
    steps_per_epoch: Batches per epoch.
    num_epochs: Whole duration, the warm-up included.
    warmup_epochs: Duration of the warm-up, shorter than the whole.

  Returns:
    Maps a step to its rate.

  Raises:
    ValueError: If the warm-up is as long as the whole run.

  Example:
    >>> schedule = cosine(
    ...   0.1, steps_per_epoch=10, num_epochs=3, warmup_epochs=1
    ... )
    >>> [round(float(schedule(step)), 3) for step in (0, 10, 20, 30)]
    [0.0, 0.1, 0.05, 0.0]
  """
  if warmup_epochs >= num_epochs:
    raise ValueError(
      f"expected a warm-up shorter than the run, got {warmup_epochs} of"
      f" {num_epochs} epochs"
    )
  return optax.warmup_cosine_decay_schedule(
    0.0 if warmup_epochs else rate,
    rate,
    warmup_steps=epoch_steps(warmup_epochs, steps_per_epoch=steps_per_epoch),
    decay_steps=epoch_steps(num_epochs, steps_per_epoch=steps_per_epoch),
  )


def transformer_rate(
  base: float = 4e-8, *, batch_size: int, num_queries: int, width: int
) -> float:
  """Initial rate of an attention part, scaled by its size.

  Tallec et al. 2023, section 3.2: lambda_t = lambda_0 B q / sqrt(d).

  Args:
    base: lambda_0.
    batch_size: B, examples per step over all devices.
    num_queries: q, the number P of positions in self-attention and the number
      T of AUs in cross-attention.
    width: d, width of a token.

  Returns:
    lambda_t.

  Example:
    >>> sizes = dict(batch_size=32, width=768)
    >>> f"{transformer_rate(num_queries=196, **sizes):.2e}"
    '9.05e-06'
    >>> f"{transformer_rate(num_queries=8, **sizes):.2e}"
    '3.70e-07'
  """
  return base * batch_size * num_queries / width**0.5


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
  `transformer_rate`.

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
    schedule = exponential_decay(
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
    schedule = cosine(
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
  drop = epoch_steps(drop_epochs, steps_per_epoch=steps_per_epoch)
  schedule = optax.piecewise_constant_schedule(rate, {drop: factor})
  return optax.adam(schedule, b1, b2)


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
