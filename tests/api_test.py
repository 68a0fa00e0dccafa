"""Walks the public functions and keeps their shape, and the walls, true."""

import ast
import importlib
import inspect
import pathlib
import types

import pytest

import aujax

PUBLIC = {
  "action_units": "columns name parse project",
  "labels": "split_missing base_rates smooth robin_hood_rates robin_hood "
  "inverse_frequency_weights positive_weights selective_weights",
  "losses": "sigmoid_cross_entropy hinge focal asymmetric soft_f1 masked_mean",
  "sampling": "random_batches stratified_batches momu_batches imbalance "
  "ml_ros ml_rus lp_ros lp_rus unique_groups balance_groups augmentation_plan",
  "evaluation": "count f1 precision recall accuracy macro total_accuracy awc "
  "emotionet_score fold_average pooled count_by always_positive roc_auc "
  "average_precision best_thresholds event_f1 event_f1_area reliability "
  "expected_calibration_error combine best_weights bootstrap "
  "bootstrap_difference paired",
  "models": "create",
  "prediction.predict": "predict",
  "interpret": "activation_maximization saliency subject_divergence "
  "variance_share jensen_shannon hog embedding",
}

# Which boxes a box may import; what is not named here may import all.
MAY_IMPORT = {
  "action_units": set(),
  "models": set(),
  "faces": set(),
  "interpret": set(),
  "runtime": set(),
  "labels": {"action_units"},
  "losses": {"action_units"},
  "sampling": {"action_units"},
  "data": {"action_units", "sampling"},
  "synthetic": {"action_units", "data"},
  "training": {"labels", "losses"},
  "evaluation": {"action_units"},
  "report": {"action_units", "evaluation"},
}
ROOT = pathlib.Path(aujax.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))


def _functions():
  for module, names in PUBLIC.items():
    for name in names.split():
      yield pytest.param(module, name, id=f"{module}.{name}")


@pytest.mark.parametrize("module, name", list(_functions()))
def test_public_function_is_array_first_annotated_and_documented(module, name):
  function = getattr(importlib.import_module(f"aujax.{module}"), name)
  signature = inspect.signature(function)
  defaults = [
    p
    for p in signature.parameters.values()
    if p.default is not p.empty and p.name != "mask"
  ]
  assert all(p.kind is p.KEYWORD_ONLY for p in defaults), "options by keyword"
  annotated = [
    p.name
    for p in signature.parameters.values()
    if p.annotation is p.empty and p.kind is not p.VAR_KEYWORD
  ]
  assert not annotated, f"no annotation for {annotated}"
  assert signature.return_annotation is not signature.empty
  doc = inspect.getdoc(function) or ""
  for part in ("Args:", "Returns:", "Example:", ">>> "):
    assert part in doc, f"{part!r} missing in the docstring"


def _box(path):
  inside = path.relative_to(ROOT)
  return inside.parts[0] if len(inside.parts) > 1 else inside.stem


def _imported(path):
  for node in ast.walk(ast.parse(path.read_text())):
    if isinstance(node, ast.Import):
      names = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom) and node.module == "aujax":
      names = [f"aujax.{alias.name}" for alias in node.names]
    elif isinstance(node, ast.ImportFrom):
      names = [node.module or ""]
    else:
      continue
    yield from (n.split(".")[1] for n in names if n.startswith("aujax."))


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_walls_hold(path):
  box = _box(path)
  if box in MAY_IMPORT:
    assert set(_imported(path)) <= MAY_IMPORT[box] | {box}


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_file_is_a_drawer(path):
  text = path.read_text()
  assert len(text.splitlines()) <= 400
  tree = ast.parse(text)
  assert ast.get_docstring(tree)
  for node in ast.walk(tree):
    if isinstance(node, ast.FunctionDef):
      doc = ast.get_docstring(node) or ""
      code = node.end_lineno - node.lineno + 1 - doc.count("\n")
      assert code <= 80, f"{node.name} has {code} lines of code"


def test_the_core_needs_no_other_framework():
  foreign = {"torch", "tensorflow", "clu", "sklearn"}
  for path in FILES:
    for node in ast.walk(ast.parse(path.read_text())):
      names = []
      if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
      elif isinstance(node, ast.ImportFrom) and not node.level:
        names = [node.module]
      assert not {n.split(".")[0] for n in names} & foreign, path


def test_the_package_says_what_it_is():
  assert isinstance(aujax, types.ModuleType) and aujax.__doc__
  assert aujax.__version__.count(".") == 2
