"""Records: a table's pictures, resized and encoded, for random access.

A records folder is a TFDS dataset in ArrayRecord files, with one record for
each row of the table in the table's order, and beside it "table.parquet" and
"records.json", which says what was written.
"""

import dataclasses
import hashlib
import io
import json
import pathlib
import shutil
from collections.abc import Iterable, Iterator
from concurrent import futures
from typing import Any

import cv2
import numpy as np
import simplejpeg
from jaxtyping import UInt8

from aujax.data import array_records, images
from aujax.data import mark as mark_lib
from aujax.data import table as table_lib

# Most pictures in a file.
SHARD = 16384
_JPEG = b"\xff\xd8"


@dataclasses.dataclass(frozen=True, eq=False)
class Records:
  """What a records folder holds.

  Attributes:
    table: The frames and their labels.
    source: `source[i]` is the encoded picture of the table's row i; None only
      where all are decoded.
    size: Height and width of the pictures, in pixels.
    alignment: How faces were cut out: "none", the largest centred square of the
      picture, "mtcnn", the landmarks that MTCNN finds put on a template, or
      "landmarks", the same with those that the dataset has.
    margin: How much is left around an aligned face, as a share of the side.
    decoded: uint8 `[N, size, size, 3]` after `preload`, otherwise None.
    digest: Hexadecimal, of what was written: table, files, size, encoding.
  """

  table: table_lib.Table
  source: array_records.Source | None
  size: int
  alignment: str = "none"
  margin: float = 0.0
  decoded: np.ndarray | None = None
  digest: str = ""

  def picture(self, row: int) -> UInt8[np.ndarray, "height width 3"]:
    """Returns the picture of one row in RGB."""
    if self.decoded is not None:
      return self.decoded[row]
    return decode(self.source[row])

  def load(self, row: int, out: UInt8[np.ndarray, "side side 3"]) -> None:
    """Writes the picture of one row into `out`, resized to it."""
    if self.decoded is None and len(out) == self.size:
      decode(self.source[row], out=out)
    else:
      out[...] = images.square(self.picture(row), len(out))


