"""What a detector looks at and looks for, and how it sees people apart.

It asks for functions and arrays, so any network can be looked into.
"""

from aujax.interpret.features import embedding, hog
from aujax.interpret.gradients import activation_maximization, saliency
from aujax.interpret.subjects import (
  Divergence,
  jensen_shannon,
  subject_divergence,
  variance_share,
)

__all__ = [
  "Divergence",
  "activation_maximization",
  "embedding",
  "hog",
  "jensen_shannon",
  "saliency",
  "subject_divergence",
  "variance_share",
]
