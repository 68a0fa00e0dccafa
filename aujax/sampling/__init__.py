"""Which frames form which batch: label matrix and seed in, indices out."""

from aujax.sampling.batches import random_batches

__all__ = ["random_batches"]
