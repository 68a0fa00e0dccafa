"""Networks: images in, one logit per Action Unit out, by the name of a module.

A network is a module of this package that defines a class `Network`; the
other modules are the layers and backbones that networks are made of.
"""

import dataclasses
import functools
import importlib
import inspect
import pkgutil
from collections.abc import Callable
from typing import Any

import jax
from flax import nnx
from jaxtyping import Array, Bool, Float, PRNGKeyArray

Tree = dict[str, Any]


def create(name: str, *, num_outputs: int, **kwargs) -> "Model":
  """Makes a network's pure functions.

  Args:
    name: A module of this package, such as "attention_cnn".
    num_outputs: Number of logits, one for each AU.
    **kwargs: Options of the network, as its `Network` class documents them.

  Returns:
    The functions; parameters are made by `Model.init`.

  Raises:
    ValueError: If the name, an option or an option's value is not known.

  Example:
    >>> model = create("attention_cnn", num_outputs=8, features=(8, 16))
    >>> params, batch_stats = model.init(jax.random.key(0))
    >>> images = jax.numpy.zeros((2, 16, 16, 3))
    >>> logits, _ = model.apply(params, batch_stats, images)
    >>> logits.shape
    (2, 8)
  """
  if name not in names():
    raise ValueError(
      f"expected the name of a network, one of {', '.join(names())}; got "
      f"{name!r}"
    )
  if not isinstance(num_outputs, int) or num_outputs < 1:
    raise ValueError(
      f"expected num_outputs to be a positive int, got {num_outputs!r}"
    )
  network = _module(name).Network
  accepted = _options(network)
  for option in kwargs:
    if option not in accepted:
      raise ValueError(
        f"expected options of {name} among {', '.join(accepted)}; got "
        f"{option!r}"
      )
  build = functools.partial(network, num_outputs, **kwargs)
  graph = nnx.split(nnx.eval_shape(lambda: build(rngs=nnx.Rngs(0))), ...)[0]
  return Model(name, num_outputs, build, graph)


def names() -> tuple[str, ...]:
  """Returns the names of the known networks.

  Example:
    >>> "attention_cnn" in names(), "layers" in names()
    (True, False)
  """
  modules = sorted(module.name for module in pkgutil.iter_modules(__path__))
  return tuple(name for name in modules if hasattr(_module(name), "Network"))


@dataclasses.dataclass(frozen=True, eq=False)
class Model:
  """A network as pure functions of plain dict pytrees, made by `create`.

  Attributes:
    name: The network's module.
    num_outputs: Number of logits.
    build: Makes the NNX module from `rngs`.
    graph: The module's structure, into which apply puts the parameters.
  """

  name: str
  num_outputs: int
  build: Callable[..., nnx.Module] = dataclasses.field(repr=False)
  graph: nnx.GraphDef = dataclasses.field(repr=False)

  def init(self, key: PRNGKeyArray) -> tuple[Tree, Tree]:
    """Draws initial parameters; works under jit and `jax.eval_shape`.

    Args:
      key: Random key.

    Returns:
      `params` and `batch_stats` (running averages), float32 dict pytrees.
    """
    module = self.build(rngs=nnx.Rngs(key))
    _, params, batch_stats = nnx.split(module, nnx.Param, nnx.BatchStat)
    return _plain(params), _plain(batch_stats)

  def apply(
    self,
    params: Tree,
    batch_stats: Tree,
    images: Float[Array, "b h w 3"],
    *,
    key: PRNGKeyArray | None = None,
    train: bool = False,
    valid: Bool[Array, " b"] | None = None,
  ) -> tuple[Float[Array, "b t"], Tree]:
    """Computes logits; pure, so it goes under jit, grad and shardings as it is.

    Args:
      params: Parameters of `init`.
      batch_stats: Running averages of `init` or of the last training step.
      images: `[b, h, w, 3]`, floating, already normalized.
      key: Random key of the dropout in training; without one there is none.
      train: Whether batch norm uses the batch's statistics, and updates the
        running averages. Static under jit.
      valid: Which examples the batch's statistics are taken of, all by
        default; an empty slot of a batch is none. No part without `train`.

    Returns:
      Logits `[b, num_outputs]`, and the running averages, updated if `train`.

    Raises:
      ValueError: If the images have another shape or are not floating.
    """
    _check_images(images)
    # Without the copy a training step would write into the caller's arrays.
    module = nnx.merge(self.graph, params, batch_stats, copy=True)
    logits = module(images, key=key, train=train, valid=valid)
    if not train:
      return logits, batch_stats
    return logits, _plain(nnx.state(module, nnx.BatchStat))

  def features(
    self, params: Tree, batch_stats: Tree, images: Float[Array, "b h w 3"]
  ) -> Float[Array, "b f"]:
    """Computes what the output layer reads: how the network sees an image.

    The logits are a linear function of it. Of "attention_cnn" it is the mean
    of the map that attention weighs, of "au_transformer" the tokens of all
    AUs, one after another.

    Args:
      params: Parameters of `init`.
      batch_stats: Running averages.
      images: `[b, h, w, 3]`, floating, already normalized.

    Returns:
      Features `[b, f]`, as in inference.

    Raises:
      ValueError: If the images have another shape or are not floating.

    Example:
      >>> model = create("attention_cnn", num_outputs=8, features=(8, 16))
      >>> variables = model.init(jax.random.key(0))
      >>> model.features(*variables, jax.numpy.zeros((2, 16, 16, 3))).shape
      (2, 16)
    """
    _check_images(images)
    module = nnx.merge(self.graph, params, batch_stats, copy=True)
    return module.features(images)

  def module(self, seed: int) -> nnx.Module:
    """Makes the network as an NNX module, for those who work with these.

    Args:
      seed: Of the initial parameters, those of `init(jax.random.key(seed))`.

    Returns:
      The module; call it with `images`, and with `key` and `train` to train.
    """
    return self.build(rngs=nnx.Rngs(jax.random.key(seed)))


def _module(name: str):
  return importlib.import_module(f"{__name__}.{name}")


def _options(network: type) -> list[str]:
  parameters = inspect.signature(network.__init__).parameters.values()
  keyword_only = inspect.Parameter.KEYWORD_ONLY
  options = [p.name for p in parameters if p.kind is keyword_only]
  return [option for option in options if option != "rngs"]


def _plain(state: nnx.State) -> Tree:
  return nnx.to_pure_dict(nnx.as_pure(state))


def _check_images(images: Array) -> None:
  if images.ndim != 4 or images.shape[-1] != 3:
    raise ValueError(
      "expected images of shape [batch, height, width, 3], got "
      f"{list(images.shape)}"
    )
  if not jax.numpy.issubdtype(images.dtype, jax.numpy.floating):
    raise ValueError(
      f"expected floating, normalized images, got {images.dtype}; normalize "
      "them first, as aujax.data.normalization.normalize does"
    )
