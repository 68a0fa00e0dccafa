"""Shows what a trained trial looks for and looks at, and whom it tells apart.

For every AU the picture that raises its output the most and where it looks in
frames that show it; then how far the subjects of the test fold lie apart, by
pixels, by HOG and by what the network makes of them. Nothing is chosen on them.

  aujax-interpret --config=configs/quickstart.py --workdir=quickstart/run

Writes interpret.md and figures as PNG and PDF.
"""

import pathlib

import jax
import numpy as np
from absl import flags

from aujax import interpret
from aujax.commands import _app
from aujax.protocol import assembly, store
from aujax.protocol import trained as trained_lib
from aujax.report import files
from aujax.report.paper import interpret_figures as pictures
from aujax.report.paper import print_style
from aujax.report.text import cells, formats

_CONFIG, _WORKDIR = _app.define_experiment()
_METHOD = flags.DEFINE_string(
  "method", "baseline", "One of the experiment's methods."
)
_FOLD = flags.DEFINE_integer("fold", 0, "The fold that is tested, from 0.")
_REPEAT = flags.DEFINE_integer("repeat", 0, "Which repeat, from 0.")
_OUTPUT = flags.DEFINE_string(
  "output", None, "Folder; report/interpret/ in the workdir by default."
)
_FRAMES = flags.DEFINE_integer(
  "frames", 600, "Frames of the test fold to look at, evenly chosen.", 3
)
_STEPS = flags.DEFINE_integer(
  "steps", 500, "Steps of the ascent to a picture.", 1
)
_EMBEDDING = flags.DEFINE_enum(
  "embedding", "pca", ["pca", "tsne"], "How frames are laid out in the plane."
)
_AU = flags.DEFINE_integer(
  "au", None, "The AU that colours the frames; the most frequent by default."
)
_SEED = flags.DEFINE_integer("seed", 0, "Decides what chance decides.")

# Frames and noisy copies of each over which saliency is averaged.
_NUM_SALIENT, _NUM_SAMPLES = 32, 8


def main(argv):
  """Writes the figures and prints where they are."""
  del argv
  trial = store.Trial(_METHOD.value, _FOLD.value, _REPEAT.value)
  trained = trained_lib.restore(trial, _CONFIG.value, _WORKDIR.value)
  config = trained.config
  if _AU.value and _AU.value not in config.aus:
    raise ValueError(
      f"expected --au among the config's, {list(config.aus)}, got {_AU.value}"
    )
  frames, network = _Frames(trained), _Network(trained)
  spaces = {
    "Pixels": frames.pictures.reshape(len(frames.pictures), -1),
    "HOG": interpret.hog(frames.pictures),
    "Network": network.features(frames.images),
  }
  found = {
    name: interpret.subject_divergence(features, frames.subjects)
    for name, features in spaces.items()
  }
  drawn = {
    "maximization": _maximization(config, network),
    "saliency": _saliency(config, network, frames),
    "divergence": pictures.divergence(
      {name: each.normalized for name, each in found.items()}
    ),
    "embedding": _embedding(config, frames, spaces),
  }
  note = (
    f"{trained.trial}; {len(frames.images):,} frames of"
    f" {len(set(frames.subjects))} subjects of the test fold."
  )
  table = _table(spaces, found, frames.subjects)
  output = pathlib.Path(_OUTPUT.value or f"{_WORKDIR.value}/report/interpret")
  _write(output, note, table, drawn)
  print(f"{note}\n\n{formats.text(table)}\n{output / 'interpret.md'}")


def run():
  """Entry point of aujax-interpret."""
  _app.run(main)


