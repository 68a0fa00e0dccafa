"""What configure sets, each time in a process of its own."""

import json
import os
import subprocess
import sys

import pytest

FUSION = "--xla_cpu_experimental_ynn_fusion_type"
WIDTH = "--xla_cpu_prefer_vector_width"
SETTINGS = ("XLA_FLAGS", "GLIBC_TUNABLES", "JAX_PLATFORMS")


def run(code, **environment):
  """Runs code in a fresh process and returns what it prints as JSON."""
  clean = {
    name: value
    for name, value in os.environ.items()
    if name not in SETTINGS and not name.startswith("MALLOC_")
  }
  prefix = "import json, os, sys; from aujax import runtime\n"
  out = subprocess.run(
    [sys.executable, "-c", prefix + code],
    env=clean | {"JAX_PLATFORMS": "cpu"} | environment,
    capture_output=True,
    text=True,
    check=True,
  )
  return json.loads(out.stdout)


def configured(**environment):
  return run(
    "done = runtime.configure()\n"
    "print(json.dumps([done, os.environ.get('XLA_FLAGS', '')]))",
    **environment,
  )


def versions(text, **environment):
  """The flags set under a jaxlib of another version."""
  return run(
    "import importlib.metadata\n"
    f"importlib.metadata.version = lambda name: {text!r}\n"
    "print(json.dumps(runtime.configure().get('XLA_FLAGS', '')))",
    **environment,
  )


def test_sets_flags_and_malloc():
  done, flags = configured()
  assert FUSION in flags and WIDTH in flags
  assert done["XLA_FLAGS"] == flags
  if sys.platform == "linux" and "malloc" in done:
    assert "MALLOC_MMAP_MAX_=0" in done["malloc"]


def test_jax_runs_with_them():
  code = (
    "runtime.configure()\n"
    "import jax, jax.numpy as jnp\n"
    "x = jnp.ones((1, 4, 4, 1)); k = jnp.ones((3, 3, 1, 1))\n"
    "y = jax.lax.conv_general_dilated(x, k, (1, 1), 'VALID',\n"
    "  dimension_numbers=('NHWC', 'HWIO', 'NHWC'))\n"
    "print(float(y.sum()))"
  )
  assert run(code) == 36.0


def test_does_not_import_jax():
  assert run("runtime.configure(); print(json.dumps('jax' not in sys.modules))")


def test_second_call_changes_nothing():
  assert run(
    "first = runtime.configure(); flags = os.environ['XLA_FLAGS']\n"
    "same = runtime.configure() == first\n"
    "print(json.dumps(same and flags == os.environ['XLA_FLAGS']))"
  )


def test_keeps_what_the_user_set():
  done, flags = configured(XLA_FLAGS=f"{FUSION}= --xla_foo=1")
  assert flags == f"{FUSION}= --xla_foo=1 {WIDTH}=512"
  assert done["XLA_FLAGS"] == f"{WIDTH}=512"


def test_leaves_the_allocator_to_tunables():
  done, _ = configured(GLIBC_TUNABLES="glibc.malloc.hugetlb=1")
  assert "malloc" not in done


def test_leaves_a_malloc_variable_as_it_is():
  done, _ = configured(MALLOC_ARENA_MAX="2")
  assert "MALLOC_ARENA_MAX" not in done.get("malloc", "")


@pytest.mark.parametrize("platforms", ["cuda", "tpu", "cuda,cpu"])
def test_does_nothing_for_an_accelerator(platforms):
  assert configured(JAX_PLATFORMS=platforms) == [{}, ""]


@pytest.mark.parametrize("package", ["jax_plugins", "libtpu"])
def test_does_nothing_where_an_accelerator_is_installed(package, tmp_path):
  (tmp_path / package).mkdir()
  path = os.pathsep.join([str(tmp_path), *sys.path])
  assert configured(JAX_PLATFORMS="", PYTHONPATH=path) == [{}, ""]


@pytest.mark.parametrize(
  "version, expected",
  [
    ("0.7.2", []),
    ("0.8.1", [WIDTH]),
    ("0.9.0.1", [FUSION, WIDTH]),
    ("0.10.2", [FUSION, WIDTH]),
    ("0.11.0", []),
    ("1.0", []),
  ],
)
def test_flags_only_for_versions_that_have_them(version, expected):
  assert [flag.partition("=")[0] for flag in versions(version).split()] == (
    expected
  )
