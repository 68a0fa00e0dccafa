import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from aujax.faces import networks


def shapes(network, *shape):
  params = nnx.to_pure_dict(nnx.as_pure(nnx.state(network())))
  images = jax.ShapeDtypeStruct(shape, jnp.float32)
  out = jax.eval_shape(
    lambda images: networks.apply(network, params, images), images
  )
  return [x.shape for x in out]


@pytest.mark.parametrize(
  "side, windows", [(12, 1), (13, 2), (14, 2), (15, 3), (48, 19)]
)
def test_proposals_are_windows_of_12_px_in_steps_of_2(side, windows):
  assert shapes(networks.PNet, 2, side, 12, 3) == [
    (2, windows, 1, 4),
    (2, windows, 1),
  ]


def test_the_other_networks_see_one_box_each():
  assert shapes(networks.RNet, 5, 24, 24, 3) == [(5, 4), (5,)]
  assert shapes(networks.ONet, 5, 48, 48, 3) == [(5, 4), (5, 5, 2), (5,)]


def test_layer_by_hand():
  dense = networks.Layer(2, 2)
  dense.kernel.set_value(jnp.array([[1.0, -1.0], [2.0, -2.0]]))
  dense.bias.set_value(jnp.array([0.5, 0.5]))
  dense.slope.set_value(jnp.array([0.1, 0.2]))
  out = dense(jnp.array([[1.0, 1.0]]))
  np.testing.assert_allclose(out, [[3.5, -0.5]], rtol=1e-6)


def test_convolution_has_no_padding():
  conv = networks.Layer(2, 2, 1, 1, prelu=False)
  conv.kernel.set_value(jnp.ones((2, 2, 1, 1)))
  out = conv(jnp.arange(9.0).reshape(1, 3, 3, 1))
  assert out[0, :, :, 0].tolist() == [[8, 12], [20, 24]]