def write(
  table: table_lib.Table,
  root: str | pathlib.Path,
  directory: str | pathlib.Path,
  *,
  size: int,
  quality: int = 95,
  lossless: bool = False,
  num_shards: int | None = None,
  overwrite: bool = False,
) -> bool:
  """Writes a table and its pictures as a records folder, in this process.

  Every picture has to be there; `aujax.preparation` finds faces, goes on after
  an interruption and leaves out what does not decode. Pictures are cut to the
  largest centred square and resized. They pass one at a time, so memory does
  not grow with the table. The folder appears when it is complete; until then,
  and after an interruption, what was there stays.

  Args:
    table: Frames to write.
    root: Folder that the table's image keys are relative to.
    directory: Folder to write.
    size: Height and width of the stored pictures, in pixels.
    quality: Of JPEG, 1 to 100.
    lossless: Store PNG instead of JPEG, several times larger.
    num_shards: Number of files; None makes one for every 16384 frames.
    overwrite: Replace other records in `directory`; without it they stay.

  Returns:
    True if the folder was written, False if it already held just this: same
    table, files of the same length, same size and encoding.

  Raises:
    FileExistsError: If `directory` holds something else.
    FileNotFoundError: If a picture or video is missing.
    ValueError: If an option is out of range or a picture does not decode.

  Example:
    >>> import tempfile
    >>> name = np.array(["a.png"])
    >>> table = table_lib.Table(
    ...   aus=(12,), image=name, labels=np.array([[1]]), subject=name,
    ...   sequence=name, frame=np.array([1]),
    ... )
    >>> with tempfile.TemporaryDirectory() as root:
    ...   _ = cv2.imwrite(f"{root}/a.png", np.zeros((9, 12, 3), np.uint8))
    ...   written = write(table, root, f"{root}/records", size=8)
    ...   again = write(table, root, f"{root}/records", size=8)
    ...   picture = open_(f"{root}/records").picture(0)
    >>> written, again, picture.shape
    (True, False, (8, 8, 3))
  """
  root, directory = pathlib.Path(root), pathlib.Path(directory).absolute()
  if num_shards is not None and num_shards < 1:
    raise ValueError(f"expected 1 shard or more, got num_shards={num_shards}")
  mark = mark_lib.describe(
    table, root, size=size, quality=quality, lossless=lossless
  )
  if mark_lib.already_holds(directory, mark, overwrite=overwrite):
    return False
  incomplete = directory.with_name(f".{directory.name}.incomplete")
  shutil.rmtree(incomplete, ignore_errors=True)
  incomplete.mkdir(parents=True)
  squares = (images.square(p, size) for p in images.read(root, table.image))
  encoded = (encode(square, mark["encoding"]) for square in squares)
  shard_length = -(-len(table) // num_shards) if num_shards else SHARD
  try:
    array_records.write(
      incomplete,
      examples(table, encoded),
      shard_length=shard_length,
      **layout(table, mark),
    )
    mark_lib.finish(incomplete, table, mark)
    mark_lib.replace(directory, incomplete)
  finally:
    shutil.rmtree(incomplete, ignore_errors=True)
  return True


def open_(directory: str | pathlib.Path) -> Records:
  """Opens a records folder for reading.

  Args:
    directory: Folder that `write` wrote.

  Returns:
    Its table and its pictures.

  Raises:
    FileNotFoundError: If there is no such folder.
    ValueError: If it is not a records folder, or a damaged one.
  """
  directory = pathlib.Path(directory).absolute()
  way_out = "write it with aujax-prepare"
  if not directory.is_dir():
    raise FileNotFoundError(
      f"expected a records folder at {directory}, found no such folder; "
      f"{way_out}"
    )
  mark = mark_lib.read(directory)
  if mark is None:
    raise ValueError(
      f"expected a records folder at {directory}, got a folder without a "
      f"readable {mark_lib.NAME}; {way_out}"
    )
  if mark["format"] != mark_lib.FORMAT:
    raise ValueError(
      f"expected records of format {mark_lib.FORMAT} in {directory}, got "
      f"format {mark['format']}; {way_out} --overwrite"
    )
  table = table_lib.read_parquet(directory / mark_lib.TABLE)
  source = array_records.Source(directory)
  frames = mark["frames"] - mark.get("skipped", 0)
  if not len(table) == len(source) == frames:
    raise ValueError(
      f"expected {frames} frames in {directory}, got {len(table)} rows "
      f"and {len(source)} pictures; {way_out} --overwrite"
    )
  digest = hashlib.sha256(json.dumps(mark, sort_keys=True).encode())
  return Records(
    table,
    source,
    mark["size"],
    **{key: mark.get(key, default) for key, default in mark_lib.CENTRE.items()},
    digest=digest.hexdigest()[:16],
  )


def preload(
  records: Records, *, image_size: int | None = None, num_threads: int = 2
) -> Records:
  """Decodes all pictures once, for small data that many epochs pass over.

  Args:
    records: An open records folder.
    image_size: Height and width to resize to; None keeps the stored size.
    num_threads: Threads that decode.

  Returns:
    Records that hold the pictures in memory, `N * size * size * 3` bytes.
  """
  size = image_size or records.size
  decoded = np.empty((len(records.table), size, size, 3), np.uint8)

  def load(row: int) -> None:
    records.load(row, decoded[row])

  with futures.ThreadPoolExecutor(num_threads) as pool:
    for _ in pool.map(load, range(len(decoded))):
      pass
  return dataclasses.replace(records, size=size, decoded=decoded)


def decode(
  encoded: bytes, *, out: UInt8[np.ndarray, "height width 3"] | None = None
) -> UInt8[np.ndarray, "height width 3"]:
  """Decodes a stored picture.

  Args:
    encoded: As from `Records.source`.
    out: Where to put it, of its size; None takes new memory.

  Returns:
    The picture in RGB.

  Raises:
    ValueError: If it does not decode.
  """
  if encoded.startswith(_JPEG):
    # As OpenCV's bits, in less time, and into the memory of a batch.
    try:
      picture = simplejpeg.decode_jpeg(encoded, "RGB", buffer=out)
      return picture if out is None else out
    except ValueError:
      pass
  elif encoded:
    picture = cv2.imdecode(
      np.frombuffer(encoded, np.uint8), cv2.IMREAD_COLOR_RGB
    )
    if picture is not None:
      if out is None:
        return picture
      out[...] = picture
      return out
  raise ValueError(
    f"expected an encoded picture, got {len(encoded)} bytes that do not decode;"
    " the records are damaged, write them again"
  )


def encode(picture: UInt8[np.ndarray, "side side 3"], encoding: str) -> bytes:
  """Encodes a picture.

  Args:
    picture: RGB.
    encoding: As in the mark, "png" or "jpeg 95".

  Returns:
    The bytes of a file.
  """
  kind, *quality = encoding.split()
  options = [cv2.IMWRITE_JPEG_QUALITY, int(quality[0])] if quality else []
  picture = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
  return cv2.imencode(f".{kind}", picture, options)[1].tobytes()


def examples(
  table: table_lib.Table, encoded: Iterable[bytes]
) -> Iterator[dict[str, Any]]:
  """Puts rows and their pictures together as `array_records` takes them.

  Args:
    table: Any table.
    encoded: The picture of each row.

  Yields:
    One example for each row.
  """
  for row, picture in enumerate(encoded):
    example = {
      "image": io.BytesIO(picture),
      "labels": table.labels[row],
      "subject": str(table.subject[row]),
      "sequence": str(table.sequence[row]),
      "frame": table.frame[row],
      "key": str(table.image[row]),
    }
    if table.truth is not None:
      example["truth"] = table.truth[row]
    yield example


def layout(table: table_lib.Table, mark: dict[str, Any]) -> dict[str, Any]:
  """What `array_records` has to know of the examples, as its arguments."""
  return {
    "aus": table.aus,
    "truth": table.truth is not None,
    "size": mark["size"],
    "encoding": mark["encoding"].split()[0],
  }
