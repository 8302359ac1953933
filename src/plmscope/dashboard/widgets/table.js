// A table of rows to search, sort, export and click. `rows` come from Python; a click sets `clicked`.

const ROWS_AT_ONCE = 200;

function text(row, column) {
  const value = row[column.key];
  if (value === null || value === undefined) return "";
  return column.digits === undefined ? String(value) : Number(value).toFixed(column.digits);
}

function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

function render({ model, el }) {
  const columns = model.get("columns");
  const search = make("input", { type: "search", placeholder: model.get("placeholder") });
  const count = make("span", { className: "count" });
  const more = make("button", { type: "button", className: "more" });
  const body = make("tbody");
  const head = make("tr");
  const scroller = make("div", { className: "scroller" }, make("table", {}, make("thead", {}, head), body), more);
  const order = { key: null, sign: 1 };
  let shown = ROWS_AT_ONCE;
  let rows = [];

  search.setAttribute("aria-label", search.placeholder);
  count.setAttribute("role", "status");
  el.classList.add("plmscope-table");
  const bar = make("div", { className: "bar" }, search, count);
  if (model.get("export_name")) {
    const button = make("button", { type: "button", textContent: "CSV", title: "Save what is shown as CSV" });
    button.onclick = save;
    bar.append(button);
  }
  el.append(bar, scroller);

  // Words in any order, each in any of the columns.
  function matching() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const found = model.get("rows").filter((row) => {
      const all = columns.map((column) => text(row, column)).join(" ").toLowerCase();
      return words.every((word) => all.includes(word));
    });
    if (order.key === null) return found;
    const missing = (value) => value === null || value === undefined || value === "";
    return found.sort((a, b) => {
      const [x, y] = [a[order.key], b[order.key]];
      if (missing(x) || missing(y)) return missing(x) - missing(y);
      return (x > y ? 1 : x < y ? -1 : 0) * order.sign;
    });
  }

  function choose(row) {
    model.set("clicked", [row.feature, Date.now()]);
    model.save_changes();
  }

  function drawn(row, place) {
    const tr = make("tr", { tabIndex: place === 0 ? 0 : -1 });
    for (const column of columns) {
      const td = make("td", { className: column.digits === undefined ? "text" : "number" });
      td.textContent = text(row, column);
      td.title = td.textContent;
      tr.append(td);
    }
    tr.dataset.feature = row.feature;
    tr.onclick = () => choose(row);
    tr.onkeydown = (event) => {
      const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
      if (event.key === "Enter" || event.key === " ") choose(row);
      else if (step && tr[step]) { tr.tabIndex = -1; tr[step].tabIndex = 0; tr[step].focus(); }
      else return;
      event.preventDefault();
    };
    return tr;
  }

  // The rows stay as they are, and so does the focus.
  function mark() {
    for (const tr of body.children) {
      const isSelected = Number(tr.dataset.feature) === model.get("selected");
      tr.className = isSelected ? "selected" : "";
      tr.setAttribute("aria-current", String(isSelected));
    }
  }

  function draw() {
    rows = matching();
    body.replaceChildren(...rows.slice(0, shown).map(drawn));
    const all = model.get("rows").length;
    count.textContent = rows.length === all ? all.toLocaleString("en")
      : `${rows.length.toLocaleString("en")} of ${all.toLocaleString("en")}`;
    more.hidden = rows.length <= shown;
    more.textContent = `Show ${Math.min(ROWS_AT_ONCE, rows.length - shown)} more`;
    if (!rows.length) {
      body.append(make("tr", {}, make("td", { colSpan: columns.length, className: "text", textContent: "Nothing found." })));
    }
    mark();
  }

  function redraw() { shown = ROWS_AT_ONCE; draw(); }

  function save() {
    const quote = (value) => `"${value.replaceAll('"', '""')}"`;
    const lines = [columns.map((column) => quote(column.label)),
      ...rows.map((row) => columns.map((column) => quote(text(row, column))))];
    const content = lines.map((cells) => cells.join(",")).join("\n") + "\n";
    const link = make("a", { download: model.get("export_name") });
    link.href = URL.createObjectURL(new Blob([content], { type: "text/csv" }));
    link.click();
    URL.revokeObjectURL(link.href);
  }

  for (const column of columns) {
    const button = make("button", { type: "button", textContent: column.label });
    const th = make("th", { scope: "col", className: column.digits === undefined ? "text" : "number" }, button);
    if (column.width) th.style.width = column.width;
    th.setAttribute("aria-sort", "none");
    button.onclick = () => {
      Object.assign(order, { sign: order.key === column.key ? -order.sign : 1, key: column.key });
      for (const other of head.children) other.setAttribute("aria-sort", "none");
      th.setAttribute("aria-sort", order.sign > 0 ? "ascending" : "descending");
      redraw();
    };
    head.append(th);
  }
  more.onclick = () => { shown += ROWS_AT_ONCE; draw(); };
  search.oninput = redraw;
  model.on("change:rows", redraw);
  model.on("change:selected", mark);
  draw();
}

export default { render };
