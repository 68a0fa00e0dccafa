"""The experiments behind the claims: synthetic datasets and their configs.

All train a network smaller than the quickstart's on faces whose true AUs are
known, in two subject-exclusive folds. Subjects are many and frames few, since
a network of this size lacks faces before it lacks frames. Pictures, epochs and
the rate were chosen on validation subjects of another synthetic dataset, for
the baseline alone: what it needs to learn the common AUs.
"""

import dataclasses
import pathlib
import sys

import ml_collections

from aujax.data import augment, disfa
from aujax.data import records as records_lib
from aujax.synthetic import presets, videos

sys.path.append(str(pathlib.Path(__file__).parents[1] / "configs"))
import quickstart  # noqa: E402

FRAME_RATE = 1.5
SIZE, CROP = 80, 64
FEATURES = (8, 16, 32, 64, 128)
FOLDS = 2
IMBALANCES = {"strong": "disfa", "mild": "bp4d"}
NOISES = (0.5, 1.0, 2.0)
SAMPLER_PAIRS = (
  ("momu", "stratified"),
  ("stratified", "random"),
  ("momu", "random"),
)
BETAS = (0.0, 0.1, 0.25, 0.5, 0.75, 1.0)


@dataclasses.dataclass(frozen=True)
class Scale:
  """How much is computed.

  Attributes:
    subjects: In each dataset.
    frames: Of each subject.
    epochs: Of each training.
    repeats: Seeds of the experiments behind claims 2 to 5.
  """

  subjects: int = 96
  frames: int = 45
  epochs: int = 24
  repeats: int = 2

  def times(self, factor: float) -> "Scale":
    """More of all that makes a result surer."""
    return Scale(
      subjects=max(9, round(self.subjects * factor)),
      frames=self.frames,
      epochs=self.epochs,
      repeats=max(1, round(self.repeats * factor)),
    )


@dataclasses.dataclass(frozen=True, eq=False)
class Experiment:
  """One cross-validation and what is claimed of it.

  Attributes:
    name: Of its folder.
    claim: Number of the seed.
    condition: What sets it apart, in words.
    config: Its config.
    pairs: (method, other): the first is claimed to be better.
    sweep: Settings that are swept.
  """

  name: str
  claim: int
  condition: str
  config: ml_collections.ConfigDict
  pairs: tuple[tuple[str, str], ...]
  sweep: dict[str, tuple] = dataclasses.field(default_factory=dict)


def prepare(
  workdir: pathlib.Path, scale: Scale, imbalance: str, noise: float
) -> pathlib.Path:
  """Renders and prepares a dataset, unless it is there.

  Args:
    workdir: Folder of all datasets.
    scale: How many subjects and frames.
    imbalance: "strong", with DISFA's base rates, or "mild", with BP4D's.
    noise: Of the annotator; at 1 the labels have a kappa of 0.75.

  Returns:
    The folder of records.
  """
  preset = IMBALANCES[imbalance]
  root = workdir / f"{preset}_noise{noise:g}"
  request = videos.Request(
    preset=preset,
    num_subjects=scale.subjects,
    num_frames=scale.frames,
    fps=FRAME_RATE,
    size=SIZE,
    noise=noise,
  )
  videos.write(
    root / "faces", videos.script(request), processes=2, progress=False
  )
  table = disfa.read(root / "faces", aus=presets.load(preset).coded)
  records_lib.write(table, root / "faces", root / "records", size=SIZE)
  return root / "records"


def experiments(workdir: pathlib.Path, scale: Scale) -> list[Experiment]:
  """All experiments, their datasets prepared.

  Args:
    workdir: Folder of datasets.
    scale: How much is computed.

  Returns:
    Them, in the order of the claims.
  """
  data = {
    (imbalance, noise): prepare(workdir, scale, imbalance, noise)
    for imbalance in IMBALANCES
    for noise in NOISES
  }
  common = data["strong", 1.0]
  return [
    *(_robin_hood(data[key], scale, *key) for key in data),
    _betas(common, scale),
    _groups(common, scale),
    _steps(common, scale),
    _attention(common, scale),
    _samplers(common, scale),
    _transfer(data["mild", 1.0], common, scale),
  ]


def _robin_hood(records, scale, imbalance, noise):
  config = _config(records, scale, imbalance)
  config.num_repeats = 1
  config.methods.baseline = {}
  config.methods.label_smoothing = {"alpha": 0.1}
  config.methods.frequency_weighted = {}
  config.methods.robin_hood = {"beta": 0.25}
  return Experiment(
    name=f"robin_hood_{imbalance}_{noise:g}",
    claim=1,
    condition=f"{imbalance} imbalance, noise {noise:g}",
    config=config,
    pairs=(
      ("robin_hood", "baseline"),
      ("baseline", "label_smoothing"),
      ("baseline", "frequency_weighted"),
    ),
  )


