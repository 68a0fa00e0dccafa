"""Who a synthetic subject is: the parameters of one head, drawn from a seed.

Lengths are in units of the distance between the pupils (IOD), y down. Shares
of what hides AUs are capped: a fringe (hides AU 1 and 2) 7 %, a full beard or
moustache (AU 17, 23, 24) 9 %, thick glasses (AU 6, 7) 4 % of all subjects.
"""

import dataclasses

import numpy as np

# Adult head measures in IOD; each is drawn from low + (high - low) Beta(2, 2).
_RANGES = {
  "face_width": (1.00, 1.14),
  "crown": (-1.72, -1.56),
  "chin": (1.72, 1.90),
  "jaw_bend": (2.5, 3.5),
  "jaw_taper": (0.02, 0.20),
  "cheekbone": (0.03, 0.12),
  "eye_width": (0.225, 0.262),
  "eye_upper": (0.070, 0.097),
  "eye_lower": (0.066, 0.084),
  "eye_tilt": (-0.035, 0.020),
  "crease": (0.028, 0.070),
  "socket": (0.07, 0.15),
  "brow_y": (-0.40, -0.31),
  "brow_arch": (0.0, 0.08),
  "brow_tilt": (-0.02, 0.05),
  "brow_inner": (0.17, 0.25),
  "brow_outer": (0.82, 0.93),
  "brow_thickness": (0.042, 0.080),
  "brow_density": (0.60, 1.0),
  "nose_y": (0.66, 0.75),
  "nose_wing": (0.205, 0.300),
  "nose_bridge": (0.16, 0.27),
  "nose_tip": (0.10, 0.17),
  "philtrum": (0.33, 0.41),
  "mouth_width": (0.35, 0.45),
  "upper_lip": (0.062, 0.122),
  "lower_lip": (0.088, 0.160),
  "lip_bow": (0.10, 0.34),
  "lip_colour": (0.0, 1.0),
  "undertone": (-1.0, 1.0),
  "redness": (0.2, 1.0),
  "gloss": (0.25, 1.0),
  "asymmetry": (-1.0, 1.0),
  "hairline": (-1.20, -0.98),
  "hair_volume": (0.0, 1.0),
  "hair_wave": (0.0, 1.0),
  "hair_part": (-0.45, 0.45),
}

# Styles and their shares.
HAIR = {
  "bald": 0.06,
  "crop": 0.26,
  "short": 0.26,
  "fringe": 0.07,
  "tied": 0.12,
  "long": 0.15,
  "curly": 0.08,
}
BEARD = {"none": 0.79, "stubble": 0.12, "moustache": 0.03, "full": 0.06}
GLASSES = {"none": 0.84, "thin": 0.12, "thick": 0.04}
_BEARDLESS_HAIR = ("long", "tied")


@dataclasses.dataclass(frozen=True)
class Identity:
  """The parameters of one subject's head.

  Lengths are in IOD, colours are gamma-2 RGB in [0, 1].

  Attributes:
    seed: Seed of the dataset the subject belongs to.
    subject: The subject's number; with the seed it keys all skin texture.
    face_width: Half the width of the head at the cheekbones.
    crown: Height of the skull's top, negative.
    chin: Height of the chin's lower edge.
    jaw_bend: How far down the cheeks stay wide.
    jaw_taper: How much the jaw narrows towards the chin.
    cheekbone: Relief of the cheekbones.
    eye_width: Half the distance of the two corners of one eye.
    eye_upper: Height of the upper lid's edge over the pupil.
    eye_lower: Depth of the lower lid's edge under the pupil.
    eye_tilt: Height of the outer corner against the inner one.
    crease: Distance of the crease above the upper lid's edge.
    socket: Depth of the eye sockets.
    brow_y: Height of the eyebrows, negative.
    brow_arch: Rise of the eyebrow's middle.
    brow_tilt: Drop of the eyebrow's outer end.
    brow_inner: Distance of the eyebrow's inner end from the midline.
    brow_outer: Distance of its outer end.
    brow_thickness: Greatest thickness of the eyebrow.
    brow_density: Opacity of the eyebrow in [0, 1].
    nose_y: Height of the nose's base.
    nose_wing: Half the width of the nose.
    nose_bridge: Relief of the nose's ridge.
    nose_tip: Relief of the nose's tip.
    philtrum: Distance from the nose's base to the closed mouth.
    mouth_width: Half the width of the mouth.
    upper_lip: Thickness of the upper lip.
    lower_lip: Thickness of the lower lip.
    lip_bow: Depth of the Cupid's bow as a share of the upper lip.
    lip_colour: 0 pale, 1 saturated.
    undertone: -1 rosy, 1 olive.
    redness: Colour of cheeks and nose in [0, 1].
    gloss: Strength of the skin's highlights in [0, 1].
    asymmetry: Skew of the face in [-1, 1].
    hairline: Height of the hairline at the midline, negative.
    hair_volume: 0 flat, 1 full.
    hair_wave: 0 straight, 1 wavy.
    hair_part: Where the hair parts, in IOD from the midline.
    tone: Skin tone, 0 the lightest and 1 the darkest.
    age: 0 young, 1 old: wrinkles, grey hair.
    freckles: Strength of freckles in [0, 1].
    moles: Number of moles.
    hair: A key of `HAIR`.
    hair_colour: RGB.
    brow_colour: RGB.
    beard: A key of `BEARD`.
    glasses: A key of `GLASSES`.
    glasses_colour: RGB of the frame.
    iris: RGB.
    shirt: RGB.
  """

  seed: int
  subject: int
  face_width: float
  crown: float
  chin: float
  jaw_bend: float
  jaw_taper: float
  cheekbone: float
  eye_width: float
  eye_upper: float
  eye_lower: float
  eye_tilt: float
  crease: float
  socket: float
  brow_y: float
  brow_arch: float
  brow_tilt: float
  brow_inner: float
  brow_outer: float
  brow_thickness: float
  brow_density: float
  nose_y: float
  nose_wing: float
  nose_bridge: float
  nose_tip: float
  philtrum: float
  mouth_width: float
  upper_lip: float
  lower_lip: float
  lip_bow: float
  lip_colour: float
  undertone: float
  redness: float
  gloss: float
  asymmetry: float
  hairline: float
  hair_volume: float
  hair_wave: float
  hair_part: float
  tone: float
  age: float
  freckles: float
  moles: int
  hair: str
  hair_colour: tuple[float, float, float]
  brow_colour: tuple[float, float, float]
  beard: str
  glasses: str
  glasses_colour: tuple[float, float, float]
  iris: tuple[float, float, float]
  shirt: tuple[float, float, float]

  @property
  def mouth_y(self) -> float:
    """Height of the line between the closed lips."""
    return self.nose_y + self.philtrum

  def texture_rng(self, purpose: int) -> np.random.Generator:
    """Returns a generator of its own for one texture of this subject."""
    return np.random.default_rng([self.seed, self.subject, 1, purpose])


