// Drawings of something that changes from the left to the right.

const SVG = "http://www.w3.org/2000/svg";

const clamp = (value, low, high) => Math.max(low, Math.min(value, high));

function draw(name, attributes, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) {
    element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}

// [first, end) of every stretch in which something holds.
function stretches(values, holds) {
  const found = [];
  values.forEach((value, i) => {
    if (!holds(value)) return;
    if (found.length && found.at(-1)[1] === i) found.at(-1)[1] = i + 1;
    else found.push([i, i + 1]);
  });
  return found;
}

function bars(list, y, height, kind) {
  return list.map(([first, end]) =>
    draw("rect", { class: kind, x: first, y, width: end - first, height }),
  );
}

// The score between its lowest and highest in each column from `start` on, 100
// at the top.
function envelope(low, high, height, start = 0) {
  const y = (bin) => (height * (1 - bin / 100)).toFixed(1);
  const x = (i) => start + i;
  const up = high.map((bin, i) => `${x(i)} ${y(bin)}H${x(i + 1)}`);
  const down = low.map((bin, i) => `${x(i + 1)} ${y(bin)}H${x(i)}`).reverse();
  return `M${up.join("L")}L${down.join("L")}z`;
}