class _Frames:
  """Frames of the tested subjects, evenly chosen.

  Attributes:
    pictures: RGB in 0 to 255, cut to what the network gets.
    images: The same, normalized.
    labels: As coded.
    subjects: Whose they are.
  """

  def __init__(self, trained):
    data = trained.data.test
    tested = trained.summary["subjects"]["test"]
    rows = np.flatnonzero(np.isin(data.table.subject, tested))
    rows = rows[:: -(-len(rows) // _FRAMES.value)]
    decoded = np.stack([data.picture(row) for row in rows])
    cut = assembly.cut(trained.config, decoded)
    self.pictures = np.asarray(cut)
    self.images = np.asarray(assembly.normalize(trained.config, cut))
    self.labels = data.table.labels[rows]
    self.subjects = data.table.subject[rows]


class _Network:
  """The network of a trial at its best epoch.

  Attributes:
    detector: Maps images to logits.
  """

  def __init__(self, trained):
    model, variables = trained.model, trained.variables

    def logits(params, batch_stats, images):
      return model.apply(params, batch_stats, images)[0]

    self.detector = jax.tree_util.Partial(logits, *variables)
    self._logits = jax.jit(self.detector)
    self._features = jax.jit(lambda images: model.features(*variables, images))
    self._batch_size = trained.config.batch_size

  def logits(self, images):
    """Logits `[n, T]`."""
    return self._map(self._logits, images)

  def features(self, images):
    """Features `[n, f]`, of length 1 as those of Chu et al. 2019."""
    features = self._map(self._features, images)
    length = np.linalg.norm(features, axis=1, keepdims=True)
    return features / np.maximum(length, 1e-12)

  def _map(self, function, images):
    starts = range(0, len(images), self._batch_size)
    parts = [function(images[i : i + self._batch_size]) for i in starts]
    return np.concatenate(parts)


def _maximization(config, network):
  found = interpret.activation_maximization(
    network.detector,
    (config.image_size, config.image_size, 3),
    key=jax.random.key(_SEED.value),
    num_steps=_STEPS.value,
  )
  return pictures.maximization(config.aus, np.asarray(found))


def _saliency(config, network, frames):
  """The mean over frames of all subjects that show the AU, evenly chosen."""
  logits = network.logits(frames.images)
  faces, maps = [], []
  for column in range(len(config.aus)):
    rows = np.flatnonzero(frames.labels[:, column] == 1)
    if not len(rows):  # Then where the network sees it most.
      rows = np.argsort(-logits[:, column], kind="stable")[:_NUM_SALIENT]
    # Of few frames some twice, so that one compilation does for all AUs.
    rows = rows[np.linspace(0, len(rows) - 1, _NUM_SALIENT).round().astype(int)]
    found = interpret.saliency(
      network.detector,
      frames.images[rows],
      au=[column],
      num_samples=_NUM_SAMPLES,
      key=jax.random.key(_SEED.value),
    )
    faces.append(frames.pictures[rows].mean(0))
    maps.append(np.asarray(found)[:, 0].mean(0))
  return pictures.saliency(config.aus, np.stack(faces), np.stack(maps))


def _embedding(config, frames, spaces):
  present = frames.labels == 1
  au = _AU.value or config.aus[present.sum(0).argmax()]
  places = {
    name: interpret.embedding(
      features, method=_EMBEDDING.value, seed=_SEED.value
    )
    for name, features in spaces.items()
  }
  return pictures.embedding(
    places,
    au=au,
    present=present[:, config.aus.index(au)],
    subjects=frames.subjects,
  )


def _table(spaces, found, subjects):
  """Fig. 4 of Chu et al. 2019, and what it is made of."""
  rows = []
  for name, each in found.items():
    share = interpret.variance_share(spaces[name], subjects)
    texts = (
      name,
      f"{each.num_features:,}",
      f"{100 * share:.0f}",
      f"{1e6 * each.mean:,.0f}",
      f"{each.normalized.mean():,.0f} ± {each.normalized.std():,.0f}",
    )
    rows.append(tuple(map(cells.Cell, texts)))
  return cells.Table(
    key="divergence",
    title="How far subjects lie apart",
    caption="The share of the variance that lies between subjects, in percent."
    " Then the Jensen-Shannon divergence of subjects' mean features: the mean"
    " over pairs in millionths of a nat, and each subject's sum over the others"
    " by the logarithm of the dimensions, as mean and deviation over subjects.",
    header=("Features", "Dimensions", "Between (%)", "Pairs", "Sum / ln d"),
    rows=tuple(rows),
  )


def _write(folder, note, table, drawn):
  """Writes the page, the table and the figures, each file whole."""
  contents = {
    f"{name}.{form}": print_style.encode(fig, form)
    for name, fig in drawn.items()
    for form in ("png", "pdf")
  }
  images = [f"![{name}]({name}.png)\n" for name in drawn]
  parts = ["# What the network sees\n", note + "\n", formats.markdown(table)]
  contents["interpret.md"] = "\n".join([*parts, *images]).encode()
  files.write(folder, contents)


if __name__ == "__main__":
  run()
