"""What synthetic subjects do: the intensity of every AU over video time.

Expressions come as events with onset, apex and offset; their AUs set in within
a fraction of a second of each other, and events combine by their maximum. How
often which subject shows what is drawn, but rates are met over the dataset: an
expression's events are counted out for many subjects together and dealt by
uneven shares, and an AU's apexes are then stretched until its rate is right.
This is done apart for each of three groups of subjects, so that each of three
folds has something of every AU.
"""

import dataclasses
from collections.abc import Iterator

import numpy as np
from jaxtyping import Bool, Float, Float32, Int

from aujax import action_units
from aujax.synthetic import coding, motion, presets

# Group g are the subjects g, g + 3, g + 6, ...
NUM_GROUPS = 3

# How many events reach a step, as bounds of quantiles. Assumed, for DISFA's
# AU 12 at hand.
_QUANTILES = (0.0, 0.30, 0.57, 0.84, 0.96, 1.0)
_LEVELS = (0.5, 1.5, 2.5, 3.5, 4.5, 5.0)
_ONSET = (0.2, 0.7)
_APEX = (0.3, 6.0)
_OFFSET = (0.4, 1.5)
_LAG = 0.15
# For how long an event is present at step 2 or above, on average; seconds.
_PRESENT_SECONDS = 1.3
_SPEECH_HERTZ = (1.2, 2.2)
_MAX_BUSY = 0.85
# Low numbers let few subjects do most of what is done.
_SUBJECT_SHAPE = 4.0
_EXPRESSION_SHAPE = 1.0
# The rates of the groups differ by as much of the dataset's rate, times the
# share of frames without the AU; as DISFA's published parts do.
_GROUP_SPREAD = 0.4
# Of two events at golden steps one at least reaches step 2.
_MIN_EVENTS = 2.0
# Lips cannot part while they are pressed; what else works against itself.
_OPPOSED = ((24, 25), (24, 26), (23, 25), (12, 15), (5, 7), (2, 9))
_TRIES = 12
_GOLDEN = (5**0.5 - 1) / 2
_STREAM = 7001


@dataclasses.dataclass(frozen=True, eq=False)
class _Events:
  """Events `[E]`, one per AU and occurrence; times in seconds."""

  subject: Int[np.ndarray, "E"]
  column: Int[np.ndarray, "E"]
  start: Float[np.ndarray, "E"]
  onset: Float[np.ndarray, "E"]
  apex: Float[np.ndarray, "E"]
  offset: Float[np.ndarray, "E"]
  level: Float[np.ndarray, "E"]
  hertz: Float[np.ndarray, "E"]

  def select(self, rows: Bool[np.ndarray, "E"]) -> "_Events":
    fields = dataclasses.fields(self)
    return _Events(*(getattr(self, field.name)[rows] for field in fields))


