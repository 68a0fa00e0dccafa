"""From a dataset on disk to host batches, with a `Table` in between."""

from aujax.data.table import Table, concatenate

__all__ = ["Table", "concatenate"]
