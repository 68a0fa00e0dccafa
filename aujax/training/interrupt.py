"""Ctrl-C and SIGTERM, heeded where a run can be left without loss."""

import os
import signal
import threading

import jax
from jax.experimental import multihost_utils

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_NOTE = b"\nstopping after this step; press Ctrl-C again to stop at once\n"


class Interrupt:
  """Notes a signal, for the loop to poll between steps.

  Inside a step the state that went in is used up and the next is not there
  yet; an exception would leave nothing to save. A second signal is raised at
  once. With several processes, JAX carries a SIGTERM on one of them to all and
  names the step at which all of them stop.
  """

  def __init__(self):
    self.requested = False
    self._signal = signal.SIGTERM
    self._previous = {}
    self._alone = jax.process_count() == 1

  def __enter__(self) -> "Interrupt":
    # Python lets only the main thread of a process handle signals.
    if self._alone and threading.current_thread() is threading.main_thread():
      self._previous = {s: signal.signal(s, self._note) for s in _SIGNALS}
    return self

  def __exit__(self, *exception) -> None:
    for number, handler in self._previous.items():
      signal.signal(number, handler)

  def poll(self, step: int) -> bool:
    """Whether to stop after this step; to be asked at every step."""
    if not self._alone and multihost_utils.reached_preemption_sync_point(step):
      self.requested = True
    return self.requested

  def leave(self) -> None:
    """Raises what the signal means."""
    if self._signal == signal.SIGINT:
      raise KeyboardInterrupt
    raise SystemExit(128 + self._signal)

  def _note(self, number, frame):
    del frame
    if self.requested:
      raise KeyboardInterrupt
    self.requested, self._signal = True, number
    if number == signal.SIGINT:
      # A print could meet another that the signal interrupted.
      os.write(2, _NOTE)
