"""How often to repeat unique class groups, as an optimization with a proof.

Rieger, Pahl & Seuss 2020 ("seed 2"), section IV.B, eq. 1 and 2. `U` groups,
`T` AUs. The program is solved over growths x = n / n_o, by an interior point
method; what it leaves is certified apart from it, and rounded.
"""

import dataclasses
import itertools

import numpy as np
import piqp
import scipy.sparse
from jaxtyping import Array, Float64, Int, Int64, Shaped

# An iteration gains about a digit: 10 to 20 are usual.
_MAX_ITERATIONS = 100
_TOLERANCE = 1e-10
# Frames that a move of the rounding adds or takes, and how many moves it has.
_STEPS = 4 ** np.arange(7)[::-1]
_MAX_MOVES = 5000


@dataclasses.dataclass(frozen=True, eq=False)
class Balance:
  """How often each group is to occur, and how good that is.

  Attributes:
    counts: `[U]` frames of each group, repetitions included.
    relaxed: `[U]`, the same where a frame may be divided: the optimum.
    objective: Eq. 1a at `counts`.
    lower_bound: No counts within the bounds, whole or not, have a smaller
      objective.
  """

  counts: Int64[np.ndarray, " U"]
  relaxed: Float64[np.ndarray, " U"]
  objective: float
  lower_bound: float

  @property
  def gap(self) -> float:
    """How much of the objective is above the bound: 0 proves the optimum.

    (objective - lower_bound) / objective, in [0, 1], and 0 where both are 0.
    The bound lets frames be divided. Where AUs can be balanced perfectly, it
    is close to 0 while whole frames leave an objective of a few: then the gap
    is large and means nothing.
    """
    if not self.objective:
      return 0.0
    return (self.objective - self.lower_bound) / self.objective


def balance_groups(
  patterns: Shaped[Array | np.ndarray, "U T"],
  counts: Int[Array | np.ndarray, " U"],
  *,
  variance_weight: float | int = 70.0,
  max_growth: float | int = 10.0,
  normalize: bool = False,
) -> Balance:
  """Chooses how often groups occur, so that AUs occur equally often.

  Minimizes, over n with n_o <= n <= max_growth n_o,

    f(n) = sum_i |z_i - mean(z)| + lambda Var(n / n_o),   z = patterns^T n.

  Seed 2, eq. 1a, prints the first term as sum_i |z - sum_i z_i / N_u|: the
  vector z less a number, inside a sum over the AUs i, where N_u is not
  defined, with n_u being the counts. Only z_i less the mean over AUs makes
  this zero for balanced AUs. Var is the population variance (divisor U) of
  the groups' growths, each group counting once, as the ratio of vectors
  suggests. Eq. 2 prints n_o < n_u < 10 n_o; a strict bound has no minimum and
  forbids to leave a group alone, so the ends are allowed.

  f is convex: over growths x = n / n_o it is a quadratic program, whose
  optimum is certified, not only "converged" as in Fig. 2. With C z = z -
  mean(z), any u in [-1, 1]^T gives a lower bound, the minimum over x and m of
  u^T C z + lambda mean((x - m)^2), which is taken exactly and without the
  solver. Whole numbers are found by moves from the nearest ones, as long as
  they lower f. With the defaults they are all but optimal; where lambda is
  large or max_growth small, groups of few frames cannot grow by the share
  that they should, and the gap shows it.

  The first term is in frames, 1e4 to 1e6 in a dataset, but the variance of
  growths in [1, 10] is 20.25 at most: lambda = 70, the paper's, has hardly
  any effect on how AUs are balanced. With `normalize` the first term is about
  1, and lambda = 70 the other extreme: nothing grows. 0.01 to 1 is the range
  to choose from there. Any lambda above 0 lets groups that show no AU, or
  all, grow as much as the mean group does, since they are in the variance and
  nowhere else; to keep them, leave them out of what is balanced.

  Args:
    patterns: `[U, T]` of 0 and 1, or bool: the AUs of each group, as in
      `unique_groups`.
    counts: `[U]` frames of each group, n_o, 1 or more.
    variance_weight: lambda, 0 or more: how much growths should be alike. With
      0 there can be many optima, of which any is returned, but groups that
      show no AU or all do not grow.
    max_growth: How many times its frames a group may have, 1 or more.
    normalize: Divides the first term by the number of frames, sum(n_o).

  Returns:
    Counts and their certificate. No growth is returned where none is better.

  Raises:
    ValueError: If shapes do not fit, a pattern is not of 0 and 1, a count is
      below 1, or an option is out of range.

  Example:
    >>> patterns = np.array([[1, 0], [1, 1], [0, 1]])
    >>> balance = balance_groups(patterns, np.array([500, 80, 100]))
    >>> balance.counts.tolist(), round(balance.gap, 5)
    ([500, 240, 500], 0.0)
  """
  program = _program(patterns, counts, variance_weight, max_growth, normalize)
  growth, dual, _ = _solve(program)
  counts = program.counts
  # The first of equal ones: no growth without a reason.
  relaxed = min(1.0 * counts, growth * counts, key=program.value)
  whole = _round(program, relaxed)
  return Balance(whole, relaxed, program.value(whole), program.bound(dual))


