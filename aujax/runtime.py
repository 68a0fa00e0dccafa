"""Process settings that make JAX fast on a CPU, applied in one place.

This module does not import jax: XLA reads its flags once, when it starts.
"""

import ctypes
import functools
import importlib.metadata
import importlib.util
import os
import platform
import re

# XLA aborts the process at a flag that it does not know, so each stands with
# the jaxlib versions [from, to) that were seen to have it.
_FLAGS = {
  # Convolutions by Eigen rather than YNNPACK, which takes twice the time for
  # large maps and for gradients of kernels; dots stay with YNNPACK.
  "--xla_cpu_experimental_ynn_fusion_type=-individual_convolution": (
    (0, 9),
    (0, 11),
  ),
  "--xla_cpu_prefer_vector_width=512": ((0, 8), (0, 11)),
}

# By default glibc maps large buffers anew at each step and touches their
# pages again. Keys are the environment's names, values mallopt's
# (parameter, value), as in malloc.h.
_MALLOC = {
  "MALLOC_MMAP_MAX_": (-4, 0),
  "MALLOC_TRIM_THRESHOLD_": (-1, -1),
  "MALLOC_ARENA_MAX": (-8, 1),
}


def configure() -> dict[str, str]:
  """Sets XLA's flags and the allocator for training on a CPU.

  To be called before jax is imported. What the environment already says is
  left as it is: a flag that XLA_FLAGS names, MALLOC_* variables, and the whole
  allocator where GLIBC_TUNABLES is set. Where JAX would use an accelerator
  nothing is done. A second call changes nothing.

  Faster still than what a running process can set are huge pages, by
  GLIBC_TUNABLES=glibc.malloc.hugetlb=1 in the environment that it starts with.

  Returns:
    What was set, by name: "XLA_FLAGS" the flags that were added, "malloc" the
    options; only what was set is there.

  Example:
    >>> set(configure()) <= {"XLA_FLAGS", "malloc"}
    True
  """
  return dict(_configure())


@functools.cache
def _configure() -> dict[str, str]:
  if _has_accelerator():
    return {}
  done = {"XLA_FLAGS": _add_flags(), "malloc": _set_malloc()}
  return {name: value for name, value in done.items() if value}


def _has_accelerator() -> bool:
  platforms = os.environ.get("JAX_PLATFORMS", "")
  if platforms:
    return platforms != "cpu"
  packages = ("jax_plugins", "libtpu")
  return any(importlib.util.find_spec(package) for package in packages)


def _add_flags() -> str:
  present = os.environ.get("XLA_FLAGS", "")
  names = {flag.partition("=")[0] for flag in present.split()}
  version = _jaxlib_version()
  added = " ".join(
    flag
    for flag, (first, end) in _FLAGS.items()
    if first <= version < end and flag.partition("=")[0] not in names
  )
  if added:
    os.environ["XLA_FLAGS"] = f"{present} {added}".strip()
  return added


def _jaxlib_version() -> tuple[int, ...]:
  try:
    text = importlib.metadata.version("jaxlib")
  except importlib.metadata.PackageNotFoundError:
    return ()
  return tuple(int(part) for part in re.findall(r"\d+", text)[:2])


def _set_malloc() -> str:
  if platform.libc_ver()[0] != "glibc" or "GLIBC_TUNABLES" in os.environ:
    return ""
  mallopt = ctypes.CDLL(None).mallopt
  done = [
    f"{name}={value}"
    for name, (parameter, value) in _MALLOC.items()
    if name not in os.environ and mallopt(parameter, value)
  ]
  return " ".join(done)
