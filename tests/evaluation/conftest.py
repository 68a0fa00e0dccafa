"""What the tests of evaluation share."""

import hypothesis
import jaxtyping
import pytest

# A busy machine is no reason to fail.
hypothesis.settings.register_profile("aujax", deadline=None)
hypothesis.settings.load_profile("aujax")


@pytest.fixture
def unchecked():
  """Lets wrong shapes through to the function, as outside of the test run."""
  jaxtyping.config.update("jaxtyping_disable", True)
  yield
  jaxtyping.config.update("jaxtyping_disable", False)
