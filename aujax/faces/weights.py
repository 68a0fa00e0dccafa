"""The published weights of MTCNN, from the files of the package mtcnn.

Only its files are read, so that TensorFlow is not needed. They are pickles
that joblib wrote; a pickle can run any code, so here only arrays are let in.
"""

import importlib.util
import io
import math
import pathlib
import pickle
from typing import Any

import jax.numpy as jnp
import numpy as np
from flax import nnx

from aujax.faces import networks

Weights = dict[str, dict[str, Any]]


def load() -> Weights:
  """Reads the weights of the three networks.

  Returns:
    "pnet", "rnet" and "onet", each a dict pytree of float32 arrays.

  Raises:
    ModuleNotFoundError: If the package mtcnn is not installed.
    ValueError: If its files hold other arrays than these networks have.

  Example:
    >>> load()["pnet"]["conv1"]["kernel"].shape
    (3, 3, 3, 10)
  """
  folder = _folder()
  return {
    "pnet": _fill(networks.PNet(), folder / "pnet.lz4"),
    "rnet": _fill(networks.RNet(), folder / "rnet.lz4"),
    "onet": _fill(networks.ONet(), folder / "onet.lz4"),
  }


def read_arrays(data: bytes) -> list[np.ndarray]:
  """Unpickles a list of arrays that joblib wrote, and nothing else.

  Args:
    data: The pickle, with the arrays' bytes between its opcodes.

  Returns:
    The arrays.

  Raises:
    pickle.UnpicklingError: If anything but arrays is in it.

  Example:
    >>> read_arrays(pickle.dumps([print]))
    Traceback (most recent call last):
      ...
    _pickle.UnpicklingError: expected nothing but arrays, got builtins.print
  """
  file = io.BytesIO(data)

  class Wrapper:
    """Stands for an array, whose bytes follow at once in the file."""

    def __setstate__(self, state: dict[str, Any]):
      if state.get("numpy_array_alignment_bytes"):
        file.read(file.read(1)[0])
      shape, dtype = state["shape"], state["dtype"]
      values = file.read(math.prod(shape) * dtype.itemsize)
      self.array = np.frombuffer(values, dtype).reshape(shape)

  known = {
    ("joblib.numpy_pickle", "NumpyArrayWrapper"): Wrapper,
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
  }

  class Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> type:
      if (module, name) not in known:
        raise pickle.UnpicklingError(
          f"expected nothing but arrays, got {module}.{name}"
        )
      return known[module, name]

  return [wrapper.array for wrapper in Unpickler(file).load()]


def _folder() -> pathlib.Path:
  # Finds the package without running it, which would import TensorFlow.
  package = importlib.util.find_spec("mtcnn")
  if package is None:
    raise ModuleNotFoundError(
      "expected the package mtcnn, whose files are the face detector's "
      'weights, but it is not installed; run pip install "aujax[faces]"'
    )
  return pathlib.Path(package.submodule_search_locations[0], "assets/weights")


def _fill(network: nnx.Module, path: pathlib.Path) -> dict[str, Any]:
  """Returns the network's parameters with the values of a file."""
  import lz4.frame  # Comes with the package mtcnn, in the extra "faces".

  arrays = read_arrays(lz4.frame.decompress(path.read_bytes()))
  # The file follows the order in which the layers are made.
  layers = [v for v in vars(network).values() if isinstance(v, networks.Layer)]
  params = [
    param
    for layer in layers
    for param in (layer.kernel, layer.bias, layer.slope)
    if param is not None
  ]
  expected = [param.size for param in params]
  if [array.size for array in arrays] != expected:
    raise ValueError(
      f"expected arrays of {expected} numbers in {path}, got "
      f"{[array.size for array in arrays]}; install mtcnn 1.0"
    )
  for param, array in zip(params, arrays, strict=True):
    param.set_value(jnp.asarray(array.reshape(param.shape)))
  return nnx.to_pure_dict(nnx.as_pure(nnx.state(network)))