def sample(seed: int, subject: int) -> Identity:
  """Draws a subject.

  Args:
    seed: Seed of the dataset.
    subject: The subject's number, not negative.

  Returns:
    The same `Identity` for the same arguments, on every machine.

  Example:
    >>> sample(0, 3) == sample(0, 3), sample(0, 3) == sample(0, 4)
    (True, False)
  """
  rng = np.random.default_rng([seed, subject, 0])
  measures = {
    key: round(float(low + (high - low) * rng.beta(2, 2)), 4)
    for key, (low, high) in _RANGES.items()
  }
  tone = float(rng.uniform())
  age = float(rng.beta(1.3, 1.6))
  return Identity(
    seed=seed,
    subject=subject,
    **measures,
    **_colours(rng, tone, age),
    **_styles(rng, age),
    tone=tone,
    age=age,
    freckles=float(rng.uniform() ** 2 * (tone < 0.45)),
    moles=int(rng.poisson(1.0)),
  )


# Gamma-2 RGB.
_HAIR_COLOURS = np.array(
  [
    [0.10, 0.08, 0.075],
    [0.20, 0.13, 0.09],
    [0.31, 0.20, 0.13],
    [0.42, 0.27, 0.18],
    [0.58, 0.46, 0.33],
  ]
)
_GREY = np.array([0.66, 0.65, 0.63])
_IRISES = np.array(
  [
    [0.20, 0.12, 0.08],
    [0.33, 0.20, 0.10],
    [0.38, 0.35, 0.20],
    [0.33, 0.42, 0.33],
    [0.38, 0.48, 0.56],
  ]
)
_SHIRTS = np.array(
  [
    [0.25, 0.28, 0.34],
    [0.55, 0.53, 0.50],
    [0.34, 0.26, 0.26],
    [0.28, 0.36, 0.34],
    [0.80, 0.79, 0.76],
    [0.15, 0.15, 0.17],
  ]
)


def _colours(rng: np.random.Generator, tone: float, age: float) -> dict:
  lightest = 5.0 - 4.0 * min(tone / 0.55, 1.0)
  hair = _HAIR_COLOURS[int(rng.uniform() ** 1.3 * lightest)]
  hair = hair * rng.uniform(0.85, 1.2)
  grey = float(np.clip((age - 0.55) / 0.35 * rng.uniform(0.3, 1.2), 0, 0.95))
  brow = 0.75 * hair + 0.04
  iris = _IRISES[int(rng.uniform() * lightest)] * rng.uniform(0.85, 1.15)
  frame = rng.uniform(0.05, 0.30) * np.array([1.0, 0.85, 0.72])
  return {
    "hair_colour": _rgb((1 - grey) * hair + grey * _GREY),
    "brow_colour": _rgb((1 - 0.6 * grey) * brow + 0.6 * grey * _GREY),
    "iris": _rgb(iris),
    "glasses_colour": _rgb(frame),
    "shirt": _rgb(_SHIRTS[rng.integers(len(_SHIRTS))]),
  }


def _styles(rng: np.random.Generator, age: float) -> dict:
  hair = _choose(rng, HAIR)
  if hair == "bald" and age < 0.25:
    hair = "crop"
  beard = _choose(rng, BEARD)
  if hair in _BEARDLESS_HAIR:
    beard = "none"
  return {"hair": hair, "beard": beard, "glasses": _choose(rng, GLASSES)}


def _choose(rng: np.random.Generator, shares: dict[str, float]) -> str:
  return str(rng.choice(list(shares), p=list(shares.values())))


def _rgb(colour: np.ndarray) -> tuple[float, float, float]:
  red, green, blue = np.clip(colour, 0.0, 1.0).round(4).tolist()
  return red, green, blue
