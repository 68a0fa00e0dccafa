import hypothesis
import jax.numpy as jnp
import jaxtyping
import numpy as np
import pytest
import scipy.optimize
from hypothesis import strategies as st

from aujax.sampling import balancing


@pytest.fixture
def unchecked():
  """Lets wrong shapes through to the function, as outside of the test run."""
  jaxtyping.config.update("jaxtyping_disable", True)
  yield
  jaxtyping.config.update("jaxtyping_disable", False)


def _objective(patterns, original, counts, weight, normalize=False):
  """Eq. 1 as the docstring has it, in loops."""
  patterns = np.asarray(patterns, int)
  z = [
    sum(n * row[au] for n, row in zip(counts, patterns, strict=True))
    for au in range(patterns.shape[1])
  ]
  distance = sum(abs(each - sum(z) / len(z)) for each in z) if z else 0.0
  growth = [n / n_o for n, n_o in zip(counts, original, strict=True)]
  mean = sum(growth) / len(growth)
  variance = sum((x - mean) ** 2 for x in growth) / len(growth)
  return distance / (sum(original) if normalize else 1) + weight * variance


def _problem(seed, *, num_groups=8, num_aus=4, most=1000):
  chance = np.random.default_rng(seed)
  patterns = chance.random((num_groups, num_aus)) < chance.uniform(0.1, 0.7)
  counts = np.exp(chance.uniform(0, np.log(most), num_groups))
  return patterns, counts.astype(np.int64)


@st.composite
def _problems(draw):
  patterns, counts = _problem(
    draw(st.integers(0, 10_000)),
    num_groups=draw(st.integers(1, 30)),
    num_aus=draw(st.integers(1, 8)),
    most=draw(st.sampled_from([1.5, 10, 1e4, 1e7])),
  )
  options = {
    "variance_weight": draw(st.sampled_from([0.0, 1e-6, 1.0, 70.0, 1e4, 1e9])),
    "max_growth": draw(st.sampled_from([1.0, 1.001, 1.5, 10.0, 50.0])),
    "normalize": draw(st.booleans()),
  }
  return patterns, counts, options


def test_two_aus_by_hand():
  # With 500 - d frames of the rare AU, f = d + 70 ((4 - d / 100) / 2)^2, which
  # is least where 1 = 70 (4 - d / 100) / 200: at d = 114.3.
  balance = balancing.balance_groups(
    np.array([[1, 0], [0, 1]]), np.array([500, 100])
  )
  assert balance.counts.tolist() == [500, 386]
  expected = 114 + 70 * (2.86 / 2) ** 2
  assert balance.objective == pytest.approx(expected, rel=1e-12)
  d = 100 * (4 - 200 / 70)
  np.testing.assert_allclose(balance.relaxed, [500, 500 - d], rtol=1e-6)
  least = d + 70 * (1 / 0.7) ** 2
  assert balance.lower_bound == pytest.approx(least, rel=1e-8)
  assert balance.gap == pytest.approx(1 - least / expected, rel=1e-3)


def test_normalizing_divides_the_first_term_alone():
  patterns, counts = _problem(0)
  total = int(counts.sum())
  one = balancing.balance_groups(
    patterns, counts, variance_weight=0.1, normalize=True
  )
  same = balancing.balance_groups(patterns, counts, variance_weight=0.1 * total)
  np.testing.assert_array_equal(one.counts, same.counts)
  assert one.objective == pytest.approx(same.objective / total)
  assert one.lower_bound == pytest.approx(same.lower_bound / total)
  assert one.objective == pytest.approx(
    _objective(patterns, counts, one.counts, 0.1, normalize=True)
  )


@hypothesis.given(_problems())
def test_bounds_hold_and_certificate_is_below(problem):
  patterns, counts, options = problem
  balance = balancing.balance_groups(patterns, counts, **options)
  for found in (balance.counts, balance.relaxed):
    assert (found >= counts).all()
    assert (found <= options["max_growth"] * counts).all()
  weight, normalize = options["variance_weight"], options["normalize"]
  relaxed, whole, none = (
    _objective(patterns, counts, found, weight, normalize)
    for found in (balance.relaxed, balance.counts, counts)
  )
  unit = 1 if normalize else counts.sum()
  tolerance = 1e-9 * (unit + weight)
  assert balance.objective == pytest.approx(whole, abs=tolerance)
  assert 0 <= balance.lower_bound <= relaxed + tolerance
  assert relaxed <= whole + tolerance
  assert whole <= none + tolerance
  assert relaxed - balance.lower_bound <= 1e-7 * unit + 1e-6 * relaxed
  assert balance.gap <= 1


