"""A browser to try pages in: fixtures that all tests share."""

import os
import shutil

import numpy as np
import pytest

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def browser():
  program = next(filter(None, map(shutil.which, PROGRAMS)), None)
  if program is None:
    missing = f"needs one of {', '.join(PROGRAMS)} to try the page in"
    if os.environ.get("AUJAX_REQUIRE_BROWSER") == "1":
      pytest.fail(missing)
    pytest.skip(missing)
  from playwright import sync_api

  with sync_api.sync_playwright() as playwright:
    # Containers have no room for Chromium's own sandbox.
    started = playwright.chromium.launch(
      executable_path=program, args=["--no-sandbox"]
    )
    yield started
    started.close()


@pytest.fixture
def visit(browser):
  """Opens a page; whatever it says or asks for fails the test."""
  contexts, heard = [], []

  def visit(path, width=1280, **options):
    context = browser.new_context(
      viewport={"width": width, "height": 800}, **options
    )
    contexts.append(context)
    page = context.new_page()
    page.set_default_timeout(10_000)
    page.on("console", lambda message: heard.append(message.text))
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("request", lambda request: heard.append(request.url))
    page.goto(path.as_uri())
    assert heard.pop(0) == path.as_uri()
    return page

  yield visit
  for context in contexts:
    context.close()
  assert heard == []


def contrast(one, two):
  """WCAG's contrast of two colours as CSS writes them."""
  lights = sorted(map(luminance, (one, two)))
  return (lights[1] + 0.05) / (lights[0] + 0.05)


def luminance(color):
  parts = [int(v) / 255 for v in color[4:-1].split(",")]
  linear = [
    v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts
  ]
  return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))
