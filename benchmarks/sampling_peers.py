"""What the samplers are measured against: the papers' steps, one by one.

Each function does what its algorithm prints, with sets, full scans and counts
taken anew, and shares no code with aujax. Labels are `[N, T]` of 0 and 1.
"""

import random
import time

import numpy as np
import scipy.optimize
import scipy.sparse


def stratify(labels, num_batches, *, seed):
  """Chu et al. 2018, Algorithm 1, on sets of frames; lists of frames."""
  chance = random.Random(seed)
  batches = [[] for _ in range(num_batches)]
  positives = [set(np.flatnonzero(column).tolist()) for column in labels.T]
  remaining = set(range(len(labels)))
  dealt = 0
  while remaining:
    # When no AU is left, the frames are that show none.
    rarest = min(filter(None, positives), key=len, default=remaining)
    group = list(rarest)
    chance.shuffle(group)
    for frame in group:
      batches[dealt % num_batches].append(frame)
      dealt += 1
    remaining.difference_update(group)
    for frames in positives:
      frames.difference_update(group)
  return batches


def stratify_iteratively(labels, num_batches, *, seed):
  """Sechidis et al. 2011 by the package iterative-stratification."""
  from iterstrat import ml_stratifiers

  shares = np.full(num_batches, 1 / num_batches)
  state = np.random.RandomState(seed)
  batch_of = ml_stratifiers.IterativeStratification(
    labels.astype(bool), shares, state
  )
  return [np.flatnonzero(batch_of == index) for index in range(num_batches)]


def momu(labels, batch_size, num_batches, *, draw, seed):
  """Chu et al. 2018, Algorithm 2, with a scan of the pool for each draw."""
  generator = np.random.default_rng(seed)
  columns = np.ascontiguousarray(labels.T, bool)
  occurring = np.flatnonzero(columns.any(axis=1))
  pool = np.ones(len(labels), bool)
  batches = []
  for _ in range(num_batches):
    in_pool = [np.count_nonzero(pool & columns[au]) for au in occurring]
    au = occurring[np.argmin(in_pool)]
    batch = []
    while len(batch) < batch_size:
      room = min(draw, batch_size - len(batch))
      found = np.flatnonzero(pool & columns[au])
      if len(found) < room:
        pool[columns[au]] = True
        pool[batch] = False
        found = np.flatnonzero(pool & columns[au])
      drawn = generator.choice(found, min(room, len(found)), replace=False)
      pool[drawn] = False
      if len(drawn) < room:
        again = np.flatnonzero(columns[au])
        drawn = [*drawn, *generator.choice(again, room - len(drawn))]
      batch.extend(drawn)
      in_batch = labels[batch].sum(axis=0)[occurring]
      au = occurring[np.argmin(in_batch)]
    batches.append(batch)
  return batches


def ml_ros(labels, percent, *, seed, max_clones=None):
  """Charte et al. 2015, ML-ROS, with the imbalance of all labels each step.

  `max_clones` ends it earlier.
  """
  generator = np.random.default_rng(seed)
  num_frames, wanted = len(labels), len(labels) * percent // 100
  table = np.concatenate([labels, np.zeros((wanted, labels.shape[1]), np.int8)])
  irlbl = _irlbl(labels)
  mean_ir = irlbl[np.isfinite(irlbl)].mean()
  minority = [
    au for au in np.flatnonzero(irlbl > mean_ir) if labels[:, au].any()
  ]
  bags = {au: np.flatnonzero(labels[:, au]) for au in minority}
  clones, limit = [], min(wanted, max_clones or wanted)
  while bags and len(clones) < limit:
    for au in list(bags)[: limit - len(clones)]:
      clones.append(generator.choice(bags[au]))
      table[num_frames + len(clones) - 1] = labels[clones[-1]]
      if _irlbl(table[: num_frames + len(clones)])[au] <= mean_ir:
        del bags[au]
  return np.array(clones)


def _irlbl(labels):
  counts = labels.sum(axis=0, dtype=np.int64)
  with np.errstate(divide="ignore"):
    return counts.max() / counts


def balance_objective(patterns, original, counts, *, variance_weight=70.0):
  """Rieger et al. 2020, eq. 1: what `balance_groups` makes small."""
  z = patterns.astype(float).T @ counts
  return np.abs(z - z.mean()).sum() + variance_weight * np.var(
    counts / original
  )


