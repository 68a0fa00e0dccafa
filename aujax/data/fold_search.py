"""Subjects dealt to folds so that every fold sums to nearly the same.

A problem is a table `[S, C]` of what each subject adds and a target `[C]` of
what each fold should sum to. A fold's cost is the sum over C of the distance
to the target; a partition's cost is that of its folds together. Finding the
best partition is NP-hard, so the answer comes with a bound that no partition
can go below.
"""

import time

import numpy as np
from jaxtyping import Float, Int64
from scipy import optimize

# Annealing: searches side by side, and their steps for each subject.
_CHAINS = 256
_STEPS = 240
_MOST_STEPS = 20_000
# Share of the steps that move one subject; the others swap two.
_MOVES = 0.2
# How often the worst searches give way to copies of the best, and how many.
_REVIEWS, _REPLACED = 30, 25
# Temperatures, in parts of a typical subject's weight.
_HOT, _COLD = 0.1, 0.003
# Up to this many subjects all folds that there are can be listed.
_LISTED = 12
# Search trees end by size before they end by the clock, so that a result does
# not depend on the machine.
_NODES = 5000
_ROUNDS = 8
_TOLERANCE = 1e-9


def solve(
  table: Float[np.ndarray, "S C"],
  target: Float[np.ndarray, " C"],
  num_folds: int,
  *,
  seed: int,
  time_limit: float | int,
) -> tuple[Int64[np.ndarray, " S"], float]:
  """Finds a good partition, and how good any can be.

  Simulated annealing over swaps and moves (Kirkpatrick et al. 1983), in many
  searches side by side of which the worst go on from where the best are
  (Aldous & Vazirani 1994). The bound is the Lagrangian one of column
  generation (Barnhart et al. 1998): for any prices u of the subjects, the
  folds A of a partition cost

    sum_k cost(A_k) = sum_s u_s + sum_k (cost(A_k) - u(A_k))
                   >= sum_s u_s + K min_A (cost(A) - u(A)),

  the minimum, over all sets of subjects, being a small integer program. It is
  far tighter than the bound of a program over subjects and folds, whose
  relaxation deals every subject to all folds and costs nothing. With 12
  subjects or fewer all sets are listed, and the partition is the best.

  Args:
    table: `[S, C]` what each subject adds.
    target: `[C]` what a fold should sum to.
    num_folds: Number of folds, from 2 to S. None will be empty.
    seed: Decides the search.
    time_limit: Seconds, from the start, after which the bound is not sought
      any better. The search takes as long as it takes, a few seconds.

  Returns:
    The fold of each subject, and the lower bound on the cost of all folds
    together; at least 0.

  Example:
    >>> folds, bound = solve(
    ...   np.array([[1.0], [2.0], [3.0]]), np.array([3.0]), 2, seed=0,
    ...   time_limit=5.0,
    ... )
    >>> folds.tolist(), bound
    ([0, 0, 1], 0.0)
  """
  end = time.monotonic() + time_limit
  folds, found = _anneal(table, target, num_folds, seed)
  if len(table) <= _LISTED:
    folds, bound = _exact(table, target, num_folds, folds)
  else:
    bound = _bound(table, target, num_folds, folds, found, end)
  limit = cost(table, target, folds, num_folds)
  return _numbered(folds), float(np.clip(bound, 0, limit))


def cost(
  table: Float[np.ndarray, "S C"],
  target: Float[np.ndarray, " C"],
  folds: Int64[np.ndarray, " S"],
  num_folds: int,
) -> float:
  """Sums the distances of all folds to the target.

  Args:
    table: `[S, C]` what each subject adds.
    target: `[C]` what a fold should sum to.
    folds: `[S]` the fold of each subject.
    num_folds: Number of folds.

  Returns:
    The cost, at least 0.

  Example:
    >>> cost(np.array([[1.0], [2.0]]), np.array([1.5]), np.array([0, 1]), 2)
    1.0
  """
  members = folds == np.arange(num_folds)[:, None]
  return float(_costs(table, target, members).sum())


def _costs(table, target, members):
  """Cost of each fold of `[folds, S]`."""
  return np.abs(members.astype(np.float64) @ table - target).sum(1)