def intensities(
  preset: str,
  *,
  seed: int,
  num_subjects: int,
  num_frames: int,
  fps: float = 20.0,
) -> Float32[np.ndarray, "subjects frames 18"]:
  """Draws the behaviour of a whole dataset.

  The share of frames in which `coding.steps` of an AU is 2 or more is the
  preset's over the dataset, not for each subject. A video of a few seconds
  holds too few events for that.

  Args:
    preset: A name of `presets.names()`.
    seed: Decides everything.
    num_subjects: How many subjects, each with one video.
    num_frames: Frames of each video.
    fps: Frames per second.

  Returns:
    `[subjects, frames, 18]` in 0 to 5, in the order of
    `action_units.SYNTHETIC`.

  Raises:
    ValueError: If the preset is unknown or a size is not positive.

  Example:
    >>> drawn = intensities("disfa", seed=0, num_subjects=3, num_frames=40)
    >>> drawn.shape, bool(drawn.max() <= 5)
    ((3, 40, 18), True)
  """
  if min(num_subjects, num_frames) < 1 or not fps > 0:
    raise ValueError(
      "expected at least one subject, one frame and a positive fps, got "
      f"{num_subjects}, {num_frames} and {fps}"
    )
  wanted = presets.load(preset)
  rng = np.random.default_rng([seed, _STREAM])
  events = _draw_events(rng, wanted, num_subjects, num_frames / fps)
  shape = (num_subjects, len(wanted.rates), num_frames)
  tremor = 1 + 0.06 * motion.drift(rng, shape, seconds=0.8, fps=fps)
  out = np.empty(shape, np.float32)
  for group, rates in enumerate(_group_rates(rng, wanted.rates, num_subjects)):
    theirs = events.select(events.subject % NUM_GROUPS == group)
    theirs = dataclasses.replace(theirs, subject=theirs.subject // NUM_GROUPS)
    for column, rate in enumerate(rates):
      mine = theirs.select(theirs.column == column)
      drawn = _fit(mine, tremor[group::NUM_GROUPS, column], rate, fps)
      out[group::NUM_GROUPS, column] = drawn
  return np.ascontiguousarray(out.transpose(0, 2, 1))


def _group_rates(
  rng: np.random.Generator,
  rates: Float[np.ndarray, "aus"],
  num_subjects: int,
) -> Float[np.ndarray, "groups aus"]:
  """Draws each group's rates, whose mean over the subjects is the given."""
  num_groups = min(NUM_GROUPS, num_subjects)
  sizes = np.bincount(np.arange(num_subjects) % NUM_GROUPS)
  spread = rng.uniform(-1, 1, (num_groups, len(rates))) * _GROUP_SPREAD
  spread -= np.average(spread, axis=0, weights=sizes)
  return rates * (1 + spread * (1 - rates))


def _draw_events(
  rng: np.random.Generator,
  preset: presets.Preset,
  num_subjects: int,
  seconds: float,
) -> _Events:
  liveliness = rng.gamma(_SUBJECT_SHAPE, size=num_subjects)
  gains = rng.uniform(0.88, 1.15, num_subjects)
  calendar = _Calendar(rng, num_subjects, seconds)
  parts = []
  for expression in preset.expressions:
    habits = liveliness * rng.gamma(_EXPRESSION_SHAPE, size=num_subjects)
    counts = _counts(rng, expression, habits, seconds)
    subject = np.repeat(np.arange(num_subjects), counts)
    parts.extend(_members(rng, expression, subject, gains, calendar))
  fields = [field.name for field in dataclasses.fields(_Events)]
  return _Events(
    *(np.concatenate([getattr(p, name) for p in parts]) for name in fields)
  )


def _counts(
  rng: np.random.Generator,
  expression: presets.Expression,
  habits: Float[np.ndarray, "subjects"],
  seconds: float,
) -> Int[np.ndarray, "subjects"]:
  """Returns how often each subject shows an expression."""
  counts = np.zeros(len(habits), int)
  for group in range(min(NUM_GROUPS, len(habits))):
    weights = habits[group::NUM_GROUPS]
    total = expression.rate * seconds * len(weights) / _PRESENT_SECONDS
    if len(expression.columns) == 1:
      total = max(total, _MIN_EVENTS)
    quota = _share_out(total, weights, _MAX_BUSY * seconds / _PRESENT_SECONDS)
    # Systematic rounding: the sum is off by less than one.
    ends = np.floor(np.cumsum(quota) + rng.uniform()).astype(int)
    counts[group::NUM_GROUPS] = np.diff(ends, prepend=0)
  return counts


def _share_out(
  total: float, weights: Float[np.ndarray, "n"], most: float
) -> Float[np.ndarray, "n"]:
  """Divides a total by weights; nobody gets more than `most`, if possible."""
  most = max(most, total / len(weights))
  quota = total * weights / weights.sum()
  for _ in weights:
    # What is too much for some goes to the others.
    full = quota >= most
    if full.all() or not (quota > most).any():
      break
    quota[full] = most
    left = total - most * full.sum()
    quota[~full] *= left / quota[~full].sum()
  return quota


def _members(
  rng: np.random.Generator,
  expression: presets.Expression,
  subject: Int[np.ndarray, "E"],
  gains: Float[np.ndarray, "subjects"],
  calendar: "_Calendar",
) -> Iterator[_Events]:
  """Yields the events of each AU of an expression."""
  num = len(subject)
  # Steps of the golden ratio fill [0, 1) evenly over every stretch of events,
  # so weak and strong ones come in the right numbers to each group. Events
  # stand in the order of the groups for that.
  order = np.argsort(subject % NUM_GROUPS, kind="stable")
  quantile = np.empty(num)
  quantile[order] = (rng.uniform() + _GOLDEN * np.arange(num)) % 1.0
  level = np.interp(quantile, _QUANTILES, _LEVELS) * gains[subject]
  onset = rng.uniform(*_ONSET, num)
  apex = np.clip(rng.lognormal(0.0, 0.7, num), *_APEX)
  offset = rng.uniform(*_OFFSET, num)
  lengths = onset + apex + offset
  start = calendar.book(expression.columns, subject, lengths)
  hertz = rng.uniform(*_SPEECH_HERTZ, num) * expression.speech
  for column in expression.columns:
    yield _Events(
      subject=subject,
      column=np.full(num, column),
      start=start + rng.uniform(-_LAG, _LAG, num),
      onset=onset,
      apex=apex * rng.uniform(0.8, 1.2, num),
      offset=offset,
      level=np.clip(level * rng.lognormal(0.0, 0.12, num), 0.5, 5.0),
      hertz=hertz,
    )


class _Calendar:
  """Places events in the subjects' videos.

  Time runs on a circle: what lasts beyond the end of a video is under way at
  its beginning.
  """

  _BINS_PER_SECOND = 5

  def __init__(self, rng, num_subjects: int, seconds: float):
    self._rng = rng
    self._seconds = seconds
    self._num_bins = max(1, round(seconds * self._BINS_PER_SECOND))
    num_aus = len(action_units.SYNTHETIC)
    self._taken = np.zeros((num_subjects, num_aus, self._num_bins), bool)
    self._opposed: list[list[int]] = [[] for _ in range(num_aus)]
    for pair in _OPPOSED:
      one, other = map(action_units.SYNTHETIC.index, pair)
      self._opposed[one].append(other)
      self._opposed[other].append(one)

  def book(
    self,
    columns: tuple[int, ...],
    subject: Int[np.ndarray, "E"],
    lengths: Float[np.ndarray, "E"],
  ) -> Float[np.ndarray, "E"]:
    """Returns when events of some AUs begin, in seconds.

    Of some random moments the one is taken at which the subject does least of
    what opposes these AUs, and then least of the same.
    """
    rivals = sorted({r for column in columns for r in self._opposed[column]})
    start = np.empty(len(subject))
    for event, (who, length) in enumerate(zip(subject, lengths, strict=True)):
      moments = self._rng.uniform(0, self._seconds, _TRIES)
      num_bins = max(1, round(length * self._BINS_PER_SECOND))
      bins = (moments * self._BINS_PER_SECOND).astype(int)[:, None]
      bins = (bins + np.arange(num_bins)) % self._num_bins
      own, other = self._taken[who, list(columns)], self._taken[who, rivals]
      same, against = own[:, bins].sum((0, 2)), other[:, bins].sum((0, 2))
      best = int(np.argmin(same / len(columns) + 4 * against))
      start[event] = moments[best]
      for column in columns:
        self._taken[who, column, bins[best]] = True
    return start


def _fit(
  events: _Events,
  tremor: Float[np.ndarray, "subjects frames"],
  rate: float,
  fps: float,
) -> Float[np.ndarray, "subjects frames"]:
  """Stretches the apexes of an AU's events until its rate is met."""
  low, high = 0.04, 25.0
  best, error = None, np.inf
  for _ in range(24):
    stretch = (low * high) ** 0.5
    drawn = _draw(events, stretch, tremor.shape, fps)
    drawn = np.minimum(drawn * tremor, 5.0)
    found = coding.at_least(drawn).mean()
    if abs(found - rate) < error:
      best, error = drawn, abs(found - rate)
    if error < 0.002 * rate:
      break
    low, high = (stretch, high) if found < rate else (low, stretch)
  return best


def _draw(
  events: _Events, stretch: float, shape: tuple[int, int], fps: float
) -> Float[np.ndarray, "subjects frames"]:
  """Draws one AU's events into its intensities."""
  out = np.zeros(shape)
  num_frames = shape[1]
  # A much shorter apex goes with a somewhat quicker onset and offset.
  hurry = np.clip(stretch, 0.2, 1.0) ** 0.5
  onset, offset = events.onset * hurry, events.offset * hurry
  apex = events.apex * stretch
  lengths = onset + apex + offset
  longest = int(np.ceil(lengths.max(initial=0.0) * fps)) + 1
  first = np.ceil(events.start * fps).astype(int)[:, None]
  frame = first + np.arange(min(longest, num_frames))
  time = frame / fps - events.start[:, None]
  rise = _smoothstep(time / onset[:, None])
  after = time - (onset + apex)[:, None]
  fall = _smoothstep(after / offset[:, None])
  swing = np.cos(2 * np.pi * events.hertz[:, None] * time) - 1
  value = events.level[:, None] * rise * (1 - fall) * (1 + 0.25 * swing)
  rows = np.broadcast_to(events.subject[:, None], frame.shape)
  np.maximum.at(out, (rows, frame % num_frames), value)
  return out


def _smoothstep(x: np.ndarray) -> np.ndarray:
  x = np.clip(x, 0.0, 1.0)
  return x * x * (3 - 2 * x)
