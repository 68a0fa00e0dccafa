"""Where arrays live: mesh, placement rules, and the one place that jits.

A rule maps (tree, mesh) to a tree of `NamedSharding`; `replicate` is data
parallelism, `fsdp` also spreads the state. The functions being compiled do not
change with the rule, and batch statistics are those of the global batch.
"""

from collections.abc import Callable, Mapping
from typing import Any

import jax
import numpy as np
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec
from jaxtyping import Array, Float, Num, UInt8

from aujax.training import step as step_lib

AXIS = "data"


def make_mesh(devices: list[jax.Device] | None = None) -> Mesh:
  """A one-dimensional mesh, over all devices of all processes by default.

  Args:
    devices: The devices to use.

  Returns:
    The mesh; its axis is "data".

  Example:
    >>> make_mesh().axis_names
    ('data',)
  """
  devices = jax.devices() if devices is None else devices
  return jax.make_mesh(
    (len(devices),), (AXIS,), axis_types=(AxisType.Auto,), devices=devices
  )


def replicate(tree: Any, mesh: Mesh) -> Any:
  """Rule of data parallelism: every device holds the whole state.

  Args:
    tree: A pytree of arrays or `jax.ShapeDtypeStruct`.
    mesh: The mesh.

  Returns:
    A pytree of shardings like tree.

  Example:
    >>> tuple(replicate({"w": np.zeros((4, 2))}, make_mesh())["w"].spec)
    ()
  """
  return jax.tree.map(lambda _: NamedSharding(mesh, PartitionSpec()), tree)


def fsdp(tree: Any, mesh: Mesh, *, min_size: int = 2**14) -> Any:
  """Rule of fully sharded data parallelism: large arrays are spread.

  Of each array the largest dimension that the number of devices divides is
  split; small arrays and those with no such dimension stay whole.

  Args:
    tree: A pytree of arrays or `jax.ShapeDtypeStruct`.
    mesh: The mesh.
    min_size: Number of entries from which an array is spread.

  Returns:
    A pytree of shardings like tree.

  Example:
    >>> import functools
    >>> rule = functools.partial(fsdp, min_size=1)
    >>> tuple(rule({"w": np.zeros((4, 8))}, make_mesh())["w"].spec)
    (None, 'data')
  """

  def place_leaf(leaf):
    split = [size if size % mesh.size == 0 else 0 for size in leaf.shape]
    spec = PartitionSpec()
    if leaf.size >= min_size and any(split):
      axis = int(np.argmax(split))
      spec = PartitionSpec(*(None,) * axis, AXIS)
    return NamedSharding(mesh, spec)

  return jax.tree.map(place_leaf, tree)


def place(tree: Any, shardings: Any) -> Any:
  """Copies a tree that every process holds whole onto the devices.

  Args:
    tree: A pytree of arrays, equal in all processes.
    shardings: A pytree of shardings like tree, from a rule.

  Returns:
    The tree as global arrays; its buffers are its own, so that a step may
    donate them.

  Example:
    >>> mesh = make_mesh()
    >>> tree = {"w": np.zeros((4, 8))}
    >>> place(tree, replicate(tree, mesh))["w"].shape
    (4, 8)
  """
  return jax.jit(_copy, out_shardings=shardings)(tree)


def put_batch(
  batch: Mapping[str, Num[np.ndarray, "B ..."]], mesh: Mesh
) -> dict[str, Num[Array, "..."]]:
  """Joins each process's part of a batch to global arrays.

  Args:
    batch: This process's columns of the batch; "image", "labels" and "index"
      are sent, the rest stays on the host.
    mesh: The mesh, whose devices share the examples evenly.

  Returns:
    The global batch, split along its first dimension; "index" as int32.

  Raises:
    ValueError: If the devices cannot share the batch evenly.

  Example:
    >>> images = np.zeros((4, 8, 8, 3), np.uint8)
    >>> put_batch({"image": images}, make_mesh())["image"].shape
    (4, 8, 8, 3)
  """
  sharding = NamedSharding(mesh, PartitionSpec(AXIS))
  devices = len(mesh.local_devices)
  sent = ("image", "labels", "index")
  arrays = {name: batch[name] for name in sent if name in batch}
  if "index" in arrays:
    arrays["index"] = arrays["index"].astype(np.int32)
  for name, array in arrays.items():
    if len(array) % devices:
      raise ValueError(
        f"expected a batch that {devices} devices can share evenly, got"
        f" {len(array)} examples of {name!r}; make the batch size a multiple of"
        f" {mesh.size}"
      )
  return jax.make_array_from_process_local_data(sharding, arrays)


def jit_step(step: step_lib.Step, mesh: Mesh, shardings: Any) -> step_lib.Step:
  """Compiles a step, donating the state it replaces.

  Args:
    step: From `step.make`.
    mesh: The mesh.
    shardings: Where the state lives, a rule's result for it.

  Returns:
    Maps a state and this process's part of a batch on the host to the next
    state and metrics. The state that went in is used up.

  Example:
    >>> mesh = make_mesh()
    >>> step = jit_step(
    ...   lambda state, batch: (state + 1, {"loss": batch["image"].mean()}),
    ...   mesh,
    ...   replicate(0, mesh),
    ... )
    >>> state, metrics = step(place(0, replicate(0, mesh)), {
    ...   "image": np.ones((2, 1, 1, 3), np.uint8)
    ... })
    >>> int(state), float(metrics["loss"])
    (1, 1.0)
  """
  whole = NamedSharding(mesh, PartitionSpec())
  split = NamedSharding(mesh, PartitionSpec(AXIS))
  compiled = jax.jit(
    step,
    in_shardings=(shardings, split),
    out_shardings=(shardings, whole),
    donate_argnums=0,
  )
  return lambda state, batch: compiled(state, put_batch(batch, mesh))


def jit_predict(
  predict: Callable[[Any, Any, UInt8[Array, "B H W C"]], Float[Array, "B T"]],
  mesh: Mesh,
) -> Callable[
  [Any, Any, UInt8[np.ndarray, "b H W C"]], Float[np.ndarray, "B T"]
]:
  """Compiles a prediction.

  Args:
    predict: From `step.make_predict`.
    mesh: The mesh.

  Returns:
    Maps (params, batch_stats, this process's uint8 images on the host) to the
    probabilities of the whole batch, on the host of every process.

  Example:
    >>> mesh = make_mesh()
    >>> predict = jit_predict(lambda w, _, x: w * x.mean((1, 2)), mesh)
    >>> predict(0.5, {}, np.ones((2, 4, 4, 3), np.uint8)).tolist()
    [[0.5, 0.5, 0.5], [0.5, 0.5, 0.5]]
  """
  compiled = jax.jit(
    predict, out_shardings=NamedSharding(mesh, PartitionSpec())
  )

  def run(params, batch_stats, images):
    batch = put_batch({"image": images}, mesh)
    return np.asarray(compiled(params, batch_stats, batch["image"]))

  return run


def _copy(tree):
  return jax.tree.map(lambda leaf: leaf, tree)
