// Tables that sort by a click on a column's name, and long ones that filter.

const LONG = 10;

const cellOf = (row, column) => row.cells[column];

// What a cell sorts by: its leading number, else its text. "-" is nothing.
function sortKey(cell) {
  const text = (cell.querySelector(".mean") ?? cell).textContent.trim();
  const seconds = duration(text);
  if (seconds !== null) return seconds;
  const number = parseFloat(text.replaceAll(",", "").replace("−", "-"));
  if (text === "-" || text === "–") return null;
  return Number.isNaN(number) ? text : number;
}

// "1 h 02 min", "2 min 05 s", "41 s" in seconds, null for anything else.
function duration(text) {
  const match = /^(?:(\d+) h ?)?(?:(\d+) min ?)?(?:(\d+) s)?$/.exec(text);
  if (!text || !match) return null;
  const [hours, minutes, seconds] = match.slice(1).map((n) => Number(n ?? 0));
  return 3600 * hours + 60 * minutes + seconds;
}

function compare(a, b) {
  if (a === null || b === null) return (a === null) - (b === null);
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a).localeCompare(String(b), "en", { numeric: true });
}

// Down, up, and back to how it was. Rows without a value stay at the end.
function sortBy(table, column, direction) {
  const body = table.tBodies[0];
  const rows = [...body.rows];
  if (direction === "none") {
    rows.sort((a, b) => a.dataset.place - b.dataset.place);
  } else {
    const sign = direction === "descending" ? -1 : 1;
    const keys = new Map(rows.map((r) => [r, sortKey(cellOf(r, column))]));
    rows.sort((a, b) => {
      const [one, two] = [keys.get(a), keys.get(b)];
      const order = compare(one, two);
      return one === null || two === null ? order : sign * order;
    });
  }
  body.append(...rows);
}

function makeSortable(table) {
  const body = table.tBodies[0];
  if (!body || body.rows.length < 2) return;
  [...body.rows].forEach((row, place) => (row.dataset.place = place));
  const headers = [...table.tHead.rows[0].cells];
  headers.forEach((header, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...header.childNodes);
    header.append(button);
    button.addEventListener("click", () => {
      const numeric = [...body.rows].some(
        (row) => typeof sortKey(cellOf(row, column)) === "number",
      );
      const cycle = numeric
        ? ["none", "descending", "ascending"]
        : ["none", "ascending", "descending"];
      const now = header.getAttribute("aria-sort") ?? "none";
      const next = cycle[(cycle.indexOf(now) + 1) % 3];
      headers.forEach((other) => other.removeAttribute("aria-sort"));
      if (next !== "none") header.setAttribute("aria-sort", next);
      sortBy(table, column, next);
    });
  });
}

// Rows that hold every word stay.
function makeFilter(table) {
  const body = table.tBodies[0];
  if (!body || body.rows.length < LONG) return;
  const input = document.createElement("input");
  input.type = "search";
  input.className = "filter";
  input.placeholder = "Filter rows";
  const title = table.closest("figure").querySelector("h3").textContent;
  input.setAttribute("aria-label", `Filter rows of ${title}`);
  const shown = document.createElement("output");
  shown.className = "found";
  input.addEventListener("input", () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let number = 0;
    for (const row of body.rows) {
      const cells = [...row.cells].map((cell) => cell.textContent);
      const text = cells.join(" ").toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
      number += !row.hidden;
    }
    shown.textContent = words.length ? `${number} of ${body.rows.length}` : "";
  });
  const line = document.createElement("div");
  line.className = "filtering tool";
  line.append(input, shown);
  table.closest(".scroll").before(line);
}

