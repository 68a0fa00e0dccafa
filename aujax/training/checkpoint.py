"""Checkpoints on disk: the latest and the best, written in the background.

A thin layer over Orbax. A checkpoint appears under its step's number only once
it is whole, so a killed process leaves the one before; what it leaves half
written is removed when the folder is next opened.
"""

import dataclasses
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import jax
from orbax.checkpoint import v1 as ocp

from aujax.training import state as state_lib


class Checkpoints:
  """The checkpoints of one run: its latest and its best, never one alone.

  The best is the one with the highest validation score, the earlier one of
  equals; a checkpoint saved without a score is never the best. It is a context
  manager, which waits for what is being written.

  Args:
    directory: Folder of the run's checkpoints, made if missing.
    identity: What a checkpoint must agree with to be continued, as names and
      JSON values, such as {"config": digest}.

  Example:
    >>> import tempfile, jax.numpy as jnp, optax
    >>> state = state_lib.create(
    ...   lambda key: ({"w": jnp.ones(2)}, {}),
    ...   optax.sgd(0.1),
    ...   key=jax.random.key(0),
    ...   base_rates=[0.5],
    ... )
    >>> folder = tempfile.mkdtemp()
    >>> with Checkpoints(folder) as checkpoints:
    ...   checkpoints.save(10, state, meta={"epoch": 1}, score=0.5)
    ...   checkpoints.save(15, state, meta={"epoch": 1})
    >>> with Checkpoints(folder) as checkpoints:
    ...   restored, meta = checkpoints.restore(state)
    ...   checkpoints.latest, checkpoints.best, meta
    (15, 10, {'epoch': 1})
  """

  def __init__(
    self,
    directory: str | pathlib.Path,
    *,
    identity: Mapping[str, Any] | None = None,
  ):
    self.directory = pathlib.Path(directory).absolute()
    self.identity = dict(identity or {})
    self._checkpointer = ocp.training.Checkpointer(
      self.directory,
      preservation_policy=_LatestAndBest(),
      cleanup_tmp_directories=True,
    )

  def __enter__(self) -> "Checkpoints":
    return self

  def __exit__(self, *exception) -> None:
    self.close()

  @property
  def latest(self) -> int | None:
    """Step of the latest checkpoint, None if there is none."""
    latest = self._checkpointer.latest
    return None if latest is None else latest.step

  @property
  def best(self) -> int | None:
    """Step of the checkpoint with the highest score, None if none has one."""
    return _best(self._checkpointer.checkpoints)

  def save(
    self,
    step: int,
    state: state_lib.TrainState,
    *,
    meta: Mapping[str, Any],
    score: float | None = None,
  ) -> None:
    """Starts writing a checkpoint; waits only for the one before.

    The arrays are copied before this returns, so that a step may donate them.

    Args:
      step: The step the state is of, later than any saved.
      state: The state.
      meta: JSON values to come back from `restore`.
      score: Validation score, if it was measured.
    """
    self._checkpointer.save_async(
      step,
      state,
      force=True,
      metrics=None if score is None else {"score": float(score)},
      custom_metadata={"identity": self.identity, "meta": dict(meta)},
    )

  def restore(
    self, like: state_lib.TrainState, *, step: int | None = None
  ) -> tuple[state_lib.TrainState, dict[str, Any]]:
    """Reads a checkpoint back.

    Args:
      like: A state of the same structure, shapes and placement; its values are
        not read, and it may hold `jax.ShapeDtypeStruct`.
      step: Which one; the latest by default.

    Returns:
      The state, placed as `like` is, and the meta it was saved with.

    Raises:
      FileNotFoundError: If there is none.
      ValueError: If it belongs to a run of another identity.
    """
    self.wait()
    step = self.latest if step is None else step
    if step is None:
      raise FileNotFoundError(
        f"expected a checkpoint in {self.directory}, found none; train first"
      )
    saved = self._checkpointer.metadata(step).custom_metadata
    self._check_identity(step, saved["identity"])
    state = self._checkpointer.load(step, _abstract(like))
    # A key comes back with the sharding of its words, one dimension too many.
    key = jax.device_put(state.key, like.key.sharding)
    return dataclasses.replace(state, key=key), saved["meta"]

  def wait(self) -> None:
    """Returns when everything is on disk."""
    self._checkpointer.wait()

  def close(self) -> None:
    """Waits, then lets go of the folder."""
    self._checkpointer.close()

  def _check_identity(self, step, saved):
    for name, expected in self.identity.items():
      if saved.get(name) != expected:
        raise ValueError(
          f"expected a checkpoint with {name} {expected!r}, got"
          f" {saved.get(name)!r} at step {step} in {self.directory}; restore"
          " what the run was started with, or train into an empty folder"
        )


class _LatestAndBest:
  """Keeps two checkpoints at most."""

  def should_preserve(self, checkpoints, *, context):
    del context
    keep = {max(info.step for info in checkpoints), _best(checkpoints)}
    return [info.step in keep for info in checkpoints]


def _best(checkpoints: Sequence[Any]) -> int | None:
  scored = [info for info in checkpoints if info.metrics]
  if not scored:
    return None
  return max(scored, key=lambda x: (x.metrics["score"], -x.step)).step


def _abstract(tree):
  return jax.tree.map(
    lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype, sharding=x.sharding), tree
  )