def _anneal(table, target, num_folds, seed):
  """The best partition that annealing meets, and the folds on the way."""
  rng = np.random.default_rng(seed)
  searches = _Searches(table, target, num_folds, rng)
  steps = min(_STEPS * len(table), _MOST_STEPS)
  weight = np.abs(table).sum(1).mean()
  heat = weight * np.geomspace(_HOT, _COLD, steps)
  (best, best_cost), met = searches.best(), []
  for step, temperature in enumerate(heat):
    if step % (1 + steps // _REVIEWS) == steps // _REVIEWS:
      met.append(searches.folds.copy())
      searches.review()
    searches.step(temperature)
    if searches.costs.min() < best_cost - _TOLERANCE:
      best, best_cost = searches.best()
  # Searches end alike; the bound needs cheap folds of many kinds.
  met = np.concatenate([best[None], *met[_REVIEWS // 6 :]])
  members = met[:, None] == np.arange(num_folds)[:, None]
  return best, np.unique(members.reshape(-1, len(table)), axis=0)


class _Searches:
  """Partitions that change side by side: `[chains, S]` and what they sum to."""

  def __init__(self, table, target, num_folds, rng):
    self.table, self.num_folds, self.rng = table, num_folds, rng
    self.rows = np.arange(_CHAINS)
    even = np.arange(len(table)) % num_folds
    self.folds = rng.permuted(np.tile(even, (_CHAINS, 1)), axis=1)
    members = self.folds[:, None] == np.arange(num_folds)[:, None]
    self.sizes = members.sum(2)
    self.off = members.astype(np.float64) @ table - target
    self.costs = np.abs(self.off).sum((1, 2))

  def best(self):
    first = self.costs.argmin()
    return self.folds[first].copy(), self.costs[first]

  def review(self):
    """Lets the worst go on from where the best are."""
    order = np.argsort(self.costs, kind="stable")
    for state in (self.folds, self.sizes, self.off, self.costs):
      state[order[-_REPLACED:]] = state[order[:_REPLACED]]

  def step(self, temperature):
    """Moves or swaps subjects, where it helps or by chance."""
    rng, rows, table = self.rng, self.rows, self.table
    one, two = rng.integers(0, len(table), (2, _CHAINS))
    move = rng.random(_CHAINS) < _MOVES
    source, other = self.folds[rows, one], self.folds[rows, two]
    goal = np.where(move, rng.integers(0, self.num_folds, _CHAINS), other)
    shift = table[one] - np.where(move[:, None], 0, table[two])
    before, after = self.off[rows, source], self.off[rows, goal]
    change = np.abs(before - shift) + np.abs(after + shift)
    change = (change - np.abs(before) - np.abs(after)).sum(1)
    taken = change < temperature * rng.exponential(size=_CHAINS)
    # No fold may lose its last subject.
    taken &= (source != goal) & (~move | (self.sizes[rows, source] > 1))
    moved, swapped = rows[taken & move], rows[taken & ~move]
    self.off[rows[taken], source[taken]] -= shift[taken]
    self.off[rows[taken], goal[taken]] += shift[taken]
    self.folds[rows[taken], one[taken]] = goal[taken]
    self.folds[swapped, two[swapped]] = source[swapped]
    self.sizes[moved, source[moved]] -= 1
    self.sizes[moved, goal[moved]] += 1
    self.costs[taken] += change[taken]


def _prices(costs, found, num_folds):
  """Linear program over the folds found: its value, and subjects' prices."""
  subjects = found.shape[1]
  result = optimize.linprog(
    costs,
    A_eq=_cover(found),
    b_eq=np.r_[np.ones(subjects), num_folds],
    bounds=(0, None),
  )
  prices = result.eqlin.marginals
  return result.fun, prices[:subjects], prices[subjects]


def _cover(found):
  """Rows of a program: every subject once, as many folds as asked for."""
  return np.r_[found.T.astype(np.float64), np.ones((1, len(found)))]


def _exact(table, target, num_folds, folds):
  """The best of all partitions, and the proven bound."""
  subjects = len(table)
  found = np.arange(1, 2**subjects)[:, None] >> np.arange(subjects) & 1 == 1
  costs = _costs(table, target, found)
  value, prices, rent = _prices(costs, found, num_folds)
  slack = cost(table, target, folds, num_folds) - value
  # A set whose reduced cost exceeds the slack is in no better partition.
  useful = costs - found @ prices - rent <= slack + _TOLERANCE
  found = found[useful]
  sums = np.r_[np.ones(subjects), num_folds]
  result = optimize.milp(
    costs[useful],
    integrality=1,
    bounds=optimize.Bounds(0, 1),
    constraints=optimize.LinearConstraint(_cover(found), sums, sums),
    options={"mip_rel_gap": 0},
  )
  if result.x is None:
    return folds, value
  return found[result.x > 0.5].argmax(0), result.mip_dual_bound


def _bound(table, target, num_folds, folds, found, end):
  """A cost that no partition can go below.

  Good prices come from the linear program over the folds found so far, to
  which the cheapest set is added. A search for it that is stopped gives a
  bound of its own.
  """
  limit = cost(table, target, folds, num_folds)
  best, centre = 0.0, None
  for _ in range(_ROUNDS):
    left = end - time.monotonic()
    if left <= 0 or limit - best <= _TOLERANCE:
      break
    value, prices, _ = _prices(_costs(table, target, found), found, num_folds)
    if value - best <= _TOLERANCE:
      break
    # Prices of a short list are wild: stay near the best ones so far.
    prices = prices if centre is None else (prices + centre) / 2
    fold, minimum = _cheapest(table, target, prices, left)
    if minimum is not None and prices.sum() + num_folds * minimum > best:
      best, centre = prices.sum() + num_folds * minimum, prices
    if fold is None:
      break
    found = np.concatenate([found, fold[None]])
  return best


def _cheapest(table, target, prices, seconds):
  """The set of subjects of the least cost less prices, and a bound of it."""
  subjects, columns = table.shape
  eye = np.eye(columns)
  member = np.r_[np.ones(subjects), np.zeros(columns)]
  upper = np.r_[np.ones(subjects), np.full(columns, np.inf)]
  result = optimize.milp(
    np.r_[-prices, np.ones(columns)],
    integrality=member,
    bounds=optimize.Bounds(0, upper),
    constraints=[
      optimize.LinearConstraint(np.c_[table.T, -eye], -np.inf, target),
      optimize.LinearConstraint(np.c_[table.T, eye], target, np.inf),
      optimize.LinearConstraint(member[None], 1, subjects),
    ],
    options={"node_limit": _NODES, "time_limit": seconds, "mip_rel_gap": 0},
  )
  fold = None if result.x is None else result.x[:subjects] > 0.5
  return fold, result.mip_dual_bound


def _numbered(folds):
  """Folds in the order of their first subjects."""
  _, first, codes = np.unique(folds, return_index=True, return_inverse=True)
  return np.argsort(np.argsort(first))[codes]