def balance_by_scipy(
  patterns, original, method, *, smoothings=(0.0,), seconds=60.0
):
  """The same by a general solver, over growths in [1, 10], from no growth.

  `|d|` is `sqrt(d^2 + s^2)` for each smoothing s in turn, each solved from
  the solution before; with 0 the solver sees a subgradient. A method that
  gives up time between its iterations is stopped after `seconds`.
  """
  deviations = _deviations(patterns, original)
  growth = np.ones(len(original))
  deadline = time.perf_counter() + seconds

  def value_and_gradient(growth, smoothing):
    gap = deviations @ growth
    size = np.hypot(gap, smoothing)
    slope = np.divide(gap, size, out=np.zeros_like(gap), where=size > 0)
    spread = growth - growth.mean()
    value = size.sum() + 70.0 * np.mean(spread**2)
    return value, slope @ deviations + 140.0 / len(growth) * spread

  def stop(intermediate_result):
    if time.perf_counter() > deadline:
      raise StopIteration

  for smoothing in smoothings:
    growth = scipy.optimize.minimize(
      value_and_gradient,
      growth,
      args=(smoothing,),
      jac=True,
      method=method,
      bounds=[(1.0, 10.0)] * len(growth),
      options={"maxiter": 10_000},
      callback=stop,
    ).x
  return growth * original


def balance_by_osqp(patterns, original):
  """The same as the sparse quadratic program that it is, by OSQP."""
  import osqp

  quadratic, linear, constraints, lower, upper = _program(patterns, original)
  solver = osqp.OSQP()
  solver.setup(
    quadratic,
    linear,
    constraints,
    lower,
    upper,
    verbose=False,
    eps_abs=1e-6,
    eps_rel=1e-6,
    max_iter=20_000,
    polishing=True,
  )
  growth = solver.solve().x[: len(original)]
  return np.clip(growth, 1.0, 10.0) * original


def balance_by_clarabel(patterns, original):
  """The same program by Clarabel, an interior point method."""
  import clarabel

  quadratic, linear, constraints, lower, upper = _program(patterns, original)
  has_lower, has_upper = np.isfinite(lower), np.isfinite(upper)
  settings = clarabel.DefaultSettings()
  settings.verbose = False
  rows = scipy.sparse.vstack(
    [constraints[has_upper], -constraints[has_lower]], format="csc"
  )
  bound = np.concatenate([upper[has_upper], -lower[has_lower]])
  solver = clarabel.DefaultSolver(
    scipy.sparse.triu(quadratic, format="csc"),
    linear,
    rows,
    bound,
    [clarabel.NonnegativeConeT(len(bound))],
    settings,
  )
  growth = np.array(solver.solve().x)[: len(original)]
  return np.clip(growth, 1.0, 10.0) * original


def _deviations(patterns, original):
  """`[T, U]`: growths to each AU's count less the mean of all AUs' counts."""
  matrix = (patterns * original[:, None]).T.astype(float)
  return matrix - matrix.mean(axis=0)


def _program(patterns, original):
  """Variables: growths x [U], their mean m, bounds s [T] of |deviations|.

  The variance is the least of mean((x - m)^2) over m, which keeps the
  quadratic term sparse. AUs are counted in shares of all frames: in frames,
  OSQP ends much farther from the optimum of 2,700 groups.
  """
  num_groups, num_aus = patterns.shape
  num_frames = original.sum()
  identity = scipy.sparse.eye(num_groups)
  ones = np.ones((num_groups, 1))
  scale = 140.0 / num_groups / num_frames
  quadratic = scipy.sparse.block_diag(
    [
      scale * scipy.sparse.bmat([[identity, -ones], [-ones.T, [[num_groups]]]]),
      scipy.sparse.csc_matrix((num_aus, num_aus)),
    ],
    format="csc",
  )
  linear = np.concatenate([np.zeros(num_groups + 1), np.ones(num_aus)])
  deviations = _deviations(patterns, original) / num_frames
  none = np.zeros((num_aus, 1))
  slack = scipy.sparse.eye(num_aus)
  constraints = scipy.sparse.bmat(
    [
      [deviations, none, -slack],
      [deviations, none, slack],
      [identity, None, None],
    ],
    format="csc",
  )
  infinite = np.full(num_aus, np.inf)
  zero = np.zeros(num_aus)
  lower = np.concatenate([-infinite, zero, np.full(num_groups, 1.0)])
  upper = np.concatenate([zero, infinite, np.full(num_groups, 10.0)])
  return quadratic, linear, constraints, lower, upper
