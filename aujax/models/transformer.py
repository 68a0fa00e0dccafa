"""Transformer layers: attention, feed-forward, and their residual order.

Tokens are `[batch, token, width]`. A random key means training with dropout.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Float, PRNGKeyArray

from aujax.models import layers

_EPSILON = 1e-6


class Layer(nnx.Module):
  """Self-attention, cross-attention to a memory, and a feed-forward part.

  Each part is a residual branch with dropout on its output (Vaswani et al.
  2017). With `norm="post"` the sum is normalized, with "pre" the branch's
  input.

  Args:
    width: Size of a token, a multiple of num_heads.
    num_heads: Number of attention heads.
    mlp_ratio: Width of the feed-forward part, in multiples of `width`.
    dropout: Probability of dropping an entry of a branch's output.
    norm: "post" or "pre".
    self_attention: Whether tokens attend to each other.
    cross_attention: Whether tokens attend to a memory, and to nothing else
      in that part.
    rngs: Source of the initial values.
  """

  def __init__(
    self,
    width: int,
    *,
    num_heads: int,
    mlp_ratio: int = 4,
    dropout: float = 0.1,
    norm: str = "post",
    self_attention: bool = True,
    cross_attention: bool = False,
    rngs: nnx.Rngs,
  ):
    def branch(module: nnx.Module) -> _Residual:
      return _Residual(module, width, dropout=dropout, norm=norm, rngs=rngs)

    def attention() -> Attention:
      return Attention(width, num_heads=num_heads, rngs=rngs)

    self.self_attention = branch(attention()) if self_attention else None
    self.cross_attention = branch(attention()) if cross_attention else None
    self.mlp = branch(_Mlp(width, mlp_ratio * width, rngs=rngs))

  def __call__(
    self,
    tokens: Float[Array, "b n d"],
    memory: Float[Array, "b m d"] | None = None,
    *,
    key: PRNGKeyArray | None = None,
  ) -> Float[Array, "b n d"]:
    """Returns the tokens after all parts; `memory` is for cross-attention."""
    keys = split(key, 3)
    if self.self_attention is not None:
      tokens = self.self_attention(tokens, lambda f, x: f(x, x), keys[0])
    if self.cross_attention is not None:
      tokens = self.cross_attention(tokens, lambda f, x: f(x, memory), keys[1])
    return self.mlp(tokens, lambda f, x: f(x), keys[2])


class Attention(nnx.Module):
  """Multi-head scaled dot-product attention (Vaswani et al. 2017).

  The keys have no bias: it adds the same to all scores of a query, which the
  softmax takes out again.
  """

  def __init__(self, width: int, *, num_heads: int, rngs: nnx.Rngs):
    if width % num_heads:
      raise ValueError(
        f"expected a width that num_heads divides, got width {width} and "
        f"num_heads {num_heads}"
      )
    self.query = layers.Linear(width, width, rngs=rngs)
    self.key = layers.Linear(width, width, use_bias=False, rngs=rngs)
    self.value = layers.Linear(width, width, rngs=rngs)
    self.out = layers.Linear(width, width, rngs=rngs)
    self.num_heads = num_heads

  def __call__(
    self, tokens: Float[Array, "b n d"], memory: Float[Array, "b m d"]
  ) -> Float[Array, "b n d"]:
    """Returns what each token reads from the memory."""
    query, key, value = (
      x.reshape(*x.shape[:2], self.num_heads, -1)
      for x in (self.query(tokens), self.key(memory), self.value(memory))
    )
    scores = jnp.einsum("bnhc,bmhc->bhnm", query, key)
    weights = jax.nn.softmax(scores * query.shape[-1] ** -0.5, -1)
    out = jnp.einsum("bhnm,bmhc->bnhc", weights, value)
    return self.out(out.reshape(tokens.shape))


class LayerNorm(nnx.LayerNorm):
  """Layer normalization with the epsilon of vision transformers."""

  def __init__(self, width: int, *, rngs: nnx.Rngs):
    super().__init__(width, epsilon=_EPSILON, rngs=rngs)


def split(
  key: PRNGKeyArray | None, num: int
) -> PRNGKeyArray | tuple[None, ...]:
  """Splits a key that may be absent into `num` keys."""
  return (None,) * num if key is None else jax.random.split(key, num)


class _Residual(nnx.Module):
  def __init__(
    self,
    branch: nnx.Module,
    width: int,
    *,
    dropout: float,
    norm: str,
    rngs: nnx.Rngs,
  ):
    if norm not in ("post", "pre"):
      raise ValueError(f"expected norm 'post' or 'pre', got {norm!r}")
    self.branch = branch
    self.norm = LayerNorm(width, rngs=rngs)
    self.dropout = dropout
    self.order = norm

  def __call__(
    self, x: Array, call: Callable, key: PRNGKeyArray | None
  ) -> Array:
    inputs = self.norm(x) if self.order == "pre" else x
    branch = call(self.branch, inputs)
    x = x + layers.dropout(branch, key, rate=self.dropout)
    return self.norm(x) if self.order == "post" else x


class _Mlp(nnx.Module):
  def __init__(self, width: int, hidden: int, *, rngs: nnx.Rngs):
    self.up = layers.Linear(width, hidden, rngs=rngs)
    self.down = layers.Linear(hidden, width, rngs=rngs)

  def __call__(self, x: Array) -> Array:
    return self.down(jax.nn.gelu(self.up(x), approximate=False))
