// Values on hover, touch and keyboard for whatever carries an SVG <title>.

// Makes a figure's marks one stop of the tab key; arrows go on from there.
function makeReachable(figure, tip) {
  const marks = [...figure.querySelectorAll("svg title")].map((title) => {
    const mark = title.parentNode;
    mark.dataset.tip = title.textContent;
    mark.setAttribute("aria-label", title.textContent);
    mark.setAttribute("role", "img");
    title.remove();
    return mark;
  });
  marks.forEach((mark, i) => mark.setAttribute("tabindex", i ? -1 : 0));
  figure.addEventListener("keydown", (event) => {
    const at = marks.indexOf(document.activeElement);
    const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
    const visible = marks.filter((mark) => mark.getClientRects().length);
    const next = visible[visible.indexOf(marks[at]) + steps[event.key]];
    if (at < 0 || !(event.key in steps)) return;
    event.preventDefault();
    if (!next) return;
    marks[at].setAttribute("tabindex", -1);
    next.setAttribute("tabindex", 0);
    next.focus();
  });
  figure.addEventListener("focusin", (event) => tip.show(event.target));
  figure.addEventListener("focusout", () => tip.hide());
  figure.addEventListener("pointerover", (event) => tip.show(event.target));
  figure.addEventListener("pointerout", () => tip.hide());
}

// One box for all figures, beside the mark and inside the window.
function makeTip() {
  const box = document.createElement("div");
  box.className = "tip";
  box.setAttribute("role", "status");
  box.hidden = true;
  document.body.append(box);
  function say(text, near) {
    box.textContent = text;
    box.hidden = false;
    const size = box.getBoundingClientRect();
    const room = document.documentElement.clientWidth;
    const left = near.left + near.width / 2 - size.width / 2;
    const above = near.top - size.height - 8;
    box.style.left = `${clamp(left, 8, room - size.width - 8)}px`;
    box.style.top = `${above < 8 ? near.bottom + 8 : above}px`;
  }
  return {
    say,
    show(target) {
      const mark = target.closest?.("[data-tip]");
      if (mark) say(mark.dataset.tip, mark.getBoundingClientRect());
    },
    hide() {
      box.hidden = true;
    },
  };
}

