import json

from aujax.training import journal


def write(path, steps, last_step):
  with journal.Journal(path, last_step=last_step) as log:
    for step in steps:
      log.write({"step": step})


def steps(path):
  return [json.loads(line)["step"] for line in path.read_text().splitlines()]


def test_later_rows_are_dropped(tmp_path):
  path = tmp_path / "new" / "metrics.jsonl"
  write(path, [1, 2, 3, 3], 0)
  write(path, [3, 4], 2)
  assert steps(path) == [1, 2, 3, 4]


def test_half_a_line_is_dropped(tmp_path):
  path = tmp_path / "metrics.jsonl"
  write(path, [1, 2], 0)
  with path.open("a") as file:
    file.write('{"step": 3, "lo')
  write(path, [3], 2)
  assert steps(path) == [1, 2, 3]


def test_rows_are_on_disk_before_closing(tmp_path):
  path = tmp_path / "metrics.jsonl"
  with journal.Journal(path, last_step=0) as log:
    log.write({"step": 1})
    assert steps(path) == [1]


def test_no_path_writes_nothing(tmp_path):
  write(None, [1, 2], 0)
  assert not list(tmp_path.iterdir())
