// A video's faces over time, with a cursor that reads them, and closer views.

const MOST_BINS = 600;
const FEWEST = 20;
const KEYS = {
  moves: { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 },
  pages: { PageUp: 1, PageDown: -1 },
  zooms: { "+": "in", "=": "in", "-": "out", 0: "all" },
};

// What stands beside the frame: the time, and each face's AUs.
function says(video, rows, cursor, [first, end], digits) {
  const [one, last] = [video.frames[first], video.frames[end] - 1];
  const frames = one === last ? ` frame ${one}` : ` frames ${one} to ${last}`;
  const time = clock(video.times[first], digits);
  const faces = video.faces.map((face) => {
    const own = rows.filter((row) => row.face === face && !row.root.hidden);
    const there = own.filter((row) => isThere(row.bins[cursor]));
    const present = there.filter((row) => row.bins[cursor].present);
    const text = !there.length
      ? "not there"
      : present.map((row) => row.name).join(" ") || "no AU present";
    const name = element("small", {}, `Face ${face.number} `);
    return element("p", {}, swatchOf(face), name, text);
  });
  const small = element("small", {}, frames);
  return [element("p", { class: "time" }, time, small), ...faces];
}

function makeVideo(data, packed, root) {
  const video = unpackVideo(packed, data.aus.length);
  const body = root.querySelector(".tracks");
  const reading = root.querySelector(".reading");
  const buttons = [...root.querySelectorAll("[data-zoom]")];
  const stills = makeStills(root);
  const axis = makeAxis();
  const rows = video.faces.flatMap((face) => {
    const made = data.aus.map((names, au) => ({
      ...makeRow(face, au, names),
      name: names[0],
    }));
    body.append(makeHeading(face), ...made.map((row) => row.root));
    return made;
  });
  body.append(axis.root);
  const duration = video.times.at(-1) - video.times[0];
  const digits = duration > 600 ? 1 : 2;
  // Columns in sight, where their bins begin and end, and the bin pointed at.
  let [from, to, edges, cursor] = [0, video.length, [], null];

  // Where in sight a time is, and the other way round.
  function place(seconds) {
    let at = from;
    while (at < to - 1 && video.times[at + 1] <= seconds) at++;
    const width = video.times[at + 1] - video.times[at] || 1;
    const inside = clamp((seconds - video.times[at]) / width, 0, 1);
    return (at + inside - from) / (to - from);
  }
  const timeAt = (share) => video.times[from + Math.floor(share * (to - from))];

  function redraw() {
    // A bin is never narrower than a pixel.
    const room = clamp(axis.svg.clientWidth, FEWEST, MOST_BINS);
    edges = divide(from, to, Math.min(to - from, room));
    for (const row of rows) if (!row.root.hidden) drawRow(row, edges);
    const sight = [video.times[from], video.times[to]];
    drawAxis(axis.svg, sight, video.times.at(-1) >= 120, place);
    stills.lay(timeAt);
    const isWhole = to - from === video.length;
    const useless = {
      all: isWhole,
      out: isWhole,
      in: to - from <= FEWEST,
      back: from === 0,
      on: to === video.length,
    };
    buttons.forEach((b) => (b.disabled = useless[b.dataset.zoom]));
    body.setAttribute("aria-valuemax", edges.length - 2);
    point(cursor);
  }

  // Says what stands at a bin, or nothing.
  function point(at) {
    cursor = at === null ? null : clamp(at, 0, edges.length - 2);
    root.classList.toggle("pointed", cursor !== null);
    const [first, end] = edges.slice(cursor ?? 0);
    stills.show((video.times[first] + video.times[end]) / 2);
    if (cursor === null) {
      const hint = "Point at a curve, or use the arrow keys.";
      reading.replaceChildren(element("p", {}, hint));
      body.setAttribute("aria-valuetext", hint);
      return;
    }
    for (const { root: row, value, bins } of rows) {
      if (row.hidden) continue;
      value.textContent = scoreOf(bins[cursor]);
      value.classList.toggle("is-present", bins[cursor].present);
    }
    const lines = says(video, rows, cursor, [first, end], digits);
    reading.replaceChildren(...lines);
    body.style.setProperty("--cursor", (cursor + 0.5) / (edges.length - 1));
    body.setAttribute("aria-valuenow", cursor);
    const text = lines.map((line) => line.textContent).join("; ");
    body.setAttribute("aria-valuetext", text);
  }

  // Brings columns in sight: closer to the cursor, farther, or along.
  function zoom(how) {
    const length = to - from;
    const least = Math.min(FEWEST, video.length);
    const wanted = {
      in: Math.max(least, Math.ceil(length / 2)),
      out: Math.min(video.length, 2 * length),
      all: video.length,
    }[how] ?? length;
    const at = cursor === null ? from + length / 2 : edges[cursor];
    const kept = at - ((at - from) / length) * wanted;
    const half = Math.ceil(length / 2);
    const start = { back: from - half, on: from + half }[how] ?? kept;
    from = clamp(Math.round(start), 0, video.length - wanted);
    to = from + wanted;
    const isPointed = cursor !== null;
    cursor = null;
    redraw();
    // The same column, in the bin in which it is now.
    const column = clamp(at, from, to - 1);
    if (isPointed) point(edges.findLastIndex((edge) => edge <= column));
  }

  function follow(event) {
    const area = axis.svg.getBoundingClientRect();
    const share = (event.clientX - area.left) / area.width;
    if (share >= 0 && share < 1) point(Math.floor(share * (edges.length - 1)));
  }

  function move(step) {
    const next = (cursor ?? -1) + step;
    if (next < 0 && from > 0) zoom("back");
    else if (next > edges.length - 2 && to < video.length) zoom("on");
    point((cursor ?? -1) + step);
  }

  body.addEventListener("pointermove", follow);
  body.addEventListener("pointerdown", follow);
  body.addEventListener("keydown", (event) => {
    const { key, ctrlKey, metaKey, altKey } = event;
    if (ctrlKey || metaKey || altKey) return;
    const page = Math.max(1, Math.round(edges.length / 10));
    if (key in KEYS.zooms) zoom(KEYS.zooms[key]);
    else if (key in KEYS.moves) move(KEYS.moves[key]);
    else if (key in KEYS.pages) move(page * KEYS.pages[key]);
    else if (key === "Home") point(0);
    else if (key === "End") point(edges.length - 2);
    else return;
    event.preventDefault();
  });
  for (const button of buttons) {
    button.addEventListener("click", () => zoom(button.dataset.zoom));
  }
  let width = null;
  new ResizeObserver(() => {
    const before = width;
    width = axis.svg.clientWidth;
    if (before !== null && before !== width) zoom("stay");
  }).observe(body);
  redraw();
  return redraw;
}

// Shows the AUs that are chosen, everywhere.
function makeChoice(root, videos) {
  const boxes = [...root.querySelectorAll("[name=au]")];
  const [all, none] = root.querySelectorAll(".controls button");
  const update = () => {
    const isShown = boxes.map((box) => box.checked);
    root.querySelectorAll("[data-au]").forEach((part) => {
      part.hidden = !isShown[part.dataset.au];
    });
    all.disabled = isShown.every(Boolean);
    none.disabled = !isShown.some(Boolean);
    videos.forEach((redraw) => redraw());
  };
  const check = (value) => () => {
    boxes.forEach((box) => (box.checked = value));
    update();
  };
  boxes.forEach((box) => box.addEventListener("change", update));
  all.addEventListener("click", check(true));
  none.addEventListener("click", check(false));
}

function start() {
  const data = JSON.parse(document.getElementById("data").textContent);
  document.querySelectorAll("figure.table table").forEach(makeSortable);
  // What is drawn must be in sight, as its width is asked for.
  document.documentElement.classList.add("js");
  const videos = data.videos.map((video, i) =>
    makeVideo(data, video, document.getElementById(`video-${i}`)),
  );
  makeChoice(document, videos);
}

start();
