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
  config.standardize = False
  config.preload = False

  # How each training image is changed anew whenever it is seen, besides the
  # place of its crop: strengths as in data/augment.py, 0 for none.
  config.augment = ml_collections.ConfigDict()
  config.augment.flip = True
  config.augment.blur = 0.0
  config.augment.contrast = 0.0
  config.augment.noise = 0.0
  config.augment.multiply = 0.0
  config.augment.perspective = 0.0

  # What is compared. Each method's options stand under its name, which is that
  # of its loss unless "loss" says another; what stands under "set" changes
  # other settings for that method alone.
  config.methods = ml_collections.ConfigDict(sort_keys=False)
  config.methods.baseline = ml_collections.ConfigDict()
  config.methods.robin_hood = ml_collections.ConfigDict({"beta": 0.25})

  # What is made of the methods' scores: by name, the "members", "how" they are
  # combined (probabilities, logits or vote), and "weights" (equal, or chosen on
  # validation).
  config.ensembles = ml_collections.ConfigDict(sort_keys=False)

  # Over what: "disfa" and "bp4d" are the published partitions, "10" asks for so
  # many subject-exclusive folds, "10 balanced" for folds with equal rates of
  # every AU; "transfer" trains on all records and tests on test_records. A
  # share of the training subjects chooses the epoch, the thresholds and among
  # what is swept; the test fold chooses nothing. With inner folds, those inside
  # the training folds choose among what is swept.
  config.folds = "disfa"
  config.test_records = ""
  config.test_names_differ = False
  config.num_repeats = 1
  config.validation_share = 0.2
  config.inner_folds = 0

  # From which score on an AU counts as detected: config.threshold ("fixed"), or
  # what is best for each AU on the validation subjects, by "f1" or by the
  # "mean" of accuracy and F1.
  config.threshold_rule = "fixed"
  config.threshold = 0.5

  # What an epoch holds: every training frame once ("none"), or what ml_ros,
  # ml_rus, lp_ros or lp_rus makes of them, cloning or leaving out a percentage;
  # or each as often as balancing the unique class groups asks for ("groups").
  config.resample = "none"
  config.resample_percent = 25.0
  config.balance = "none"
  config.groups = ml_collections.ConfigDict()
  config.groups.variance_weight = 70.0
  config.groups.max_growth = 10.0
  config.groups.normalize = False

  # How that forms batches: random, stratified (by algorithm1 or iterative) or
  # momu, which draws so many frames of an AU at once, and refills its pool with
  # those of an AU that runs out ("au") or with all.
  config.sampler = "random"
  config.stratified = ml_collections.ConfigDict({"method": "algorithm1"})
  config.momu = ml_collections.ConfigDict({"draw": 4, "refill": "au"})

  config.model = ml_collections.ConfigDict()
  config.optimizer = ml_collections.ConfigDict()

  config.batch_size = 64
  config.num_epochs = 10
  config.save_every_steps = 200
  return config
