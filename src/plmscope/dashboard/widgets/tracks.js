// A sequence with features above and annotations below on one axis, to zoom and to hover.
//
// Ours rather than a track viewer's: bars have the colours and the fixed scale of every other drawing
// here, and a few hundred lines of a library would draw the same. `hovered` is shared with other widgets.

const LEFT = 150, RIGHT = 12, BAR = 44, SPAN = 18, AXIS = 34;
const NS = "http://www.w3.org/2000/svg";

function svg(tag, attributes, parent, text) {
  const element = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text !== undefined) element.textContent = text;
  parent?.append(element);
  return element;
}

function render({ model, el }) {
  el.classList.add("plmscope-tracks");
  const bar = document.createElement("div");
  const said = document.createElement("span");
  const picture = svg("svg", { role: "img" });
  let first = 1, last = 1;
  bar.className = "bar";
  said.setAttribute("role", "status");
  for (const [label, act] of [["Zoom in", () => zoom(0.5)], ["Zoom out", () => zoom(2)],
    ["◀", () => move(-0.5)], ["▶", () => move(0.5)], ["Whole", () => show(1, length())]]) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = label;
    if (label === "◀") button.setAttribute("aria-label", "To the left");
    if (label === "▶") button.setAttribute("aria-label", "To the right");
    button.onclick = act;
    bar.append(button);
  }
  bar.append(said);
  el.append(bar, picture);

  const length = () => model.get("sequence").length;
  const width = () => Math.max(el.clientWidth, 320);
  const step = () => (width() - LEFT - RIGHT) / (last - first + 1);
  const x = (position) => LEFT + (position - first) * step();
  const colour = (value) => {
    const colours = model.get("colours");
    return colours[Math.min(Math.floor(value * colours.length), colours.length - 1)];
  };

  function show(from, to) {
    const size = Math.max(to - from + 1, Math.min(10, length()));
    first = Math.max(1, Math.min(from, length() - size + 1));
    last = Math.min(length(), first + size - 1);
    draw();
  }

  function zoom(by) {
    const focus = model.get("hovered") || (first + last) / 2;
    const size = Math.round((last - first + 1) * by);
    const middle = focus >= first && focus <= last ? focus : (first + last) / 2;
    show(Math.round(middle - size / 2), Math.round(middle - size / 2) + size - 1);
  }

  function move(by) {
    const shift = Math.round((last - first + 1) * by);
    show(first + shift, last + shift);
  }

  function label(text, y, parent) {
    const short = text.length > 24 ? `${text.slice(0, 23)}…` : text;
    const group = svg("g", {}, parent);
    svg("title", {}, group, text);
    svg("text", { x: 0, y, class: "name" }, group, short);
  }

  function draw() {
    picture.replaceChildren();
    const sequence = model.get("sequence");
    if (!sequence) return;
    const lanes = model.get("lanes"), tracks = model.get("tracks");
    const height = lanes.length * BAR + AXIS + tracks.length * SPAN + 8;
    picture.setAttribute("viewBox", `0 0 ${width()} ${height}`);
    picture.setAttribute("aria-label", `${lanes.length} features and ${tracks.length} annotations along ${sequence.length} residues`);
    let top = 0;
    for (const lane of lanes) {
      label(lane.name, top + 24, picture);
      svg("line", { x1: LEFT, x2: width() - RIGHT, y1: top + BAR - 4, y2: top + BAR - 4, class: "rule" }, picture);
      for (const [position, value] of lane.values) {
        if (position < first || position > last) continue;
        const tall = Math.min(value, 1) * (BAR - 8);
        svg("rect", { x: x(position), y: top + BAR - 4 - tall, width: Math.max(step() - 0.2, 1), height: tall, fill: colour(value) }, picture);
      }
      top += BAR;
    }
    drawAxis(sequence, top);
    top += AXIS;
    for (const track of tracks) {
      label(track.name, top + 11, picture);
      svg("rect", { x: LEFT, y: top + 6, width: width() - LEFT - RIGHT, height: 2, class: "rail" }, picture);
      for (const [start, end] of track.spans) {
        if (end < first || start > last) continue;
        const from = Math.max(start, first), to = Math.min(end, last);
        const span = svg("rect", { x: x(from), y: top + 1, height: 12, rx: 2, width: Math.max((to - from + 1) * step(), 2), fill: track.colour }, picture);
        svg("title", {}, span, `${track.name} ${start}–${end}`);
      }
      top += SPAN;
    }
    svg("line", { class: "cursor", y1: 0, y2: height, visibility: "hidden" }, picture);
    mark();
  }

  function drawAxis(sequence, top) {
    const shown = last - first + 1;
    const spacing = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].find((tick) => tick * 10 >= shown) ?? 2000;
    for (let tick = Math.ceil(first / spacing) * spacing; tick <= last; tick += spacing) {
      svg("text", { x: x(tick + 0.5), y: top + 26, class: "tick" }, picture, tick);
    }
    if (step() < 7) return;
    for (let position = first; position <= last; position += 1) {
      svg("text", { x: x(position + 0.5), y: top + 12, class: "letter" }, picture, sequence[position - 1]);
    }
  }

  function mark() {
    const at = model.get("hovered");
    const cursor = picture.querySelector(".cursor");
    if (!cursor) return;
    const isShown = at >= first && at <= last;
    cursor.setAttribute("visibility", isShown ? "visible" : "hidden");
    if (isShown) for (const end of ["x1", "x2"]) cursor.setAttribute(end, x(at + 0.5));
    const values = model.get("lanes").map((lane) => {
      const here = lane.values.find(([position]) => position === at);
      return here ? `${lane.name.split(" ")[0]} ${here[1].toFixed(2)}` : "";
    }).filter(Boolean);
    said.textContent = at ? [`${model.get("sequence")[at - 1]}${at}`, ...values].join(", ") : "";
  }

  picture.onmousemove = (event) => {
    const box = picture.getBoundingClientRect();
    const place = (event.clientX - box.left) * (width() / box.width);
    const at = Math.floor(first + (place - LEFT) / step());
    const hovered = at >= first && at <= last ? at : 0;
    if (hovered === model.get("hovered")) return;
    model.set("hovered", hovered);
    model.save_changes();
  };
  model.on("change:hovered", mark);
  model.on("change:lanes", draw);
  model.on("change:tracks", draw);
  model.on("change:sequence", () => show(1, length()));
  new ResizeObserver(draw).observe(el);
  show(1, length());
}

export default { render };
