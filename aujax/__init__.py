"""aujax: detectors of facial Action Units where labels are noisy and rare.

Frames with Action Unit labels go in at the left, fold-averaged F1 with its
evidence comes out at the right, and every step between is a pure function of
arrays and a seed:

  dataset --prepare--> records --plan--> batches --step--> checkpoint
          --predict--> scores --evaluate--> report
"""

__version__ = "0.1.0"


def __getattr__(name: str):
  # Not imported before it is asked for: it takes JAX, OpenCV and pandas along.
  if name == "predict":
    from aujax.prediction import predict

    return predict.predict
  raise AttributeError(f"module 'aujax' has no attribute {name!r}")
