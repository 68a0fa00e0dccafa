// The rows of a video: a curve and its events of each face and AU, and an axis.

const HEIGHT = 36;
const EVENTS = 6;
const WHOLE = HEIGHT + 3 + EVENTS;
// Seconds between ticks, and how many pixels these need.
const STEPS = [
  ...[0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30],
  ...[60, 120, 300, 600, 900, 1800, 3600, 7200, 14400],
];
const ROOM = 75;

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

const swatchOf = (face) => element("i", { class: `swatch s${face.series}` });

function makeHeading(face) {
  const text = `Face ${face.number}`;
  const name = element("span", { class: "name" }, swatchOf(face), text);
  return element("h3", { class: "row" }, name);
}

function makeRow(face, au, [name, about]) {
  const label = { class: "name", title: about };
  const svg = draw("svg", { preserveAspectRatio: "none", height: WHOLE });
  svg.setAttribute("aria-hidden", "true");
  const value = element("span", { class: "at-cursor" });
  const root = element(
    "div",
    { class: "row", "data-au": au },
    element("span", label, name, element("small", {}, about)),
    svg,
    value,
  );
  return { root, svg, value, face, au, bins: [] };
}

// A ground where the face is, the curve on it, and the events below.
function drawRow(row, edges) {
  const kind = `s${row.face.series}`;
  row.bins = binned(row.face.aus[row.au], edges);
  const parts = stretches(row.bins, isThere).flatMap(([first, end]) => {
    const lows = row.bins.slice(first, end).map((bin) => bin.low);
    const highs = row.bins.slice(first, end).map((bin) => bin.high);
    const nulls = lows.map(() => 0);
    const path = (name, below) =>
      draw("path", {
        class: `${name} ${kind}`,
        d: envelope(below, highs, HEIGHT, first),
      });
    return [
      ...bars([[first, end]], 0, HEIGHT, "field"),
      path("area", nulls),
      path("score", lows),
    ];
  });
  const events = stretches(row.bins, (bin) => bin.present);
  row.svg.setAttribute("viewBox", `0 0 ${row.bins.length} ${WHOLE}`);
  row.svg.replaceChildren(
    ...parts,
    ...bars(events, HEIGHT + 3, EVENTS, kind),
  );
}

function makeAxis() {
  const svg = draw("svg", { height: 20, "aria-hidden": "true" });
  const ends = [element("span"), element("span")];
  return { root: element("div", { class: "row" }, ends[0], svg, ends[1]), svg };
}

// Ticks at round times; `place` says where in sight one is, from 0 to 1.
function drawAxis(svg, [first, end], isLong, place) {
  const most = Math.max(2, Math.floor(svg.clientWidth / ROOM));
  const step = STEPS.find((s) => (end - first) / s <= most) ?? STEPS.at(-1);
  const ticks = [];
  for (let k = Math.ceil(first / step - 1e-6); k * step <= end + 1e-6; k++) {
    const x = 100 * place(k * step);
    const seconds = `${+(k * step).toFixed(2)} s`;
    const text = isLong && step >= 1 ? clock(k * step, 0) : seconds;
    const side = x < 3 ? "first" : x > 97 ? "last" : "";
    const mark = { class: "mark", x1: `${x}%`, x2: `${x}%`, y1: 0, y2: 4 };
    ticks.push(draw("line", mark));
    ticks.push(draw("text", { x: `${x}%`, y: 17, class: side }, text));
  }
  svg.replaceChildren(...ticks);
}

