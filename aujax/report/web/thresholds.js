// The thresholds that a reader tries, and what precision, recall and F1 become.

// Counters by target and method, for the methods that the page holds.
function countAll(data) {
  return Object.fromEntries(
    data.targets.map((against) => [
      against,
      data.methods.map((method) =>
        counters(method, method.counts[against], data.aus.length),
      ),
    ]),
  );
}

function makeThresholds(data, counted, root, changed) {
  // Hundredths, or null for the threshold of each trial.
  const thresholds = data.aus.map(() => null);
  const reset = root.querySelector("button.reset");
  const all = root.querySelectorAll(".slider.all");

  function update() {
    for (const [against, methods] of Object.entries(counted)) {
      methods.forEach((counts, i) =>
        fill(root, against, data.methods[i].name, grade(counts, thresholds)),
      );
    }
    root.querySelectorAll("[data-au]").forEach((element) => {
      const k = thresholds[element.dataset.au];
      element.querySelectorAll(".slider").forEach((s) => place(s, k));
      element.classList.toggle("tried", k !== null);
      const varies = k === null && element.dataset.varies;
      const at = varies ? "0%" : `${k ?? element.dataset.tested}%`;
      for (const line of element.querySelectorAll(".at")) {
        line.setAttribute("x1", at);
        line.setAttribute("x2", at);
      }
      for (const veil of element.querySelectorAll(".veil")) {
        veil.setAttribute("width", at);
      }
    });
    const same = thresholds.every((k) => k === thresholds[0]);
    all.forEach((slider) =>
      place(slider, same ? thresholds[0] : null, same ? null : "several"),
    );
    reset.disabled = thresholds.every((k) => k === null);
    changed(thresholds);
  }

  root.addEventListener("input", (event) => {
    const slider = event.target.closest(".slider");
    if (!slider) return;
    const k = Math.round(100 * event.target.value);
    const au = slider.closest("[data-au]")?.dataset.au;
    if (au === undefined) thresholds.fill(k);
    else thresholds[au] = k;
    update();
  });
  reset.addEventListener("click", () => {
    thresholds.fill(null);
    update();
  });
  update();
}

// Shows a threshold, or where it was tested, on a slider and beside it.
function place(slider, k, otherwise = null) {
  const input = slider.querySelector("input");
  const output = slider.querySelector("output");
  input.value = (k ?? slider.dataset.start) / 100;
  output.textContent =
    k === null ? (otherwise ?? slider.dataset.tested) : (k / 100).toFixed(2);
  input.setAttribute("aria-valuetext", output.textContent);
  slider.classList.toggle("tried", k !== null);
}

// Writes a method's numbers wherever the page shows them.
function fill(root, against, method, graded) {
  const view = `[data-against="${against}"]`;
  const rows = root.querySelectorAll(`${view} tr[data-method]`);
  for (const row of rows) {
    if (row.dataset.method !== method) continue;
    const au = row.closest("[data-au]")?.dataset.au;
    for (const [name, average] of Object.entries(graded)) {
      const value = au === undefined ? average.mean : average.perAu[au];
      const cell = row.querySelector(`[data-metric="${name}"]`);
      cell.value = Number.isNaN(value) ? "" : value;
      cell.textContent = percent(value);
      const spread = cell.nextElementSibling;
      if (spread) spread.textContent = ` ± ${percent(average.std)}`;
    }
  }
}

