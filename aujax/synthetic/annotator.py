"""A coder who sees what is there and does not always write it down.

Most disagreement with the truth is about weak events: those just above step 2
are missed, those just below are called present; beginnings and ends are off by
some frames; now and then something is seen that is not there. As many frames
are missed as are invented, so base rates stay, and their number gives the
wanted agreement (Cohen 1960).
"""

import numpy as np
from jaxtyping import Bool, Float, Int8

from aujax.synthetic import behaviour, coding

# Agreement with the truth at noise 1; 1 - kappa is proportional to noise.
KAPPA = 0.75
MAX_NOISE = 2.0

_JITTER_SECONDS = 0.1
# The share of all disagreement that boundaries may take.
_JITTER_SHARE = 0.5
# The share of what is invented where the face shows nothing at all.
_NOWHERE_SHARE = 0.15
_ALARM_SECONDS = (0.3, 1.2)
_STEP_OFF = 0.3
_STREAM = 7003


def annotate(
  intensities: Float[np.ndarray, "subjects frames aus"],
  *,
  seed: int,
  noise: float = 1.0,
  fps: float = 20.0,
) -> Int8[np.ndarray, "subjects frames aus"]:
  """Writes down the intensity of every AU as a human coder would.

  Args:
    intensities: `[subjects, frames, AUs]` what is shown, 0 to 5.
    seed: Decides all errors.
    noise: Strength in [0, 2]: 0 writes the truth, 1 agrees with it to a kappa
      of about 0.75 for each AU.
    fps: Frames per second.

  Returns:
    `[subjects, frames, AUs]` steps 0 to 5; 2 or more means present.

  Raises:
    ValueError: If the noise lies outside [0, 2].

  Example:
    >>> shown = np.zeros((1, 40, 1))
    >>> shown[0, 10:20] = 3.2
    >>> annotate(shown, seed=0, noise=0.0)[0, 8:12, 0].tolist()
    [0, 0, 3, 3]
  """
  if not 0 <= noise <= MAX_NOISE:
    raise ValueError(
      f"expected the annotator's noise in [0, {MAX_NOISE:g}], got {noise}"
    )
  truth = truth_of(intensities)
  if noise == 0:
    return truth
  written = np.empty_like(truth)
  # Errors are dealt apart to each group of subjects, so that no fold loses
  # all of a rare AU.
  for group in range(min(behaviour.NUM_GROUPS, len(truth))):
    theirs = slice(group, None, behaviour.NUM_GROUPS)
    for column in range(truth.shape[2]):
      rng = np.random.default_rng([seed, group, column, _STREAM])
      coder = _Coder(rng, intensities[theirs, :, column], noise, fps)
      steps = coder.steps(truth[theirs, :, column], coder.present())
      written[theirs, :, column] = steps
  return written


def truth_of(
  intensities: Float[np.ndarray, "subjects frames aus"],
) -> Int8[np.ndarray, "subjects frames aus"]:
  """Returns the steps that are really shown; see `coding.steps`.

  Args:
    intensities: `[subjects, frames, AUs]` 0 to 5.

  Returns:
    `[subjects, frames, AUs]` steps 0 to 5.
  """
  return coding.steps(intensities.swapaxes(1, 2)).swapaxes(1, 2)


def kappa(
  first: Bool[np.ndarray, "... aus"], second: Bool[np.ndarray, "... aus"]
) -> Float[np.ndarray, "aus"]:
  """Returns Cohen's kappa per AU: (p_o - p_e) / (1 - p_e) (Cohen 1960).

  Args:
    first: `[..., AUs]` one coder's presences.
    second: `[..., AUs]` the other's.

  Returns:
    `[AUs]` agreement beyond chance; nan where both always say the same one
    thing.

  Example:
    >>> a = np.array([[True], [True], [False], [False]])
    >>> b = np.array([[True], [False], [False], [False]])
    >>> kappa(a, b)
    array([0.5])
  """
  axes = tuple(range(first.ndim - 1))
  one, two = first.mean(axes), second.mean(axes)
  observed = (first == second).mean(axes)
  expected = one * two + (1 - one) * (1 - two)
  safe = np.where(expected < 1, 1 - expected, 1.0)
  return np.where(expected < 1, (observed - expected) / safe, np.nan)


