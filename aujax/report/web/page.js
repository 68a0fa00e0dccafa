// Starts everything once the page is read.

// Shows one AU and one target of those that the page holds.
function makeChoice(root, chosen) {
  const value = (name) => root.querySelector(`[name="${name}"]:checked`).value;
  const update = () => {
    root.querySelectorAll("details[data-au]").forEach((element) => {
      element.hidden = element.dataset.au !== value("au");
      element.open = true;
    });
    root.querySelectorAll("[data-against]").forEach((element) => {
      element.hidden = element.dataset.against !== value("against");
    });
    root.classList.toggle("frames", value("scale") === "frames");
    chosen(Number(value("au")));
  };
  root.addEventListener("change", (event) => {
    if (event.target.matches("[type=radio]")) update();
  });
  update();
}

function start() {
  const data = JSON.parse(document.getElementById("data").textContent);
  document.querySelectorAll("figure.table table").forEach((table) => {
    makeSortable(table);
    makeFilter(table);
  });
  const tip = makeTip();
  document
    .querySelectorAll("figure.chart")
    .forEach((figure) => makeReachable(figure, tip));
  const root = document.getElementById("closely");
  const timeline = makeTimeline(data, document.getElementById("timeline"));
  makeChoice(root, timeline.choose);
  const counted = countAll(data);
  makeThresholds(data, counted, root, timeline.detect);
  makeHistograms(data, counted, root, tip);
}

// What needs scripts is shown once they run; where they fail, all else reads.
start();
document.documentElement.classList.add("js");
