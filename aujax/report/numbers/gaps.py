"""Trials that an experiment lacks, and why."""

import pathlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence


def key(folder: pathlib.Path) -> tuple[str, int, int] | None:
  """What a folder is of.

  Args:
    folder: Of a trial, perhaps.

  Returns:
    (method, fold, repeat), None if it is not one of a trial.

  Example:
    >>> key(pathlib.Path("run/baseline/fold0/repeat1"))
    ('baseline', 0, 1)
  """
  text = "/".join(folder.parts[-3:])
  match = re.fullmatch(r"([^/]+)/fold(\d+)/repeat(\d+)", text)
  return (match[1], int(match[2]), int(match[3])) if match else None


def failures(
  folders: Iterable[pathlib.Path],
) -> dict[tuple[str, int, int], str]:
  """Errors of the trials that left failure.txt.

  Args:
    folders: Of trials.

  Returns:
    By (method, fold, repeat), each in one line.
  """
  found = {}
  for folder in folders:
    path, of = folder / "failure.txt", key(folder)
    if of and path.is_file():
      found[of] = _error(path)
  return found


def inner_failures(workdir: pathlib.Path) -> Iterator[str]:
  """Names failed trials inside of training folds, by which one chooses.

  Args:
    workdir: Of the experiment.

  Yields:
    Such as "robin_hood fold 2 inner fold 0 repeat 1 (failed: no memory)".
  """
  for path in sorted(workdir.glob("*/fold*/part*/repeat*/failure.txt")):
    method, *names = path.parts[-5:-1]
    fold, part, repeat = (re.sub(r"\D", "", name) for name in names)
    yield (
      f"{method} fold {fold} inner fold {part} repeat {repeat} "
      f"(failed: {_error(path)})"
    )


def missing(
  done: Collection[tuple[str, int, int]],
  methods: Sequence[str],
  folds: Sequence[int],
  repeats: Sequence[int],
  failures: Mapping[tuple[str, int, int], str],
) -> Iterator[str]:
  """Names each gap: a whole method, a whole fold of it, or one repeat.

  Args:
    done: (method, fold, repeat) of the finished trials.
    methods: Methods,
    folds: folds,
    repeats: and repeats that there should be.
    failures: Errors of trials that failed.

  Yields:
    Such as "robin_hood fold 2", with the error if all trials that it names
    failed with the same one.

  Example:
    >>> failed = {("b", 0, 0): "loss is nan", ("b", 1, 0): "loss is nan"}
    >>> list(missing([("a", 0, 0)], ("a", "b"), (0, 1), (0,), failed))
    ['a fold 1', 'b (failed: loss is nan)']
  """
  for method in methods:
    keys = {f: [(method, f, r) for r in repeats] for f in folds}
    reason = _reason([k for row in keys.values() for k in row], done, failures)
    if reason is not None:
      yield method + reason
      continue
    for fold, row in keys.items():
      reason = _reason(row, done, failures)
      if reason is not None:
        yield f"{method} fold {fold}{reason}"
        continue
      for key in row:
        if key not in done:
          reason = _reason([key], done, failures)
          yield f"{method} fold {fold} repeat {key[2]}{reason}"


def _reason(keys, done, failures):
  """Why none of some trials is done; None if one is, or reasons differ."""
  reasons = {failures.get(key) for key in keys}
  if len(reasons) > 1 or any(key in done for key in keys):
    return None
  reason = reasons.pop()
  return f" (failed: {reason})" if reason else ""


def _error(path):
  text = " ".join(path.read_text(errors="replace").split())
  return text or "no reason given"
