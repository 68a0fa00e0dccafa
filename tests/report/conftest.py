"""What the tests of the report share."""

import importlib.util
import pathlib

import pytest

_SPEC = importlib.util.spec_from_file_location(
  "report_workdir", pathlib.Path(__file__).with_name("workdir.py")
)
_WORKDIR = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_WORKDIR)


@pytest.fixture(scope="session")
def make():
  """Writes a working directory with random scores."""
  return _WORKDIR.make


@pytest.fixture(scope="session")
def complete(tmp_path_factory, make):
  """2 methods x 3 folds x 2 repeats, all finished; not to be changed."""
  return make(tmp_path_factory.mktemp("complete"))
