"""The training loop: one function, the same call for first start and resume.

A run is a function of its plan and its initial state. Everything needed to go
on is in each checkpoint, so a run that was killed anywhere ends with the bits
of one that was not, on the same machine and number of threads.
"""

import collections
import contextlib
import dataclasses
import hashlib
import math
import pathlib
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import tqdm
from jax.experimental import multihost_utils
from jaxtyping import Int64

from aujax.training import checkpoint, interrupt, journal
from aujax.training import state as state_lib
from aujax.training import step as step_lib

# How many steps the host runs ahead of the metrics it reads.
_LAG = 2


@dataclasses.dataclass(frozen=True)
class TrainResult:
  """What a finished run leaves.

  Attributes:
    state: The state after the last step.
    params: Parameters of the epoch with the highest validation score.
    batch_stats: Batch statistics of that epoch.
    best_epoch: That epoch, counted from 1.
    history: One row per epoch: "epoch", "step", "loss" (mean over the epoch),
      what `evaluate` returned, and "seconds".
  """

  state: state_lib.TrainState
  params: Any
  batch_stats: Any
  best_epoch: int
  history: list[dict[str, Any]]


def train(
  state: state_lib.TrainState,
  step: step_lib.Step,
  *,
  plan: Callable[[int], Int64[np.ndarray, "steps B"]],
  batches: Callable[..., Iterator[Mapping[str, np.ndarray]]],
  num_epochs: int,
  evaluate: Callable[[Any, Any], Mapping[str, Any]],
  checkpoints: checkpoint.Checkpoints,
  log_path: str | pathlib.Path | None = None,
  log_every_steps: int = 10,
  save_every_steps: int | None = None,
  progress: bool = True,
  label: str = "train",
) -> TrainResult:
  """Trains from the latest checkpoint, or from the start if there is none.

  What happens when, and why:

  1. The latest checkpoint is read, and lines of the metrics file that are
     later than it are dropped: they will be written again.
  2. A step is dispatched before metrics of earlier steps are read, so that the
     device never waits for the host. Every metric is read in the end; one that
     is not finite stops the run.
  3. Before a checkpoint all metrics so far are read and written, and the
     parameters looked at, which metrics tell of one step late: what is saved
     is known to be finite, and the file lacks nothing the checkpoint has seen.
  4. At an epoch's end comes the evaluation, then its line, then its
     checkpoint, which holds the score. Killed in between, the evaluation is
     repeated with the same result.
  5. Ctrl-C and SIGTERM are heeded between steps, after a checkpoint.

  Args:
    state: The initial state; its buffers are used up.
    step: Maps (state, batch) to (state, metrics), from `sharding.jit_step`;
      metrics has "loss" and holds scalars.
    plan: Maps an epoch, from 0, to its examples, int64 `[steps, B]`.
    batches: Called as (plan of the epoch, start_step=); yields its batches
      from that step on.
    num_epochs: Number of epochs in all.
    evaluate: Maps (params, batch_stats) to values to record, among them
      "score", the validation score that decides which epoch is best.
    checkpoints: The run's checkpoints.
    log_path: JSONL file of metrics: a line with "step" and the step's metrics,
      and after each epoch its history row.
    log_every_steps: How often a step's metrics are written.
    save_every_steps: Checkpoints inside epochs; only at their ends by default.
    progress: Whether to show a progress bar on a terminal.
    label: Name in front of the bar.

  Returns:
    The final state, the best epoch's parameters, and the history.

  Raises:
    ValueError: If a checkpoint is of another run, processes have different
      plans, or batches or evaluate do not deliver what is expected.
    FloatingPointError: If a metric or parameter is not finite; it names the
      step, and the last good checkpoint stays.
    KeyboardInterrupt: After Ctrl-C, once a checkpoint is written.
    SystemExit: With code 143 after SIGTERM, once a checkpoint is written.
  """
  if num_epochs < 1:
    raise ValueError(f"expected at least 1 epoch, got {num_epochs}")
  first = plan(0)
  state, cursor = _resume(state, first, checkpoints)
  count = int(state.step)
  with contextlib.ExitStack() as stack:
    log = stack.enter_context(journal.Journal(log_path, last_step=count))
    stop = stack.enter_context(interrupt.Interrupt())
    bar = stack.enter_context(
      tqdm.tqdm(
        desc=label,
        total=num_epochs * len(first),
        initial=count,
        unit="step",
        # None: shown on a terminal only.
        disable=None if progress and jax.process_index() == 0 else True,
      )
    )
    watch = _Watch(cursor, log, bar, checkpoints, log_every_steps)
    for epoch in range(cursor.epoch, num_epochs):
      started = time.monotonic()
      order = plan(epoch)
      with _closing(batches(order, start_step=cursor.position)) as stream:
        for batch in stream:
          state, metrics = step(state, batch)
          count += 1
          cursor.position += 1
          watch.add(count, metrics)
          stopping = stop.poll(count)
          is_due = save_every_steps and count % save_every_steps == 0
          if cursor.position < len(order) and (stopping or is_due):
            watch.drain()
            _check_parameters(state, count, checkpoints)
            checkpoints.save(count, state, meta=dataclasses.asdict(cursor))
            if stopping:
              checkpoints.wait()
              stop.leave()
      watch.drain()
      _check_length(cursor.position, len(order), epoch)
      row = {"epoch": epoch + 1, "step": count}
      row["loss"] = cursor.loss_sum / len(order)
      row.update(_evaluate(evaluate, state, row, checkpoints))
      row["seconds"] = round(time.monotonic() - started, 3)
      log.write(row)
      cursor.next_epoch(row)
      checkpoints.save(
        count, state, meta=dataclasses.asdict(cursor), score=row["score"]
      )
      if stop.requested:
        checkpoints.wait()
        stop.leave()
    checkpoints.wait()
  best, _ = checkpoints.restore(state, step=checkpoints.best)
  best_epoch = next(
    row["epoch"] for row in cursor.history if row["step"] == checkpoints.best
  )
  return TrainResult(
    state, best.params, best.batch_stats, best_epoch, cursor.history
  )