def convergence(
  patterns: Shaped[Array | np.ndarray, "U T"],
  counts: Int[Array | np.ndarray, " U"],
  *,
  variance_weight: float | int = 70.0,
  max_growth: float | int = 10.0,
  normalize: bool = False,
) -> tuple[Float64[np.ndarray, " k"], Float64[np.ndarray, " k"]]:
  """What is known after each iteration of the solver; seed 2, Fig. 2.

  Args:
    patterns: `[U, T]`, as `balance_groups` takes them.
    counts: `[U]`.
    variance_weight: lambda.
    max_growth: How many times its frames a group may have.
    normalize: Whether the first term is divided by the number of frames.

  Returns:
    The least objective so far, no growth included, and the best lower bound
    so far; frames may be divided.

  Raises:
    ValueError: As `balance_groups` does.

  Example:
    >>> patterns, counts = np.array([[1, 0], [0, 1]]), np.array([500, 100])
    >>> objectives, bounds = convergence(patterns, counts)
    >>> print((objectives[-1] - bounds[-1]).round(6), objectives[-1].round(1))
    0.0 257.1
  """
  program = _program(patterns, counts, variance_weight, max_growth, normalize)
  best, bound = program.value(program.counts), 0.0
  known = []
  for iterations in range(1, _MAX_ITERATIONS + 1):
    # The solver shows no iterate but its last.
    growth, dual, solved = _solve(program, max_iterations=iterations)
    best = min(best, program.value(growth * program.counts))
    bound = max(bound, program.bound(dual))
    known.append((best, bound))
    if solved or best - bound <= _TOLERANCE * best:
      break
  objectives, bounds = np.array(known).T
  return objectives, bounds


@dataclasses.dataclass(frozen=True, eq=False)
class _Program:
  """Eq. 1, and the same over growths x, divided to keep numbers near 1.

  That is |gaps x|_1 + weight Var(x), which times `scale` is the objective.

  Attributes:
    counts: `[U]`, n_o.
    tilts: `[T, U]`, what a group's frame adds to T (z - mean(z)): whole
      numbers, so that what is balanced is so without error.
    weight: lambda, divided by `scale`.
    max_growth: Growths are in [1, max_growth].
    frames: Number of frames, 1 for none.
    scale: The same; 1 if the first term is to be divided by it anyway.
  """

  counts: np.ndarray
  tilts: np.ndarray
  weight: float
  max_growth: float
  frames: float
  scale: float

  @property
  def gaps(self):
    """What an unrepeated group adds to (z - mean(z)) / frames."""
    return self.tilts * (self.counts / (len(self.tilts) * self.frames))

  def value(self, counts):
    """Objective of counts `[U]`, whole or not."""
    distance = np.abs(self.tilts @ counts).sum() / len(self.tilts)
    variance = np.var(counts / self.counts) if counts.size else 0.0
    return float(
      self.scale / self.frames * distance + self.scale * self.weight * variance
    )

  def bound(self, dual):
    """Lower bound of `value` from any dual `[T]` in [-1, 1].

    Where slopes = dual gaps, it is the minimum over x and m of slopes x +
    weight mean((x - m)^2). For a given m each x_i is in the parabola's bottom
    m - shift_i or at an end, and the best m is the mean of x: where the pull,
    the sum of x - m, which falls with m and is piecewise linear, is 0.
    """
    slopes, room = dual @ self.gaps, self.max_growth - 1
    if self.weight == 0 or not slopes.size:
      least = (slopes + np.minimum(0.0, room * slopes)).sum()
      return self.scale * max(0.0, float(least))
    size = slopes.size
    with np.errstate(over="ignore"):  # An infinite shift is all right.
      shifts = size * slopes / (2 * self.weight)
    # As m rises from 1, x_i leaves the lower end and comes to the upper one.
    # All is less 1, so that the tiny shifts of a large weight are not lost.
    knots = np.concatenate([[0.0, room], shifts, room + shifts])
    bends = np.repeat([0, 1, -1], [2, size, size])
    order = np.argsort(knots, kind="stable")
    knots, inside = np.clip(knots[order], 0.0, room), np.cumsum(bends[order])
    falls = np.cumsum((inside[:-1] - size) * np.diff(knots))
    pull = np.clip(-shifts, 0.0, room).sum() + np.append(0.0, falls)
    mean = np.interp(0.0, -pull, knots)
    growth = 1 + np.clip(mean - shifts, 0.0, room)
    spread = np.clip(-shifts, -mean, room - mean)
    least = slopes @ growth + self.weight * np.mean(spread**2)
    return self.scale * max(0.0, float(least))