def _betas(records, scale):
  config = _config(records, scale)
  config.num_repeats = 1
  config.methods.robin_hood = {"beta": 0.25}
  names = [f"robin_hood beta={beta}" for beta in BETAS]
  return Experiment(
    name="betas",
    claim=1,
    condition="strong imbalance, noise 1",
    config=config,
    # What was chosen on validation, against both ends.
    pairs=(
      ("robin_hood chosen", names[0]),
      ("robin_hood chosen", names[-1]),
    ),
    sweep={"methods.robin_hood.beta": BETAS},
  )


def _groups(records, scale):
  config = _config(records, scale)
  config.augment.update(augment.SLIGHT)
  config.methods.plain = {"loss": "soft_f1"}
  # Balanced epochs hold half as many frames again: is more training the gain?
  longer = {"num_epochs": round(1.5 * scale.epochs)}
  config.methods.plain_longer = {"loss": "soft_f1", "set": longer}
  for name, groups in (
    ("groups", {}),
    ("groups_normalized", {"normalize": True, "variance_weight": 0.1}),
  ):
    config.methods[name] = {
      "loss": "soft_f1",
      "set": {"balance": "groups", "groups": groups},
    }
  return Experiment(
    name="groups",
    claim=2,
    condition="strong imbalance, noise 1",
    config=config,
    pairs=(
      ("groups", "plain"),
      ("groups", "plain_longer"),
      ("groups_normalized", "plain"),
      ("groups_normalized", "plain_longer"),
    ),
  )


def _steps(records, scale):
  config = _config(records, scale)
  balanced = {"resample": "ml_ros", "resample_percent": 25.0}
  chosen = {"threshold_rule": "mean"}
  options = {"loss": "selective"}
  other = {"model": {"attention": False}}
  config.methods.plain = {"loss": "baseline"}
  config.methods.balanced = {"loss": "baseline", "set": balanced}
  config.methods.selective = options | {"set": balanced}
  config.methods.thresholds = options | {"set": balanced | chosen}
  config.methods.other_network = options | {"set": balanced | chosen | other}
  config.ensembles.ensemble = {
    "members": ("thresholds", "other_network"),
    "how": "logits",
    "threshold_rule": "mean",
  }
  steps = ("plain", "balanced", "selective", "thresholds", "ensemble")
  return Experiment(
    name="steps",
    claim=3,
    condition="strong imbalance, noise 1",
    config=config,
    pairs=(
      *((b, a) for a, b in zip(steps, steps[1:], strict=False)),
      # Or is it the other member alone that gains?
      ("ensemble", "other_network"),
      ("ensemble", "plain"),
    ),
  )


def _attention(records, scale):
  config = _config(records, scale)
  without = {"set": {"model": {"attention": False}}}
  config.methods.full = {"loss": "reweighted"}
  config.methods.no_attention = {"loss": "reweighted"} | without
  config.methods.no_weights = {"loss": "baseline"}
  config.methods.neither = {"loss": "baseline"} | without
  return Experiment(
    name="attention",
    claim=4,
    condition="strong imbalance, noise 1",
    config=config,
    pairs=(
      ("full", "no_attention"),
      ("full", "no_weights"),
      ("no_weights", "neither"),
    ),
  )


def _samplers(records, scale):
  config = _config(records, scale)
  _add_samplers(config)
  return Experiment(
    name="samplers_within",
    claim=5,
    condition="within, strong imbalance",
    config=config,
    pairs=SAMPLER_PAIRS,
  )


def _transfer(records, other, scale):
  config = _config(records, scale, "mild")
  config.aus = tuple(
    sorted(set(presets.load("disfa").coded) & set(presets.load("bp4d").coded))
  )
  config.folds = "transfer"
  config.test_records = str(other)
  # Twice the seeds, as there is a single fold.
  config.num_repeats = 2 * scale.repeats
  _add_samplers(config)
  return Experiment(
    name="samplers_between",
    claim=5,
    condition="trained on mild, tested on strong imbalance",
    config=config,
    pairs=SAMPLER_PAIRS,
  )


def _add_samplers(config):
  for sampler in ("random", "stratified", "momu"):
    config.methods[sampler] = {"loss": "baseline", "set": {"sampler": sampler}}


def _config(records, scale, imbalance="strong"):
  config = quickstart.get_config()
  config.dataset = f"Synthetic faces, {imbalance} imbalance"
  config.records = str(records)
  config.aus = presets.load(IMBALANCES[imbalance]).coded
  config.methods = ml_collections.ConfigDict(sort_keys=False)
  config.folds = str(FOLDS)
  config.image_size = CROP
  config.model.features = FEATURES
  config.model.attention = True
  config.num_epochs = scale.epochs
  config.num_repeats = scale.repeats
  return config
