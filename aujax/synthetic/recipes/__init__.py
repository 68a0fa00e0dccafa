"""What each Action Unit does to a face at intensity 5, as a table.

The appearance changes follow the FACS manual (Ekman, Friesen & Hager 2002).
"""

from aujax.synthetic.recipes import lower_face, upper_face
from aujax.synthetic.recipes.recipe import Bulge, Furrow, Place, Push, Recipe

__all__ = ["Bulge", "Furrow", "Place", "Push", "RECIPES", "Recipe"]

RECIPES: dict[int, Recipe] = upper_face.RECIPES | lower_face.RECIPES