class _Coder:
  """Codes one AU of all subjects `[subjects, frames]`."""

  def __init__(self, rng, shown: np.ndarray, noise: float, fps: float):
    self._rng = rng
    self._shown = shown
    self._noise = noise
    self._fps = fps
    self._truth = coding.at_least(shown)

  def present(self) -> Bool[np.ndarray, "subjects frames"]:
    """Returns where the AU is written as present."""
    rate = self._truth.mean()
    # With m = missed / positives = invented / positives and the same rate on
    # both sides, kappa = 1 - m / (1 - rate).
    share = (1 - KAPPA) * (1 - rate) * self._noise
    budget = round(share * self._truth.sum())
    seen = self._jitter(round(_JITTER_SHARE * budget))
    self._miss(seen, budget - int((self._truth & ~seen).sum()))
    missing = int(self._truth.sum()) - int(seen.sum())
    self._invent(seen, missing)
    return seen

  def steps(
    self, truth: Int8[np.ndarray, "subjects frames"], present: np.ndarray
  ) -> Int8[np.ndarray, "subjects frames"]:
    """Returns the written steps, some of them off by one."""
    off = np.zeros(truth.shape, np.int8)
    for who, begin, end in _runs(truth > 0):
      error = self._rng.normal(0, _STEP_OFF * self._noise)
      off[who, begin:end] = round(float(np.clip(error, -1, 1)))
    guess = truth + off
    high = np.clip(guess, coding.PRESENT, coding.MAX_STEP)
    low = np.clip(guess, 0, coding.PRESENT - 1)
    return np.where(present, high, low).astype(np.int8)

  def _jitter(self, budget: int) -> Bool[np.ndarray, "subjects frames"]:
    """Moves beginnings and ends until so many frames are missed."""
    seen = self._truth.copy()
    runs = _runs(self._truth)
    deviation = _JITTER_SECONDS * self._fps * self._noise
    moves = np.rint(self._rng.normal(0, deviation, (len(runs), 2)))
    moves = moves.astype(int).tolist()
    missed = 0
    for index in self._rng.permutation(len(runs)):
      if missed >= budget:
        break
      who, begin, end = runs[index]
      late, early = moves[index]
      late, early = min(late, end - begin - 1), min(early, end - begin - 1)
      missed += max(late, 0) + max(early, 0)
      _shift(seen[who], begin, end, late, early)
    return seen

  def _miss(self, seen: np.ndarray, budget: int) -> None:
    """Takes out weak events until so many more frames are missed."""
    runs = _runs(seen)
    peaks = np.array([self._shown[w, b:e].max() for w, b, e in runs])
    for index in self._weighted_order(-peaks):
      if budget <= 0:
        break
      who, begin, end = runs[index]
      hits = begin + np.flatnonzero(self._truth[who, begin:end])
      if len(hits) > budget:
        # The last one is only noticed late.
        seen[who, begin : hits[budget]] = False
        break
      seen[who, begin:end] = False
      budget -= len(hits)

  def _invent(self, seen: np.ndarray, budget: int) -> None:
    """Adds so many frames, most where only a trace of the AU is shown."""
    known = self._truth | seen
    runs = [
      (who, begin, end)
      for who, begin, end in _runs(coding.at_least(self._shown, 1))
      if not known[who, begin:end].any()
    ]
    peaks = np.array([self._shown[w, b:e].max() for w, b, e in runs])
    nowhere = round(_NOWHERE_SHARE * budget)
    budget -= nowhere
    for index in self._weighted_order(peaks):
      if budget <= 0:
        break
      who, begin, end = runs[index]
      end = min(end, begin + budget)
      seen[who, begin:end] = True
      budget -= end - begin
    self._invent_anywhere(seen, nowhere + budget)

  def _invent_anywhere(self, seen: np.ndarray, budget: int) -> None:
    free = (~seen & ~self._truth).sum()
    budget = min(budget, int(free))
    while budget > 0:
      rows, frames = np.nonzero(~seen & ~self._truth)
      pick = self._rng.integers(len(rows))
      who, begin = rows[pick], frames[pick]
      length = self._rng.uniform(*_ALARM_SECONDS) * self._fps
      end = begin + min(max(round(length), 1), budget)
      added = ~seen[who, begin:end] & ~self._truth[who, begin:end]
      seen[who, begin:end] |= added
      budget -= int(added.sum())

  def _weighted_order(self, scores: np.ndarray) -> np.ndarray:
    """Returns a random order in which higher scores tend to come first."""
    # Adding Gumbel noise draws without replacement by weights exp(2 score).
    return np.argsort(-(2 * scores + self._rng.gumbel(size=len(scores))))


def _runs(present: np.ndarray) -> list[tuple[int, int, int]]:
  """Returns (row, begin, end) of each stretch of True in `[rows, frames]`."""
  edges = np.diff(np.pad(present, ((0, 0), (1, 1))).astype(np.int8), axis=1)
  rows, begins = np.nonzero(edges == 1)
  ends = np.nonzero(edges == -1)[1]
  return list(zip(rows.tolist(), begins.tolist(), ends.tolist(), strict=True))


def _shift(
  row: np.ndarray, begin: int, end: int, late: int, early: int
) -> None:
  """Moves a stretch's begin by `late` to the right, its end to the left."""
  if late > 0:
    row[begin : begin + late] = False
  else:
    row[max(begin + late, 0) : begin] = True
  if early > 0:
    row[end - early : end] = False
  else:
    row[end : end - early] = True