@hypothesis.given(_problems(), st.integers(0, 1000))
def test_any_dual_gives_a_bound_and_it_is_the_inner_minimum(problem, seed):
  patterns, counts, options = problem
  weight = options["variance_weight"]
  program = balancing._program(patterns, counts, **options)
  chance = np.random.default_rng(seed)
  dual = chance.uniform(-1, 1, patterns.shape[1])
  if seed % 2:
    dual = np.sign(dual)
  bound = program.bound(dual)
  total = counts.sum()
  unit = 1 if options["normalize"] else total
  ends = (1.0, options["max_growth"])
  for growth in (
    np.ones(len(counts)),
    chance.uniform(*ends, len(counts)),
    chance.choice(ends, len(counts)),
  ):
    value = _objective(
      patterns, counts, growth * counts, weight, options["normalize"]
    )
    assert bound <= value + 1e-9 * (unit + value)

  # The minimum over x and m by a search over m: neither above nor below it.
  z = patterns * counts[:, None] * unit / total
  slopes = (z - z.mean(axis=1, keepdims=True)) @ dual

  def least(mean):
    bottom = np.full(len(counts), mean)
    if weight:
      bottom = mean - len(counts) * slopes / (2 * weight)
    growth = np.clip(bottom, *ends) if weight else np.where(slopes > 0, *ends)
    return slopes @ growth + weight * np.mean((growth - mean) ** 2)

  searched = scipy.optimize.minimize_scalar(
    least, bounds=ends, method="bounded", options={"xatol": 1e-12}
  ).fun
  searched = max(0.0, min(searched, *map(least, ends)))
  assert bound == pytest.approx(searched, rel=1e-6, abs=1e-8 * unit)


def test_costs_of_moves_are_differences_of_the_objective():
  patterns, counts = _problem(6)
  program = balancing._program(patterns, counts, 7.0, 9.0, False)
  whole, step = 2 * counts, np.array([[4], [-4]])
  costs = balancing._move_costs(program, whole, step)
  before = _objective(patterns, counts, whole, 7.0)
  for row, group in np.ndindex(costs.shape):
    moved = whole + step[row] * (np.arange(len(counts)) == group)
    after = _objective(patterns, counts, moved, 7.0)
    assert costs[row, group] == pytest.approx(after - before, abs=1e-9)


def _brute_force(patterns, counts, weight, max_growth):
  ranges = [np.arange(n, int(max_growth * n) + 1) for n in counts]
  every = np.stack(np.meshgrid(*ranges, indexing="ij"), -1)
  every = every.reshape(-1, len(counts))
  z = every @ patterns.astype(int)
  distance = np.abs(z - z.mean(axis=1, keepdims=True)).sum(axis=1)
  return (distance + weight * np.var(every / counts, axis=1)).min()


def test_whole_numbers_beside_brute_force():
  missed = []
  for seed in range(60):
    chance = np.random.default_rng(seed)
    num_groups, num_aus = chance.integers(2, 6), chance.integers(2, 5)
    patterns = chance.random((num_groups, num_aus)) < 0.5
    counts = chance.integers(1, 5, num_groups)
    weight = float(chance.choice([0, 0.1, 1, 10, 70, 1000]))
    growth = float(chance.choice([1, 2, 2.5, 3]))
    balance = balancing.balance_groups(
      patterns, counts, variance_weight=weight, max_growth=growth
    )
    best = _brute_force(patterns, counts, weight, growth)
    relaxed = _objective(patterns, counts, balance.relaxed, weight)
    assert balance.lower_bound <= relaxed + 1e-6
    assert relaxed <= best + 1e-6
    assert best <= balance.objective + 1e-9
    missed.append(balance.objective - best)
  assert max(missed) <= 2.0  # Frames.
  assert np.count_nonzero(np.array(missed) > 1e-9) <= 3


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("max_growth", [1.5, 10.0])
def test_linear_program_by_another_solver(seed, max_growth):
  patterns, counts = _problem(seed, num_groups=30, num_aus=6)
  balance = balancing.balance_groups(
    patterns, counts, variance_weight=0.0, max_growth=max_growth
  )
  share = patterns.T - patterns.mean(axis=1)
  limits = np.eye(len(share))
  reference = scipy.optimize.linprog(
    np.repeat([0.0, 1.0], [len(counts), len(share)]),
    A_ub=np.block([[share, -limits], [-share, -limits]]),
    b_ub=np.zeros(2 * len(share)),
    bounds=[(n, max_growth * n) for n in counts] + [(0, None)] * len(share),
  ).fun
  relaxed = _objective(patterns, counts, balance.relaxed, 0.0)
  tolerance = 1e-8 * counts.sum()
  assert relaxed == pytest.approx(reference, abs=tolerance)
  assert balance.lower_bound == pytest.approx(reference, abs=tolerance)


