import common
import pytest

from aujax.protocol import variants


@pytest.fixture
def config():
  config = common.get_config()
  config.methods.momu = {
    "loss": "baseline",
    "set": {"sampler": "momu", "momu": {"draw": 2}},
  }
  return config


def test_without_a_sweep_every_method_is_a_variant(config):
  found = variants.expand(config)
  assert list(found) == ["baseline", "robin_hood", "momu"]
  assert found["robin_hood"].loss == "robin_hood"
  assert found["robin_hood"].options == {"beta": 0.25}
  assert found["baseline"].config.sampler == "random"


def test_a_method_may_set_what_is_its_own(config):
  momu = variants.expand(config)["momu"]
  assert (momu.loss, momu.options) == ("baseline", {})
  assert (momu.config.sampler, momu.config.momu.draw) == ("momu", 2)
  assert momu.config.momu.refill == "au"
  assert config.sampler == "random" and config.momu.draw == 4


def test_a_sweep_makes_all_combinations_of_what_concerns_a_method(config):
  sweep = {"methods.robin_hood.beta": (0.1, 0.2), "batch_size": (8, 16)}
  found = variants.expand(config, sweep)
  assert list(found) == [
    "baseline batch_size=8",
    "baseline batch_size=16",
    "robin_hood beta=0.1, batch_size=8",
    "robin_hood beta=0.1, batch_size=16",
    "robin_hood beta=0.2, batch_size=8",
    "robin_hood beta=0.2, batch_size=16",
    "momu batch_size=8",
    "momu batch_size=16",
  ]
  one = found["robin_hood beta=0.2, batch_size=8"]
  assert one.options == {"beta": 0.2} and one.config.batch_size == 8
  assert one.values == {"methods.robin_hood.beta": 0.2, "batch_size": 8}
  assert one.method == "robin_hood"


def test_what_is_swept_holds_over_what_a_method_sets(config):
  found = variants.expand(config, {"momu.draw": (1, 4)})
  assert [v.config.momu.draw for v in found.values()][-2:] == [1, 4]


@pytest.mark.parametrize(
  "sweep, message",
  [
    ({"batchsize": (1,)}, "keys of the config in the sweep, got 'batchsize'"),
    ({"model": (1,)}, "single setting"),
    ({"momu.draw.x": (1,)}, "keys of the config"),
    ({"folds": ("3",)}, "experiment of its own"),
    ({"batch_size": ("many",)}, "values like those"),
    ({"methods.robin_hood": (1,)}, "single setting"),
  ],
)
def test_what_cannot_be_swept(config, sweep, message):
  with pytest.raises(ValueError, match=message):
    variants.expand(config, sweep)


@pytest.mark.parametrize(
  "changes, message",
  [
    ({"samplr": "momu"}, "keys of the config in methods.momu.set.*'samplr'"),
    ({"seed": "x"}, "values like those"),
    ({"num_repeats": 3}, "experiment of its own"),
  ],
)
def test_what_a_method_cannot_set(config, changes, message):
  config.methods.momu.set = changes
  with pytest.raises(ValueError, match=message):
    variants.expand(config)
