"""Learning rates over time, and how they scale with a network's parts.

Durations are given in epochs; `epoch_steps` is the one place where they become
steps.
"""

import optax


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
