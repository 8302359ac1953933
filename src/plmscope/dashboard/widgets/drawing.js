// An SVG drawing whose elements with `data-feature` can be clicked; a map of them can be zoomed.

const STEP = 1.5;
const MOST = 40;
const SHAKE = 4; // pixels that a pointer may move during a click

// Buttons, the wheel with Ctrl or ⌘ (without them it scrolls the page), and dragging. Points and letters
// grow less than distances: what lies on each other comes apart.
function makeZoomable(svg) {
  const [, , width, height] = svg.getAttribute("viewBox").split(" ").map(Number);
  const view = { x: 0, y: 0, zoom: 1 };
  const sized = [...svg.querySelectorAll("circle, text")].map((element) => {
    const name = element.tagName === "circle" ? "r" : "font-size";
    return [element, name, Number(element.getAttribute(name))];
  });
  let dragged = null;
  let hasMoved = false;

  function show() {
    view.x = Math.min(Math.max(view.x, 0), width - width / view.zoom);
    view.y = Math.min(Math.max(view.y, 0), height - height / view.zoom);
    svg.setAttribute("viewBox", [view.x, view.y, width / view.zoom, height / view.zoom].join(" "));
    svg.style.cursor = view.zoom > 1 ? "grab" : "";
  }

  function zoomTo(zoom, [x, y]) {
    const before = view.zoom;
    view.zoom = Math.min(Math.max(zoom, 1), MOST);
    view.x += x * width * (1 / before - 1 / view.zoom);
    view.y += y * height * (1 / before - 1 / view.zoom);
    for (const [element, name, size] of sized) element.setAttribute(name, size / view.zoom ** 0.7);
    show();
  }

  // The place of an event in what is shown, 0 to 1 either way.
  function place(event) {
    const box = svg.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  }

  svg.onwheel = (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    zoomTo(view.zoom * (event.deltaY < 0 ? STEP : 1 / STEP), place(event));
  };
  svg.onpointerdown = (event) => {
    dragged = { at: place(event), from: [event.clientX, event.clientY], x: view.x, y: view.y };
    hasMoved = false;
  };
  svg.onpointermove = (event) => {
    if (!dragged || !event.buttons || view.zoom === 1) return;
    if (!hasMoved) {
      if (Math.hypot(event.clientX - dragged.from[0], event.clientY - dragged.from[1]) < SHAKE) return;
      svg.setPointerCapture(event.pointerId);
      hasMoved = true;
    }
    const [x, y] = place(event);
    view.x = dragged.x - ((x - dragged.at[0]) * width) / view.zoom;
    view.y = dragged.y - ((y - dragged.at[1]) * height) / view.zoom;
    show();
  };
  svg.onpointerup = () => { dragged = null; };
  svg.addEventListener("click", (event) => { if (hasMoved) event.stopPropagation(); }, true);

  const bar = document.createElement("div");
  bar.className = "zoom";
  for (const [text, name, act] of [
    ["+", "Zoom in", () => zoomTo(view.zoom * STEP, [0.5, 0.5])],
    ["−", "Zoom out", () => zoomTo(view.zoom / STEP, [0.5, 0.5])],
    ["Whole map", "Whole map", () => zoomTo(1, [0.5, 0.5])],
  ]) {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: text, title: name, onclick: act });
    button.setAttribute("aria-label", name);
    bar.append(button);
  }
  svg.before(bar);
}

function render({ model, el }) {
  el.classList.add("plmscope-drawing");
  const draw = () => {
    el.innerHTML = model.get("svg");
    const svg = el.querySelector("svg");
    if (svg && model.get("zoomable")) makeZoomable(svg);
  };
  el.onclick = (event) => {
    const feature = event.target.closest("[data-feature]")?.dataset.feature;
    if (feature === undefined) return;
    model.set("clicked", [Number(feature), Date.now()]);
    model.save_changes();
  };
  model.on("change:svg", draw);
  draw();
}

export default { render };
