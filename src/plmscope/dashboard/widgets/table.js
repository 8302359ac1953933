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
  const filters = model.get("filters");
  const choices = filters.map(choice);
  const groupedBy = model.get("grouped_by");
  const grouping = make("input", { type: "checkbox" });
  const order = { key: null, sign: 1 };
  let shown = ROWS_AT_ONCE;
  let rows = [];

  search.setAttribute("aria-label", search.placeholder);
  count.setAttribute("role", "status");
  el.classList.add("plmscope-table");
  const bar = make("div", { className: "bar" }, search, ...choices, count);
  if (groupedBy) {
    const { label } = columns.find((column) => column.key === groupedBy);
    bar.insertBefore(make("label", {}, grouping, ` grouped by ${label.toLowerCase()}`), count);
  }
  if (model.get("export_name")) {
    const button = make("button", { type: "button", textContent: "CSV", title: "Save what is shown as CSV" });
    button.onclick = save;
    bar.append(button);
  }
  el.append(bar, scroller);

  // A list of a filter's values; what it says while none is chosen is its label.
  function choice({ label }) {
    const select = make("select", { onchange: () => redraw() });
    select.setAttribute("aria-label", label);
    return select;
  }

  // The values that there are, the commonest first; what was chosen stays so, if it is among them.
  function fillChoices() {
    filters.forEach(({ key, label }, place) => {
      const counts = new Map();
      for (const row of model.get("rows")) if (row[key]) counts.set(row[key], (counts.get(row[key]) ?? 0) + 1);
      const [select, chosen] = [choices[place], choices[place].value];
      select.replaceChildren(make("option", { value: "", textContent: `${label}: any` }),
        ...[...counts].sort((a, b) => b[1] - a[1]).map(([value, count]) =>
          make("option", { value, textContent: `${value} (${count.toLocaleString("en")})` })));
      select.value = counts.has(chosen) ? chosen : "";
      select.hidden = counts.size === 0;
    });
  }

  // Words in any order, each in any of the columns.
  function matching() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    return sorted(model.get("rows").filter((row) => {
      const all = columns.map((column) => text(row, column)).join(" ").toLowerCase();
      return words.every((word) => all.includes(word))
        && filters.every(({ key }, place) => !choices[place].value || row[key] === choices[place].value);
    }));
  }

  // The rows of a group stay together, where its first one comes.
  function grouped(found) {
    if (!grouping.checked) return found;
    return [...groupsOf(found).values()].flat();
  }

  function groupsOf(found) {
    const groups = new Map();
    for (const row of found) {
      const name = row[groupedBy] ?? "";
      if (!groups.has(name)) groups.set(name, []);
      groups.get(name).push(row);
    }
    return groups;
  }

  function sorted(found) {
    if (order.key === null) return grouped(found);
    const missing = (value) => value === null || value === undefined || value === "";
    return grouped(found.sort((a, b) => {
      const [x, y] = [a[order.key], b[order.key]];
      if (missing(x) || missing(y)) return missing(x) - missing(y);
      return (x > y ? 1 : x < y ? -1 : 0) * order.sign;
    }));
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
      else if (step) move(tr, step);
      else return;
      event.preventDefault();
    };
    return tr;
  }

  // On to the next row, past the head of a group.
  function move(tr, step) {
    let next = tr[step];
    while (next && next.dataset.feature === undefined) next = next[step];
    if (!next) return;
    tr.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  }

  function headOf(name, count) {
    const th = make("th", { scope: "rowgroup", colSpan: columns.length, className: "text",
      textContent: `${name || "without one"} (${count.toLocaleString("en")})` });
    return make("tr", { className: "group" }, th);
  }

  function drawnRows() {
    const drawnOnes = rows.slice(0, shown).map(drawn);
    if (!grouping.checked) return drawnOnes;
    const sizes = groupsOf(rows);
    return drawnOnes.flatMap((tr, place) => {
      const name = rows[place][groupedBy] ?? "";
      const isFirst = place === 0 || name !== (rows[place - 1][groupedBy] ?? "");
      return isFirst ? [headOf(name, sizes.get(name).length), tr] : [tr];
    });
  }

  // The rows stay as they are, and so does the focus.
  function mark() {
    for (const tr of body.querySelectorAll("[data-feature]")) {
      const isSelected = Number(tr.dataset.feature) === model.get("selected");
      tr.className = isSelected ? "selected" : "";
      tr.setAttribute("aria-current", String(isSelected));
    }
  }

  function draw() {
    rows = matching();
    body.replaceChildren(...drawnRows());
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
  grouping.onchange = redraw;
  model.on("change:rows", () => { fillChoices(); redraw(); });
  model.on("change:selected", mark);
  fillChoices();
  draw();
}

export default { render };
