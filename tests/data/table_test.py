import numpy as np
import pytest

from aujax.data import table as table_lib


def make(n=6, *, aus=(1, 4, 12), truth=False, seed=0):
  rng = np.random.default_rng(seed)
  return table_lib.Table(
    aus=aus,
    image=np.array([f"v.avi#{i}" for i in range(n)]),
    labels=rng.integers(-1, 2, (n, len(aus))),
    subject=np.array([f"S{i % 2}" for i in range(n)]),
    sequence=np.array([f"S{i % 2}" for i in range(n)]),
    frame=np.arange(1, n + 1),
    truth=rng.integers(0, 2, (n, len(aus))) if truth else None,
  )


def arrays(columns):
  return {
    name: value if name == "aus" else np.array(value)
    for name, value in columns.items()
  }


def assert_equal(left, right):
  assert left.aus == right.aus
  for name in ("image", "labels", "subject", "sequence", "frame", "truth"):
    np.testing.assert_array_equal(getattr(left, name), getattr(right, name))


def test_normalises_dtypes_and_masks_unknown():
  table = make(truth=True)
  assert table.labels.dtype == table.truth.dtype == np.int8
  assert table.frame.dtype == np.int64
  assert table.image.dtype.kind == table.subject.dtype.kind == "U"
  np.testing.assert_array_equal(table.mask, table.labels >= 0)
  assert table.subjects == ["S0", "S1"]
  assert len(table) == 6


@pytest.mark.parametrize(
  "change, message",
  [
    ({"labels": [[0, 2]]}, "got 2 in row 0, column 1"),
    ({"labels": [[0, np.nan]]}, "got nan in row 0, column 1"),
    ({"labels": [[0]]}, r"shape \[N, 2\]"),
    ({"aus": (1, 1)}, "every AU once"),
    ({"image": ["a", "b"]}, r"image of shape \[1\]"),
    ({"frame": [1, 2]}, r"frame of shape \[1\]"),
    ({"truth": [[0, 1], [0, 1]]}, "1 rows in truth"),
    ({"truth": [[0, 9]]}, "truth of 1, 0 or -1"),
  ],
)
def test_wrong_columns_are_refused(change, message):
  columns = dict(
    aus=(1, 2),
    image=["a"],
    labels=[[0, 1]],
    subject=["S"],
    sequence=["S"],
    frame=[1],
  )
  table_lib.Table(**arrays(columns))
  with pytest.raises(ValueError, match=message):
    table_lib.Table(**arrays({**columns, **change}))


def test_frames_must_be_integers():
  with pytest.raises(TypeError, match="integers in frame"):
    name = np.array(["S"])
    table_lib.Table((), name, np.zeros((1, 0)), name, name, np.ones(1))


def test_select_takes_rows_in_the_order_given():
  table = make(truth=True)
  picked = table.select(np.array([4, 0]))
  np.testing.assert_array_equal(picked.frame, [5, 1])
  np.testing.assert_array_equal(picked.truth, table.truth[[4, 0]])
  assert_equal(
    table.select(table.subject == "S1"), table.select(np.array([1, 3, 5]))
  )
  assert_equal(table.select(slice(0, 2)), table.select(np.array([0, 1])))
  assert len(table.select(np.arange(0))) == 0
  with pytest.raises(ValueError, match=r"mask of shape \[6\]"):
    table.select(np.array([True]))


def test_project_reorders_and_fills_with_unknown():
  table = make(truth=True).project((12, 25))
  np.testing.assert_array_equal(table.labels[:, 0], make().labels[:, 2])
  assert (table.labels[:, 1] == -1).all() and (table.truth[:, 1] == -1).all()


def test_concatenate_on_union_and_intersection():
  left, right = make(aus=(1, 4)), make(4, aus=(12, 4), truth=True, seed=1)
  union = table_lib.concatenate([left, right])
  assert union.aus == (1, 4, 12) and len(union) == 10
  assert (union.labels[:6, 2] == -1).all() and (union.truth[:6] == -1).all()
  np.testing.assert_array_equal(union.labels[6:, 1], right.labels[:, 1])
  common = table_lib.concatenate([left, right], aus="intersection")
  assert common.aus == (4,)
  np.testing.assert_array_equal(common.truth[6:, 0], right.truth[:, 1])
  assert_equal(table_lib.concatenate([left]), left)


def test_concatenate_refuses_nothing_and_unknown_words():
  with pytest.raises(ValueError, match="at least one table"):
    table_lib.concatenate([])
  with pytest.raises(ValueError, match="'outer'"):
    table_lib.concatenate([make()], aus="outer")


def test_subsample_counts_within_each_sequence():
  table = make(7)
  np.testing.assert_array_equal(
    table_lib.subsample(table, 2).frame, [1, 2, 5, 6]
  )
  assert_equal(table_lib.subsample(table, 1), table)
  assert len(table_lib.subsample(table.select(np.arange(0)), 3)) == 0
  shuffled = table.select(np.array([6, 5, 4, 3, 2, 1, 0]))
  np.testing.assert_array_equal(
    table_lib.subsample(shuffled, 2).frame, [6, 5, 2, 1]
  )
  with pytest.raises(ValueError, match="stride"):
    table_lib.subsample(table, 0)


def test_digest_sees_every_column():
  table = make(truth=True)
  assert table.digest() == make(truth=True).digest()
  others = [
    make(),
    table.select(np.array([1, 0, 2, 3, 4, 5])),
    table.project((4, 1, 12)),
    table.select(slice(5)),
  ]
  assert len({table.digest(), *(other.digest() for other in others)}) == 5


@pytest.mark.parametrize("truth", [False, True])
@pytest.mark.parametrize("aus", [(12, 4, 1), ()])
def test_parquet_gives_back_the_same_table(tmp_path, truth, aus):
  table = make(truth=truth and bool(aus), aus=aus)
  table_lib.write_parquet(table, tmp_path / "t.parquet")
  assert_equal(table_lib.read_parquet(tmp_path / "t.parquet"), table)


def test_parquet_errors_name_the_file(tmp_path):
  with pytest.raises(FileNotFoundError, match="t.parquet"):
    table_lib.read_parquet(tmp_path / "t.parquet")
  (tmp_path / "t.parquet").write_bytes(b"no parquet")
  with pytest.raises(ValueError, match="t.parquet"):
    table_lib.read_parquet(tmp_path / "t.parquet")