@pytest.mark.parametrize("weight", [1.0, 70.0, 1e4])
@pytest.mark.parametrize("seed", range(3))
def test_quadratic_program_by_another_solver(seed, weight):
  patterns, counts = _problem(seed)
  balance = balancing.balance_groups(patterns, counts, variance_weight=weight)
  share = (patterns.T - patterns.mean(axis=1)) * counts
  total, size = counts.sum(), len(counts)

  def value(v):
    return v[size:].sum() + weight / total * np.var(v[:size])

  limits = np.eye(len(share))
  sides = np.block([[share / total, -limits], [-share / total, -limits]])
  reference = scipy.optimize.minimize(
    value,
    np.repeat([1.0, 10.0], [size, len(share)]),
    method="SLSQP",
    bounds=[(1, 10)] * size + [(0, None)] * len(share),
    constraints={"type": "ineq", "fun": lambda v: -sides @ v},
    options={"maxiter": 500, "ftol": 1e-13},
  )
  relaxed = _objective(patterns, counts, balance.relaxed, weight)
  assert relaxed == pytest.approx(total * reference.fun, rel=1e-5)
  assert relaxed <= total * reference.fun * (1 + 1e-8) + 1e-7 * total


def test_a_larger_weight_makes_growths_alike():
  patterns, counts = _problem(5, num_groups=40, num_aus=6)
  spreads, distances = [], []
  for weight in (0.001, 0.01, 0.1, 1.0, 70.0):
    balance = balancing.balance_groups(
      patterns, counts, variance_weight=weight, normalize=True
    )
    spreads.append(np.var(balance.relaxed / counts))
    distances.append(_objective(patterns, counts, balance.relaxed, 0.0))
  assert (np.diff(spreads) < 0).all() and (np.diff(distances) > 0).all()


@pytest.mark.parametrize("convert", [np.int8, np.float32, jnp.asarray])
def test_any_array(convert):
  patterns, counts = _problem(1)
  one = balancing.balance_groups(patterns, counts)
  other = balancing.balance_groups(
    convert(patterns), jnp.asarray(counts), variance_weight=70, max_growth=10
  )
  np.testing.assert_array_equal(one.counts, other.counts)
  assert one.counts.dtype == np.int64 and one.objective == other.objective


@pytest.mark.parametrize("weight", [0.0, 70.0, 1e12])
@pytest.mark.parametrize(
  "patterns, counts",
  [
    (np.zeros((0, 3), bool), []),
    (np.zeros((0, 0), bool), []),
    (np.zeros((3, 0), bool), [1, 2, 3]),
    (np.zeros((3, 2), bool), [1, 2, 3]),
    ([[True], [False]], [5, 500]),
    ([[True, True, False]], [7]),
    ([[True, False], [False, True], [True, True]], [8, 8, 1]),
  ],
)
def test_nothing_grows_where_nothing_can_be_gained(patterns, counts, weight):
  counts = np.array(counts, np.int64)
  balance = balancing.balance_groups(
    np.array(patterns), counts, variance_weight=weight
  )
  np.testing.assert_array_equal(balance.counts, counts)
  np.testing.assert_array_equal(balance.relaxed, counts)
  assert balance.gap == 0 or len(counts) == 1
  assert balance.gap < 1e-8


