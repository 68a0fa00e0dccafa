"""How a picture becomes a face in the records."""

import dataclasses
from typing import Any

ALIGNMENTS = ("none", "mtcnn", "landmarks")


@dataclasses.dataclass(frozen=True)
class Recipe:
  """All that decides what is stored of a picture.

  Attributes:
    size: Height and width of the stored faces, in pixels.
    quality: Of JPEG, 1 to 100.
    lossless: PNG instead of JPEG.
    alignment: "none", the largest centred square; "mtcnn", the largest face
      that MTCNN finds, put on a template; "landmarks", the same by landmarks
      that come with the dataset.
    margin: How much is left around an aligned face, as a share of the side.
    every: Distance of a video's frames in which "mtcnn" looks for faces.
    min_face: Side of the smallest face that "mtcnn" looks for, in pixels; None
      is a twenty-fifth of the picture's shorter side, at least 20.
    dataset: Module of `aujax.data` whose `landmarks` are taken.

  Raises:
    ValueError: If an option is out of range.
  """

  size: int = 112
  quality: int = 95
  lossless: bool = False
  alignment: str = "none"
  margin: float = 0.0
  every: int = 8
  min_face: float | None = None
  dataset: str = ""

  def __post_init__(self):
    if self.alignment not in ALIGNMENTS:
      raise ValueError(
        f"expected an alignment among {', '.join(ALIGNMENTS)}, got "
        f"{self.alignment!r}"
      )
    if not 0 <= self.margin <= 1:
      raise ValueError(f"expected a margin of 0 to 1, got {self.margin}")
    if self.alignment == "none" and self.margin:
      raise ValueError(
        f"expected no margin without alignment, got {self.margin}; align faces "
        "or leave it out"
      )

  @property
  def cut(self) -> dict[str, Any]:
    """What the records' mark says of it."""
    cut = {"alignment": self.alignment, "margin": self.margin}
    if self.alignment == "mtcnn":
      cut |= {"every": self.every, "min_face": self.min_face}
    return cut
