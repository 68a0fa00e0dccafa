// A video of a test fold from its first to its last frame: what is coded, what
// each method's score was, and what it detects at the chosen threshold.

const CODED = { labels: "coded", truth: "true" };
const [PRESENT, ABSENT, UNKNOWN] = [1, 2, 4];

// A row: its name and a drawing over the columns, which stretch to its width.
function makeRow(name, swatch, height, length, ...children) {
  const row = document.createElement("div");
  row.className = "row";
  const label = document.createElement("span");
  label.className = "name";
  if (swatch) label.append(swatch);
  // A long name may break after an underscore.
  label.append(name.replaceAll("_", "_\u200b"));
  const box = { viewBox: `0 0 ${length} ${height}`, height };
  const svg = draw("svg", { ...box, preserveAspectRatio: "none" }, ...children);
  svg.setAttribute("aria-hidden", "true");
  row.append(label, svg);
  return row;
}

function makeTimeline(data, root) {
  const select = root.querySelector("select");
  const body = root.querySelector(".tracks");
  const reading = root.querySelector(".reading");
  select.append(...data.tracks.map((t, i) => new Option(t.name, i)));
  let [au, thresholds, cursor, shown] = [0, data.aus.map(() => null), null, {}];

  function read() {
    const track = data.tracks[select.value];
    const length = track.frames.length - 1;
    const unpacked = (text) => column(text, au, length);
    shown = {
      track,
      length,
      coded: Object.entries(track.coded).map(([target, text]) => ({
        name: CODED[target],
        target,
        bits: unpacked(text),
      })),
      scores: track.scores.map((method) => {
        const packed = unpacked(method.high);
        return {
          ...method,
          low: unpacked(method.low),
          high: packed.map((value) => value & 127),
          tested: packed.map((value) => value > 127),
        };
      }),
    };
  }

  const detected = (method) => {
    const k = thresholds[au];
    return k === null ? method.tested : method.high.map((bin) => bin >= k);
  };

  function redraw() {
    const { length } = shown;
    const rows = shown.coded.map(({ name, target, bits }) =>
      makeRow(
        name,
        null,
        14,
        length,
        draw("rect", { class: "field", width: length, height: 14 }),
        ...bars(stretches(bits, (b) => b & UNKNOWN), 5, 4, "unknown"),
        ...bars(stretches(bits, (b) => b & PRESENT), 0, 14, target),
      ),
    );
    for (const method of shown.scores) {
      const kind = `s${method.series % 8}`;
      const swatch = document.createElement("i");
      swatch.className = `swatch ${kind}`;
      const found = stretches(detected(method), Boolean);
      const k = thresholds[au];
      const level = k === null ? data.tested[au] : k / 100;
      const y = 44 * (1 - level);
      const line = { class: "at", x1: 0, x2: length, y1: y, y2: y };
      rows.push(
        makeRow(
          method.name,
          swatch,
          58,
          length,
          draw("rect", { class: "field", width: length, height: 44 }),
          draw("path", {
            class: `score ${kind}`,
            d: envelope(method.low, method.high, 44),
          }),
          ...(level === null ? [] : [draw("line", line)]),
          ...bars(found, 49, 9, kind),
        ),
      );
    }
    body.replaceChildren(...rows);
    const { frames } = shown.track;
    root.querySelector(".first").textContent = `frame ${frames[0]}`;
    root.querySelector(".last").textContent = `frame ${frames.at(-1)}`;
    body.setAttribute("aria-valuemax", length - 1);
    point(cursor);
  }

  // Says what the column under the cursor holds.
  function point(at) {
    cursor = at === null ? null : clamp(at, 0, shown.length - 1);
    root.classList.toggle("pointed", cursor !== null);
    if (cursor === null) {
      reading.textContent = "Point at the video, or use the arrow keys.";
      return;
    }
    body.style.setProperty("--cursor", (cursor + 0.5) / shown.length);
    const [first, next] = shown.track.frames.slice(cursor, cursor + 2);
    const final = cursor === shown.length - 1 ? next : next - 1;
    const one = `Frame ${first}`;
    const parts = [first === final ? one : `Frames ${first} to ${final}`];
    for (const { name, bits } of shown.coded) {
      const said = { [PRESENT]: "present", [ABSENT]: "absent" };
      const words = [PRESENT, ABSENT].filter((b) => bits[cursor] & b);
      const state = words.map((b) => said[b]).join(" and ") || "unknown";
      parts.push(`${name} ${state}`);
    }
    for (const method of shown.scores) {
      const ends = [method.low[cursor], method.high[cursor]];
      const text = [...new Set(ends)].map((bin) => (bin / 100).toFixed(2));
      parts.push(`${method.name} ${text.join(" to ")}`);
    }
    reading.textContent = parts.join(" · ");
    body.setAttribute("aria-valuenow", cursor);
    body.setAttribute("aria-valuetext", reading.textContent);
  }

  body.addEventListener("pointermove", (event) => {
    const area = body.querySelector("svg").getBoundingClientRect();
    const share = (event.clientX - area.left) / area.width;
    point(share < 0 ? null : Math.floor(share * shown.length));
  });
  body.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    point((cursor ?? -1) + step);
  });
  const renew = () => {
    read();
    redraw();
  };
  select.addEventListener("change", () => {
    cursor = null;
    renew();
  });
  renew();
  return {
    choose(index) {
      au = index;
      renew();
    },
    detect(values) {
      thresholds = values;
      redraw();
    },
  };
}

