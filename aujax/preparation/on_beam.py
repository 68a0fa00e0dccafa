"""Preparation on Apache Beam, where one machine is not enough.

Units are done by whatever workers Beam has. These reach the dataset and the
output by the same paths, such as on a file system that they share.
"""

import pathlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import tensorflow_datasets as tfds

from aujax.data import array_records, records
from aujax.preparation import parts
from aujax.preparation import units as units_lib


def options(arguments: Sequence[str]):
  """Reads Beam's options.

  Args:
    arguments: Such as ["--runner=DirectRunner"].

  Returns:
    Beam's `PipelineOptions`.

  Raises:
    ModuleNotFoundError: If Beam is not installed.
  """
  try:
    from apache_beam.options import pipeline_options
  except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
      "expected Apache Beam for --beam_runner, found it not installed; install "
      "it by pip install 'aujax[beam]' or go on with --workers"
    ) from error
  return pipeline_options.PipelineOptions(list(arguments))


def make_parts(
  make: Callable[[units_lib.Unit], Any],
  units: Sequence[units_lib.Unit],
  arguments: Sequence[str],
) -> None:
  """Does units, each by some worker.

  Args:
    make: Writes a unit's part.
    units: What to do.
    arguments: Beam's options.
  """
  import apache_beam as beam

  with beam.Pipeline(options=options(arguments)) as pipeline:
    # Reshuffled, as Beam may leave to one worker what is created at once.
    _ = pipeline | beam.Create(units) | beam.Reshuffle() | beam.Map(make)


def join(
  directory: pathlib.Path,
  folder: pathlib.Path,
  units: Sequence[units_lib.Unit],
  arguments: Sequence[str],
  *,
  num_shards: int,
  **layout: Any,
) -> None:
  """Writes ArrayRecord files in the table's order by TFDS's own Beam writer.

  It sorts by keys, which are the table's rows here; each file is sorted by one
  worker.

  Args:
    directory: An empty folder.
    folder: That of the parts.
    units: All units.
    arguments: Beam's options.
    num_shards: How many files to make, at most.
    **layout: Of `records.layout`.
  """
  import apache_beam as beam
  from tensorflow_datasets.core import (
    example_serializer,
    file_adapters,
    splits,
    writer,
  )
  from tensorflow_datasets.core.utils import shard_utils

  info = array_records.dataset_info(directory, **layout)
  info.set_file_format(array_records.FILE_FORMAT)
  template = tfds.core.ShardedFileTemplate(
    data_dir=directory,
    dataset_name=info.name,
    split=array_records.SPLIT,
    filetype_suffix=array_records.FILE_FORMAT,
  )
  to_files = writer.BeamWriter(
    example_serializer.ExampleSerializer(info.features.get_serialized_info()),
    filename_template=template,
    hash_salt="",
    disable_shuffling=True,
    example_writer=writer.ExampleWriter(file_adapters.FileFormat.ARRAY_RECORD),
    shard_config=shard_utils.ShardConfig(num_shards=num_shards),
  )
  encode = info.features.encode_example
  with beam.Pipeline(options=options(arguments)) as pipeline:
    to_files.write_from_pcollection(
      pipeline
      | beam.Create(units)
      | beam.Reshuffle()
      | beam.FlatMap(_examples, folder=folder)
      | beam.MapTuple(lambda row, example: (row, encode(example)))
    )
  lengths, num_bytes = to_files.finalize()
  split = splits.SplitInfo(
    name=array_records.SPLIT,
    shard_lengths=lengths,
    num_bytes=num_bytes,
    filename_template=template,
  )
  info.set_splits(splits.SplitDict([split]))
  info.write_to_directory(directory)


def _examples(
  unit: units_lib.Unit, folder: pathlib.Path
) -> Iterator[tuple[int, dict[str, Any]]]:
  """Yields a unit's examples with the rows of the whole table as keys."""
  pictures = parts.read(folder, unit.number)["image"]
  places = np.flatnonzero(pictures.is_valid())
  encoded = (pictures[place].as_py() for place in places.tolist())
  examples = records.examples(unit.table.select(places), encoded)
  yield from zip(unit.rows[places].tolist(), examples, strict=True)
