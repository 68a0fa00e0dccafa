"""From a dataset's pictures and videos to a records folder, at any scale.

    Table -> units -> crops -> parts -> records

A table's rows are divided into units of work, each a video or some pictures. A
process takes a unit, finds faces, cuts them out and writes a part file into
the folder ".NAME.incomplete" beside the output. When all parts are there, they
become ArrayRecord files in the table's order, and the folder gets its name.
"""

from aujax.preparation.recipe import ALIGNMENTS, Recipe
from aujax.preparation.run import prepare

__all__ = ["ALIGNMENTS", "Recipe", "prepare"]
