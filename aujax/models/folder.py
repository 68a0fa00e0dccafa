"""A trained model to hand on: a folder that holds all that its use needs.

params.safetensors    the weights
model.json            network, AUs, what goes in and how to read what comes
                      out, and what it was trained on
"""

import dataclasses
import json
import os
import pathlib
import shutil
from typing import Any

import jax
import numpy as np
import safetensors
from safetensors import numpy as arrays

from aujax import models

_WEIGHTS, _DESCRIPTION = "params.safetensors", "model.json"
_FORMAT = 1
# What stands before a weight's name: what training adjusts, what it averages.
_GROUPS = ("params", "batch_stats")


@dataclasses.dataclass(frozen=True)
class Description:
  """What model.json says.

  Attributes:
    network: Name of the network.
    options: Its options, as for `models.create`.
    aus: FACS numbers of the T outputs.
    stored_size: Height and width of a face's picture, in pixels.
    image_size: Height and width of its centre, which the network gets.
    standardize: Whether each image is standardized by itself; otherwise all
      are brought from 0-255 to [-1, 1].
    thresholds: `[T]`; an AU counts as present from this probability on.
    threshold_rule: How they were chosen, on validation subjects.
    base_rates: `[T]`, share of the training frames that show the AU.
    training: What it was trained on and how, for a person to read.
  """

  network: str
  options: dict[str, Any]
  aus: tuple[int, ...]
  stored_size: int
  image_size: int
  standardize: bool
  thresholds: tuple[float, ...]
  threshold_rule: str
  base_rates: tuple[float, ...]
  training: dict[str, Any]


@dataclasses.dataclass(frozen=True, eq=False)
class Trained:
  """A network with its weights.

  Attributes:
    description: What it is and how it is used.
    model: The network's functions.
    params: Its parameters.
    batch_stats: Its running averages.
  """

  description: Description
  model: models.Model
  params: models.Tree
  batch_stats: models.Tree


def write(
  directory: str | pathlib.Path,
  description: Description,
  params: models.Tree,
  batch_stats: models.Tree,
) -> None:
  """Writes a model folder; it appears when it is complete.

  Args:
    directory: Folder to write; one that is there is replaced.
    description: What the model is.
    params: Its parameters.
    batch_stats: Its running averages.

  Example:
    >>> import tempfile
    >>> model = models.create("attention_cnn", num_outputs=1, features=(4, 8))
    >>> description = Description(
    ...   network="attention_cnn", options={"features": (4, 8)}, aus=(12,),
    ...   stored_size=20, image_size=16, standardize=True, thresholds=(0.5,),
    ...   threshold_rule="fixed", base_rates=(0.1,), training={},
    ... )
    >>> with tempfile.TemporaryDirectory() as root:
    ...   write(f"{root}/m", description, *model.init(jax.random.key(0)))
    ...   read(f"{root}/m").description.aus
    (12,)
  """
  directory = pathlib.Path(directory).absolute()
  incomplete = directory.with_name(f".{directory.name}.incomplete")
  shutil.rmtree(incomplete, ignore_errors=True)
  incomplete.mkdir(parents=True)
  weights = {
    name: np.asarray(value) for name, value in _named((params, batch_stats))
  }
  arrays.save_file(weights, incomplete / _WEIGHTS)
  said = {"format": _FORMAT, **dataclasses.asdict(description)}
  text = json.dumps(said, indent=2)
  (incomplete / _DESCRIPTION).write_text(text + "\n")
  shutil.rmtree(directory, ignore_errors=True)
  os.replace(incomplete, directory)


def read(directory: str | pathlib.Path) -> Trained:
  """Reads a model folder.

  Args:
    directory: Folder that `write` wrote.

  Returns:
    The network, its weights and its description.

  Raises:
    FileNotFoundError: If there is no such folder or a file is missing.
    ValueError: If a file does not read, or weights and network do not fit.
  """
  directory = pathlib.Path(directory)
  description = _description(directory / _DESCRIPTION)
  model = models.create(
    description.network,
    num_outputs=len(description.aus),
    **description.options,
  )
  like = jax.eval_shape(model.init, jax.random.key(0))
  weights = _weights(directory / _WEIGHTS)
  expected = {name: value.shape for name, value in _named(like)}
  found = {name: value.shape for name, value in weights.items()}
  if found != expected:
    name = min(k for k in expected | found if found.get(k) != expected.get(k))
    raise ValueError(
      f"expected the weights of {description.network} in "
      f"{directory / _WEIGHTS}, got {name} of shape {found.get(name)} instead "
      f"of {expected.get(name)}; model.json and weights are of two models"
    )
  leaves = [weights[name] for name in expected]
  tree = jax.tree.unflatten(jax.tree.structure(like), leaves)
  return Trained(description, model, *tree)


def _named(tree: Any) -> list[tuple[str, Any]]:
  """Names and values of all weights, such as "params.blocks.0.kernel"."""
  paths, _ = jax.tree.flatten_with_path(tree)
  names = (
    ".".join(
      (
        _GROUPS[path[0].idx],
        jax.tree_util.keystr(path[1:], simple=True, separator="."),
      )
    )
    for path, _ in paths
  )
  return [(name, value) for name, (_, value) in zip(names, paths, strict=True)]


def _description(path: pathlib.Path) -> Description:
  if not path.is_file():
    raise FileNotFoundError(
      f"expected a model folder with {path.name} at {path.parent}, found none; "
      "aujax-train and aujax-crossvalidate write one beside each trial's scores"
    )
  names = [field.name for field in dataclasses.fields(Description)]
  try:
    said = json.loads(path.read_text())
    version, values = said.pop("format"), [said.pop(name) for name in names]
  except (AttributeError, KeyError, TypeError, ValueError) as error:
    raise ValueError(
      f"expected a model's description in {path}, but it does not read as one "
      f"({error!r}); copy the model again"
    ) from error
  if version != _FORMAT:
    raise ValueError(
      f"expected a model of format {_FORMAT} in {path}, got format {version}; "
      "use the aujax that wrote it"
    )
  values = [tuple(v) if isinstance(v, list) else v for v in values]
  return Description(*values)


def _weights(path: pathlib.Path) -> dict[str, np.ndarray]:
  if not path.is_file():
    raise FileNotFoundError(f"expected weights in {path}, found no such file")
  try:
    return arrays.load_file(path)
  except safetensors.SafetensorError as error:
    raise ValueError(
      f"expected weights in {path}, but they do not read ({error}); copy the "
      "model again"
    ) from error