@dataclasses.dataclass
class _Cursor:
  """Where a run stands, apart from its state; saved with each checkpoint."""

  plan: str
  epoch: int = 0
  position: int = 0
  loss_sum: float = 0.0
  history: list[dict[str, Any]] = dataclasses.field(default_factory=list)

  def next_epoch(self, row):
    self.history.append(row)
    self.epoch += 1
    self.position = 0
    self.loss_sum = 0.0


class _Watch:
  """Reads metrics some steps late, checks that they are finite, logs them."""

  def __init__(self, cursor, log, bar, checkpoints, log_every_steps):
    self._cursor, self._log, self._bar = cursor, log, bar
    self._checkpoints = checkpoints
    self._log_every_steps = log_every_steps
    self._pending = collections.deque()

  def add(self, step, metrics):
    self._pending.append((step, metrics))
    while len(self._pending) > _LAG:
      self._read(*self._pending.popleft())

  def drain(self):
    while self._pending:
      self._read(*self._pending.popleft())

  def _read(self, step, metrics):
    values = {name: float(value) for name, value in metrics.items()}
    for name, value in values.items():
      if not math.isfinite(value):
        raise FloatingPointError(
          f"expected finite metrics, got {name} {value} at step {step}; lower"
          " the learning rate or look at that step's batch"
          f" ({_last_good(self._checkpoints)})"
        )
    self._cursor.loss_sum += values["loss"]
    if step % self._log_every_steps == 0:
      self._log.write({"step": step, **values})
    self._bar.set_postfix_str(f"loss {values['loss']:.3f}", refresh=False)
    self._bar.update()


def _check_parameters(state, step, checkpoints):
  if not _all_finite(state.params):
    raise FloatingPointError(
      f"expected finite parameters, got others after step {step}; lower the"
      f" learning rate ({_last_good(checkpoints)})"
    )


@jax.jit
def _all_finite(tree):
  leaves = jax.tree.leaves(tree)
  return jnp.stack([jnp.isfinite(leaf).all() for leaf in leaves]).all()


def _last_good(checkpoints):
  if checkpoints.latest is None:
    return "no checkpoint was written before it"
  where = checkpoints.directory
  return f"the checkpoint of step {checkpoints.latest} stays in {where}"


def _resume(state, first_plan, checkpoints):
  digest = hashlib.sha256(np.ascontiguousarray(first_plan)).hexdigest()[:16]
  _check_agreement(digest)
  if checkpoints.latest is None:
    return state, _Cursor(plan=digest)
  state, meta = checkpoints.restore(state)
  cursor = _Cursor(**meta)
  if cursor.plan != digest:
    raise ValueError(
      "expected the plan of examples that the run was started with"
      f" ({cursor.plan}), got another ({digest}) for the checkpoint in"
      f" {checkpoints.directory}; restore data, seed and batch size, or train"
      " into an empty folder"
    )
  return state, cursor


def _check_agreement(digest):
  """Stops hosts that would train on columns of different plans."""
  if jax.process_count() == 1:
    return
  own = np.frombuffer(bytes.fromhex(digest), np.uint8)
  if (multihost_utils.process_allgather(own) != own).any():
    raise ValueError(
      "expected the same plan of examples in all processes, got another in"
      f" process {jax.process_index()} ({digest}) than elsewhere; give all the"
      " same records, config and library versions"
    )


@contextlib.contextmanager
def _closing(stream):
  """Ends a pipeline's workers also when the loop is left early."""
  try:
    yield stream
  finally:
    if hasattr(stream, "close"):
      stream.close()


def _check_length(num_batches, num_steps, epoch):
  if num_batches != num_steps:
    raise ValueError(
      f"expected {num_steps} batches in epoch {epoch + 1}, got {num_batches};"
      " batches must yield one per row of its plan from start_step on"
    )


def _evaluate(evaluate, state, row, checkpoints):
  """What evaluate returns, as JSON values, its score known to be finite."""
  _check_parameters(state, row["step"], checkpoints)
  try:
    values = evaluate(state.params, state.batch_stats)
  except FloatingPointError as error:
    where = f"after step {row['step']}; {_last_good(checkpoints)}"
    raise FloatingPointError(f"{error} ({where})") from error
  values = {
    name: np.asarray(value).tolist()
    if isinstance(value, (np.ndarray, np.generic, jax.Array))
    else value
    for name, value in values.items()
  }
  score = values.get("score")
  if not isinstance(score, (int, float)) or not math.isfinite(score):
    raise ValueError(
      f"expected a finite 'score' from evaluate after epoch {row['epoch']}, got"
      f" {score!r}; does the validation set have positives?"
    )
  return values