def test_no_room_to_grow():
  patterns, counts = _problem(2)
  for growth in (1.0, 1.0 + 1e-9):
    balance = balancing.balance_groups(patterns, counts, max_growth=growth)
    np.testing.assert_array_equal(balance.counts, counts)
    assert 0 <= balance.gap < 1e-6


def test_part_of_a_frame_is_no_room():
  patterns = np.array([[1, 0], [0, 1], [0, 1]])
  balance = balancing.balance_groups(
    patterns, np.array([100, 1, 3]), variance_weight=0.1, max_growth=1.5
  )
  assert balance.counts.tolist() == [100, 1, 4]


def test_without_weight_groups_that_do_not_matter_stay():
  patterns = np.array([[0, 0], [1, 1], [1, 0], [0, 1]])
  balance = balancing.balance_groups(
    patterns, np.array([50, 60, 70, 10]), variance_weight=0.0
  )
  assert balance.counts[:2].tolist() == [50, 60]
  assert 70 <= balance.counts[2] == balance.counts[3] <= 100
  assert balance.objective == balance.gap == 0


def test_huge_counts_and_an_au_that_never_occurs():
  patterns = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 0]])
  counts = np.array([10_000_000, 1, 20_000_000])
  balance = balancing.balance_groups(patterns, counts, variance_weight=0.1)
  np.testing.assert_array_equal(balance.counts[:2], [10_000_000, 10])
  assert balance.gap < 1e-6


def test_groups_without_aus_grow_as_the_mean_does():
  patterns = np.array([[0, 0], [1, 0], [0, 1]])
  balance = balancing.balance_groups(patterns, np.array([900, 1000, 200]))
  growth = balance.relaxed / [900, 1000, 200]
  assert growth[0] == pytest.approx(growth.mean(), rel=1e-6)
  assert growth[0] > 2


def test_a_group_given_in_parts_is_balanced_like_the_whole():
  patterns, counts = _problem(3)
  whole = balancing.balance_groups(patterns, 2 * counts)
  parts = balancing.balance_groups(
    np.concatenate([patterns, patterns]), np.concatenate([counts, counts])
  )
  assert parts.lower_bound == pytest.approx(whole.lower_bound, rel=1e-6)


@pytest.mark.parametrize("normalize", [False, True])
def test_convergence_ends_where_the_optimum_is(normalize):
  patterns, counts = _problem(4, num_groups=40, num_aus=6)
  options = {"variance_weight": 0.5, "normalize": normalize}
  objectives, bounds = balancing.convergence(patterns, counts, **options)
  balance = balancing.balance_groups(patterns, counts, **options)
  assert 3 < len(objectives) == len(bounds) < 50
  assert (np.diff(objectives) <= 0).all() and (np.diff(bounds) >= 0).all()
  assert (bounds <= objectives * (1 + 1e-12)).all()
  none = _objective(patterns, counts, counts, 0.5, normalize)
  assert objectives[0] <= none * (1 + 1e-12)
  assert objectives[-1] == pytest.approx(balance.lower_bound, rel=1e-8)
  assert bounds[-1] == pytest.approx(balance.lower_bound, rel=1e-8)


@pytest.mark.parametrize(
  "wrong, message",
  [
    ({"patterns": np.zeros(2)}, r"\[U, T\] and counts of shape \[U\], got"),
    ({"counts": np.array([1, 2, 3])}, r"got shapes \[2, 2\] and \[3\]"),
    ({"patterns": np.array([[1, -1], [0, 1]])}, "got -1 for group 0, column 1"),
    ({"counts": np.array([3, 0])}, "got 0 for group 1"),
    ({"variance_weight": -0.1}, "variance_weight of 0 or more, got -0.1"),
    ({"variance_weight": np.nan}, "got nan"),
    ({"max_growth": 0.9}, "max_growth of 1 or more, got 0.9"),
    ({"max_growth": np.inf}, "got inf"),
  ],
)
@pytest.mark.parametrize("name", ["balance_groups", "convergence"])
def test_wrong_input_is_refused(unchecked, name, wrong, message):
  arguments = {"patterns": np.eye(2), "counts": np.array([3, 4]), **wrong}
  with pytest.raises(ValueError, match=message):
    getattr(balancing, name)(**arguments)
