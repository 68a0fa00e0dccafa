// Frames of a video: a strip of them, and the one nearest to a time.

const SLOTS = 12;

function makeStills(root) {
  const still = root.querySelector(".still");
  const film = root.querySelector(".film div");
  const slots = film ? [...film.children] : [];
  const stills = slots.map((img) => ({
    seconds: Number(img.dataset.seconds),
    src: img.src,
  }));
  slots.splice(SLOTS);
  film?.replaceChildren(...slots);
  const far = (one, seconds) => Math.abs(one.seconds - seconds);
  const nearest = (seconds) =>
    stills.reduce((a, b) => (far(b, seconds) < far(a, seconds) ? b : a));
  return {
    // Fills the strip; `timeAt` says which time is at a place from 0 to 1.
    lay(timeAt) {
      slots.forEach((slot, i) => {
        const one = nearest(timeAt((i + 0.5) / slots.length));
        slot.src = one.src;
        slot.alt = `Frame at ${clock(one.seconds, 2)}`;
      });
    },
    show(seconds) {
      if (!still) return;
      const one = nearest(seconds);
      still.src = one.src;
      still.alt = `Frame at ${clock(one.seconds, 2)}`;
    },
  };
}

