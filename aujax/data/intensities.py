"""Intensities of AUs, 0 to 5, and from which on an AU counts as present."""

MAX = 5


def check_positive(positive: int) -> None:
  """Refuses a threshold that no intensity or every one would reach.

  Args:
    positive: Least intensity that counts as present.

  Raises:
    ValueError: If it is not in 1 to `MAX`.

  Example:
    >>> check_positive(2)
  """
  if not 1 <= positive <= MAX:
    raise ValueError(
      f"expected positive, the least intensity that counts as present, in 1 "
      f"to {MAX}, got {positive}"
    )
