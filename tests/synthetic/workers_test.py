import os
import signal
import time

import pytest

from aujax.synthetic import workers


def die(number):
  if number:
    time.sleep(30)
  os.kill(os.getpid(), signal.SIGKILL)


def fail_or_wait(number):
  if number == 0:
    raise ValueError("the first one fails")
  for _ in workers.until_stopped(iter(int, 1)):
    time.sleep(0.01)


def test_a_killed_process_is_told():
  with pytest.raises(ChildProcessError, match="one was killed from outside"):
    list(workers.run(die, [0, 1], processes=2))


def test_an_error_stops_the_other_jobs():
  begin = time.monotonic()
  with pytest.raises(ValueError, match="the first one fails"):
    list(workers.run(fail_or_wait, [0, 1, 2], processes=2))
  assert time.monotonic() - begin < 25


def test_no_process():
  with pytest.raises(ValueError, match="at least one process, got 0"):
    list(workers.run(abs, [1], processes=0))
