"""A trained model to hand on: a folder that holds all that its use needs.

    params.safetensors    the weights
    model.json            network, AUs, what goes in and how to read what comes
                          out, and what it was trained on

An ensemble is a folder of such folders, with an ensemble.json that says how
they are combined. Without it, their probabilities and thresholds are averaged:
the folder of a method, with the models of all folds and repeats, is one.
"""

import contextlib
import dataclasses
import json
import pathlib
import shutil
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import jax
import numpy as np
import safetensors
from safetensors import numpy as arrays

from aujax import models

_WEIGHTS, _DESCRIPTION = "params.safetensors", "model.json"
_ENSEMBLE = "ensemble.json"
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
    alignment: How a face's picture is cut out, as `records.Records` says.
    margin: How much is left around an aligned face, as there.
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
  alignment: str
  margin: float
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


@dataclasses.dataclass(frozen=True, eq=False)
class Ensemble:
  """Networks whose outputs are combined; or one alone.

  Attributes:
    members: The networks, of one AU set.
    how: As of `evaluation.combine`, which combines their probabilities.
    weights: One for each member; None for equal ones.
    thresholds: `[T]`; an AU counts as present from this combined value on.
    threshold_rule: How they were chosen.
  """

  members: tuple[Trained, ...]
  how: str
  weights: tuple[float, ...] | None
  thresholds: tuple[float, ...]
  threshold_rule: str

  @property
  def aus(self) -> tuple[int, ...]:
    """FACS numbers of the T outputs."""
    return self.members[0].description.aus


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
    ...   alignment="none", margin=0.0, stored_size=20, image_size=16,
    ...   standardize=True, thresholds=(0.5,), threshold_rule="fixed",
    ...   base_rates=(0.1,), training={},
    ... )
    >>> with tempfile.TemporaryDirectory() as root:
    ...   write(f"{root}/m", description, *model.init(jax.random.key(0)))
    ...   read(f"{root}/m").description.aus
    (12,)
  """
  weights = {
    name: np.asarray(value) for name, value in _named((params, batch_stats))
  }
  with _replacing(directory) as incomplete:
    arrays.save_file(weights, incomplete / _WEIGHTS)
    _write_json(incomplete / _DESCRIPTION, dataclasses.asdict(description))


def write_ensemble(
  directory: str | pathlib.Path,
  members: Sequence[str | pathlib.Path],
  *,
  how: str,
  weights: Sequence[float] | None,
  thresholds: Sequence[float],
  threshold_rule: str,
) -> None:
  """Writes an ensemble with copies of its members.

  Args:
    directory: Folder to write; one that is there is replaced.
    members: Model folders.
    how: As in `Ensemble`, and so are the others.
    weights: One for each member, or None.
    thresholds: One for each AU.
    threshold_rule: How they were chosen.
  """
  said = {
    "members": [f"member{i}" for i in range(len(members))],
    "how": how,
    "weights": weights,
    "thresholds": thresholds,
    "threshold_rule": threshold_rule,
  }
  with _replacing(directory) as incomplete:
    for member, name in zip(members, said["members"], strict=True):
      shutil.copytree(member, incomplete / name)
    _write_json(incomplete / _ENSEMBLE, said)


def load(directory: str | pathlib.Path) -> Ensemble:
  """Reads a model folder or an ensemble of them.

  Args:
    directory: A model folder, one of `write_ensemble`, or any folder with model
      folders somewhere below.

  Returns:
    The ensemble; of a model folder, one of a single member.

  Raises:
    FileNotFoundError: If there is no such folder, or no model in it.
    ValueError: If a file does not read, or members differ in their AUs.
  """
  directory = pathlib.Path(directory)
  if (directory / _ENSEMBLE).is_file():
    names = ("members", "how", "weights", "thresholds", "threshold_rule")
    folders, *options = _read_json(directory / _ENSEMBLE, names)
    members = tuple(read(directory / name) for name in folders)
  elif (directory / _DESCRIPTION).is_file():
    members = (read(directory),)
    options = _of_members(members)
  else:
    found = sorted(directory.rglob(_DESCRIPTION))
    members = tuple(read(path.parent) for path in found) or (read(directory),)
    options = _of_members(members)
  for member in members:
    if member.description.aus != members[0].description.aus:
      raise ValueError(
        f"expected models of one AU set in {directory}, got "
        f"{members[0].description.aus} and {member.description.aus}; name the "
        "folder of one method"
      )
  return Ensemble(members, *options)


def _of_members(members: Sequence[Trained]) -> tuple:
  """How to combine what no file tells about."""
  thresholds = [member.description.thresholds for member in members]
  rules = {member.description.threshold_rule: None for member in members}
  mean = tuple(np.mean(thresholds, axis=0).tolist())
  return "probabilities", None, mean, ", ".join(rules)


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
  return Description(*_read_json(path, names))


def _write_json(path: pathlib.Path, said: Mapping[str, Any]) -> None:
  text = json.dumps({"format": _FORMAT, **said}, indent=2)
  path.write_text(text + "\n")


def _read_json(path: pathlib.Path, names: Sequence[str]) -> list[Any]:
  """Reads what `_write_json` wrote, lists as tuples."""
  try:
    said = json.loads(path.read_text())
    version, values = said["format"], [said[name] for name in names]
  except (KeyError, TypeError, ValueError) as error:
    raise ValueError(
      f"expected a model's description in {path}, but it does not read as one "
      f"({error!r}); copy the model again"
    ) from error
  if version != _FORMAT:
    raise ValueError(
      f"expected a model of format {_FORMAT} in {path}, got format {version}; "
      "use the aujax that wrote it"
    )
  return [tuple(v) if isinstance(v, list) else v for v in values]


@contextlib.contextmanager
def _replacing(directory: str | pathlib.Path) -> Iterator[pathlib.Path]:
  """Gives a folder to fill, which then takes the directory's place."""
  directory = pathlib.Path(directory).absolute()
  incomplete = directory.with_name(f".{directory.name}.incomplete")
  shutil.rmtree(incomplete, ignore_errors=True)
  incomplete.mkdir(parents=True)
  yield incomplete
  shutil.rmtree(directory, ignore_errors=True)
  incomplete.rename(directory)


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
