"""Jobs in processes of their own that end when their parent does."""

import concurrent.futures
import concurrent.futures.process
import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

import cv2

Item = TypeVar("Item")

# What asks this process, if it is a worker, to stop.
_stop = None


def run(
  job: Callable[[Item], Any], items: Sequence[Item], *, processes: int
) -> Iterator[Any]:
  """Does a job for each item, each process using one thread of OpenCV.

  When the caller stops asking, or is interrupted, running jobs are stopped at
  the next element of `until_stopped`.

  Args:
    job: A module's function, so that it can be sent to a process.
    items: What to do it for; what can be pickled.
    processes: How many at a time. With 1, jobs run in this process.

  Yields:
    Results in the order in which jobs end.

  Raises:
    ValueError: If the number of processes is not positive.
    ChildProcessError: If a process is killed from outside.

  Example:
    >>> list(run(abs, [-1, 2], processes=1))
    [1, 2]
  """
  if processes < 1:
    raise ValueError(f"expected at least one process, got {processes}")
  if min(processes, len(items)) < 2:
    yield from _run_here(job, items)
    return
  context = multiprocessing.get_context("spawn")
  # No lock that a killed process could take with it.
  stop = context.RawValue("b", 0)
  pool = concurrent.futures.ProcessPoolExecutor(
    min(processes, len(items)),
    mp_context=context,
    initializer=_start,
    initargs=(stop,),
  )
  try:
    # Ctrl-C reaches all processes of a terminal. The parent alone handles it:
    # workers inherit that it is blocked, also while they start.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
      futures = [pool.submit(job, item) for item in items]
    finally:
      signal.pthread_sigmask(signal.SIG_SETMASK, before)
    for future in concurrent.futures.as_completed(futures):
      yield future.result()
  except concurrent.futures.process.BrokenProcessPool as error:
    raise ChildProcessError(
      f"expected {processes} processes to work to their end, but one was "
      "killed from outside, as happens when memory runs out; run again with "
      "fewer"
    ) from error
  finally:
    stop.value = 1
    pool.shutdown(cancel_futures=True)


def until_stopped(elements: Iterable[Item]) -> Iterator[Item]:
  """Passes elements on until this process is asked to stop.

  Args:
    elements: What a job goes through.

  Yields:
    The elements.

  Raises:
    InterruptedError: If the process is a worker that is to stop.

  Example:
    >>> list(until_stopped("ab"))
    ['a', 'b']
  """
  for element in elements:
    if _stop is not None and _stop.value:
      raise InterruptedError("this job was stopped with its parent")
    yield element


def _run_here(job: Callable, items: Sequence) -> Iterator[Any]:
  num_threads = cv2.getNumThreads()
  cv2.setNumThreads(1)
  try:
    for item in items:
      yield job(item)
  finally:
    cv2.setNumThreads(num_threads)


def _start(stop) -> None:
  """Prepares a worker process."""
  global _stop
  _stop = stop
  cv2.setNumThreads(1)
  threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
  parent = multiprocessing.parent_process()
  multiprocessing.connection.wait([parent.sentinel])
  os._exit(1)
