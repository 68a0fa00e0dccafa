"""What every experiment sets, with the values that most of them share."""

import ml_collections


def get_config() -> ml_collections.ConfigDict:
  """Returns the shared defaults; a config of an experiment changes some."""
  config = ml_collections.ConfigDict()
  config.seed = 0

  # What is learnt from: frames of one AU set, cropped from the records' size,
  # each image standardized by itself or all alike. Small data can be decoded
  # into memory once.
  config.dataset = ""
  config.records = ""
  config.aus = (1, 2, 4, 6, 9, 12, 25, 26)
  config.image_size = 112
  config.flip = True
  config.standardize = False
  config.preload = False

  # What is compared. Each method's options stand under its name.
  config.methods = ml_collections.ConfigDict()
  config.methods.baseline = ml_collections.ConfigDict()
  config.methods.robin_hood = ml_collections.ConfigDict({"beta": 0.25})

  # Over what: "disfa" and "bp4d" are the published partitions, a number asks
  # for that many subject-exclusive folds. A share of the training subjects
  # chooses the epoch; the test fold chooses nothing.
  config.folds = "disfa"
  config.num_repeats = 1
  config.validation_share = 0.2
  config.threshold = 0.5

  config.model = ml_collections.ConfigDict()
  config.optimizer = ml_collections.ConfigDict()

  config.batch_size = 64
  config.num_epochs = 10
  config.save_every_steps = 200
  return config
