"""ArrayRecord files through TFDS, without TensorFlow.

What is written is a TFDS dataset with one split, "train", in the order given;
`tfds.builder_from_directory` reads it too.
"""

import itertools
import pathlib
from collections.abc import Iterable, Sequence

import numpy as np
import tensorflow_datasets as tfds

from aujax import action_units

SPLIT = "train"
FILE_FORMAT = "array_record"
_CHUNK = 256
# The feature's name as a key of the map in a serialized tf.train.Example, and
# the tag of the value that follows.
_IMAGE = b"\n\x05image\x12"


class Source:
  """Encoded pictures by row, for any number of threads and processes.

  Attributes:
    directory: The records folder.
  """

  def __init__(self, directory: pathlib.Path):
    self.directory = directory
    builder = tfds.builder_from_directory(str(directory))
    self._records = builder.as_data_source(
      SPLIT, deserialize_method=tfds.decode.DeserializeMethod.RAW_BYTES
    )

  def __len__(self) -> int:
    return len(self._records)

  def __getitem__(self, row: int) -> bytes:
    return _picture(self._records[row])

  def __repr__(self) -> str:
    return f"Source({str(self.directory)!r})"

  def __getstate__(self) -> pathlib.Path:
    return self.directory

  def __setstate__(self, directory: pathlib.Path):
    self.__init__(directory)


def _picture(example: bytes) -> bytes:
  """Cuts the picture out of a serialized tf.train.Example.

  TFDS would take all features apart, which takes half as long as decoding the
  picture; even protobuf would keep other threads waiting.
  """
  start = example.index(_IMAGE) + len(_IMAGE)
  # Feature > bytes_list > value: a length each, and a tag after the first two.
  _, start = _varint(example, start)
  _, start = _varint(example, start + 1)
  length, start = _varint(example, start + 1)
  return example[start : start + length]


def _varint(message: bytes, start: int) -> tuple[int, int]:
  """Returns a number of protobuf's wire format, and where it ends."""
  value = shift = 0
  while (byte := message[start]) > 127:
    value |= (byte & 127) << shift
    shift += 7
    start += 1
  return value | byte << shift, start + 1


def write(
  directory: pathlib.Path,
  examples: Iterable[dict],
  *,
  aus: Sequence[int],
  truth: bool,
  size: int,
  encoding: str,
  shard_length: int,
) -> None:
  """Writes examples as they come; memory does not grow with their number.

  Args:
    directory: An empty folder.
    examples: Dicts with "image" (a BytesIO of the encoded picture), "labels"
      int8 `[T]`, "subject", "sequence", "frame", "key", and "truth" if there is
      one.
    aus: FACS numbers of the T labels.
    truth: Whether the examples have "truth".
    size: Height and width of the pictures, in pixels.
    encoding: "jpeg" or "png".
    shard_length: Most examples in a file.
  """
  # TFDS's usual writer sorts, for which it holds everything; this one appends.
  writer = tfds.core.SequentialWriter(
    dataset_info(directory, aus=aus, truth=truth, size=size, encoding=encoding),
    max_examples_per_shard=shard_length,
    file_format=FILE_FORMAT,
  )
  writer.initialize_splits([SPLIT])
  examples = iter(examples)
  while chunk := list(itertools.islice(examples, _CHUNK)):
    writer.add_examples({SPLIT: chunk})
  writer.close_all()


def dataset_info(
  directory: pathlib.Path,
  *,
  aus: Sequence[int],
  truth: bool,
  size: int,
  encoding: str,
) -> tfds.core.DatasetInfo:
  """Describes the dataset to TFDS.

  Args:
    directory: Its folder.
    aus: FACS numbers of the T labels.
    truth: Whether the examples have "truth".
    size: Height and width of the pictures, in pixels.
    encoding: "jpeg" or "png".

  Returns:
    What TFDS writes into the folder.
  """
  picture = tfds.features.Image(shape=(size, size, 3), encoding_format=encoding)
  labels = tfds.features.Tensor(shape=(len(aus),), dtype=np.int8)
  features = {
    "image": picture,
    "labels": labels,
    "subject": tfds.features.Text(),
    "sequence": tfds.features.Text(),
    "frame": tfds.features.Scalar(np.int64),
    "key": tfds.features.Text(),
    **({"truth": labels} if truth else {}),
  }
  names = ", ".join(action_units.name(au) for au in aus)
  identity = tfds.core.DatasetIdentity(
    name="action_units",
    version=tfds.core.Version("1.0.0"),
    data_dir=str(directory),
    module_name=__name__,
  )
  return tfds.core.DatasetInfo(
    builder=identity,
    description=(
      "Faces with Action Unit labels, 1 present, 0 absent, -1 unknown, in the "
      f"columns {names}."
    ),
    features=tfds.features.FeaturesDict(features),
    disable_shuffling=True,
  )