def _program(patterns, counts, variance_weight, max_growth, normalize):
  """The program, once what came is checked."""
  patterns, counts = np.asarray(patterns), np.asarray(counts)
  if patterns.ndim != 2 or counts.shape != patterns.shape[:1]:
    raise ValueError(
      "expected patterns of shape [U, T] and counts of shape [U], got shapes"
      f" {list(patterns.shape)} and {list(counts.shape)}"
    )
  wrong = (patterns != 0) & (patterns != 1)
  if wrong.any():
    group, au = np.argwhere(wrong)[0]
    raise ValueError(
      f"expected patterns of 0 and 1, got {patterns[group, au]} for group"
      f" {group}, column {au}; unique_groups makes them from labels"
    )
  if (counts < 1).any():
    group = int(np.argmax(counts < 1))
    raise ValueError(
      f"expected counts of 1 or more, got {counts[group]} for group {group};"
      " leave out a group without frames"
    )
  if not 0 <= variance_weight < np.inf:
    raise ValueError(
      f"expected a variance_weight of 0 or more, got {variance_weight}"
    )
  if not 1 <= max_growth < np.inf:
    raise ValueError(f"expected a max_growth of 1 or more, got {max_growth}")
  if not patterns.shape[1]:  # As balanced as an AU that nobody shows.
    patterns = np.zeros((len(counts), 1))
  ones = patterns.T.astype(np.float64)
  frames = float(max(1, counts.sum()))
  scale = 1.0 if normalize else frames
  return _Program(
    counts=counts.astype(np.int64),
    tilts=len(ones) * ones - ones.sum(axis=0),
    weight=variance_weight / scale,
    max_growth=float(max_growth),
    frames=frames,
    scale=scale,
  )


def _solve(program, *, max_iterations=_MAX_ITERATIONS):
  """Growths `[U]`, dual `[T]`, both within bounds, and whether it is done.

  The solver's variables are the growths x, their mean m, which keeps the
  variance sparse, and p, q >= 0 with gaps x = p - q, whose sum is the first
  term. The multipliers of that equation are the dual.
  """
  gaps, highest = program.gaps, program.max_growth
  num_aus, num_groups = gaps.shape
  if highest == 1 or not gaps.any():
    return np.ones(num_groups), np.sign(gaps.sum(axis=1)), True
  ones, unit = np.ones((num_groups, 1)), scipy.sparse.eye_array(num_aus)
  variance = scipy.sparse.block_array(
    [[scipy.sparse.eye_array(num_groups), -ones], [-ones.T, [[num_groups]]]]
  )
  solver = piqp.SparseSolver()
  settings = solver.settings
  settings.max_iter = max_iterations
  settings.eps_abs = settings.eps_rel = _TOLERANCE
  settings.eps_duality_gap_abs = settings.eps_duality_gap_rel = _TOLERANCE
  solver.setup(
    scipy.sparse.block_diag(
      [
        2 * program.weight / num_groups * variance,
        scipy.sparse.csc_array((2 * num_aus, 2 * num_aus)),
      ],
      format="csc",
    ),
    np.repeat([0.0, 1.0], [num_groups + 1, 2 * num_aus]),
    scipy.sparse.hstack(
      [gaps, np.zeros((num_aus, 1)), -unit, unit], format="csc"
    ),
    np.zeros(num_aus),
    x_l=np.repeat([1.0, 0.0], [num_groups + 1, 2 * num_aus]),
    x_u=np.repeat([highest, np.inf], [num_groups + 1, 2 * num_aus]),
  )
  solved = solver.solve() == piqp.PIQP_SOLVED
  growth = np.clip(solver.result.x[:num_groups], 1.0, highest)
  dual = np.clip(solver.result.y, -1.0, 1.0)
  if program.weight == 0:
    growth[~gaps.any(axis=0)] = 1.0  # Any growth is as good.
  return growth, dual, solved


def _round(program, relaxed):
  """Whole counts within the bounds, from the optimum of divided frames.

  Each move adds frames to a group, or takes some away, whichever lowers the
  objective most, at first many at a time.
  """
  counts = program.counts
  highest = np.floor(program.max_growth * counts).astype(np.int64)
  nearest = np.clip(np.rint(relaxed).astype(np.int64), counts, highest)
  whole = min(counts, nearest, key=program.value).copy()
  # What a move gains less may be an error of rounding.
  least = 1e-12 * max(program.scale, program.value(relaxed))
  moves = itertools.count()
  for size in _STEPS:
    step = size * np.array([[1], [-1]])
    while len(counts) and next(moves) < _MAX_MOVES:
      costs = _move_costs(program, whole, step)
      costs[(whole + step < counts) | (whole + step > highest)] = np.inf
      sign, group = np.unravel_index(np.argmin(costs), costs.shape)
      if not costs[sign, group] < -least:
        break
      whole[group] += step[sign, 0]
  return whole


def _move_costs(program, whole, step):
  """What a step `[2, 1]` of each group, alone, adds to the objective."""
  tilt = program.tilts @ whole
  moved = tilt[:, None, None] + program.tilts[:, None, :] * step
  distance = np.abs(moved).sum(axis=0) - np.abs(tilt).sum()
  growth, change = whole / program.counts, step / program.counts
  spread, size = growth - growth.mean(), len(growth)
  variance = (2 * change * spread + change**2) / size - (change / size) ** 2
  return program.scale * (
    distance / (len(tilt) * program.frames) + program.weight * variance
  )
