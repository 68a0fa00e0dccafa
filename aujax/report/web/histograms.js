// What a histogram holds under the pointer, from the same counts as the table.

const WIDTH = 2;

function makeHistograms(data, counted, root, tip) {
  const number = (value) => value.toLocaleString("en");

  function describe(svg, k) {
    const au = Number(svg.closest("[data-au]").dataset.au);
    const { against } = svg.closest("[data-against]").dataset;
    const i = data.methods.findIndex((m) => m.name === svg.dataset.method);
    const counts = counted[against]?.[i];
    if (!counts) return null;
    const sum = (at, which) =>
      counts.flat().reduce((all, fold) => all + fold[au](at)[which], 0);
    // A score of 1 shares the last bin.
    const between = (which) =>
      sum(k, which) - (k + WIDTH < 100 ? sum(k + WIDTH, which) : 0);
    const ends = [k, k + WIDTH].map((end) => (end / 100).toFixed(2));
    return (
      `${svg.dataset.method}, scores ${ends.join(" to ")}: ` +
      `${number(between("tp"))} frames with, ${number(between("fp"))} without`
    );
  }

  root.addEventListener("pointermove", (event) => {
    const svg = event.target.closest(".histogram");
    if (!svg) return;
    const area = svg.getBoundingClientRect();
    const share = (event.clientX - area.left) / area.width;
    const k = WIDTH * Math.floor((clamp(share, 0, 0.999) * 100) / WIDTH);
    const text = describe(svg, k);
    if (!text) return;
    tip.say(text, new DOMRect(event.clientX, area.top, 0, area.height));
  });
  root.addEventListener("pointerout", (event) => {
    if (event.target.closest(".histogram")) tip.hide();
  });
}

