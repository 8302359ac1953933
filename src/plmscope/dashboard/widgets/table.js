// A table of rows to sort, filter and click. `rows` come from Python; a click sets `clicked`.

function cell(value, column) {
  const td = document.createElement("td");
  td.textContent = column.digits === undefined ? value : Number(value).toFixed(column.digits);
  td.className = column.digits === undefined ? "text" : "number";
  td.title = td.textContent;
  return td;
}

function render({ model, el }) {
  const columns = model.get("columns");
  const search = document.createElement("input");
  const scroller = document.createElement("div");
  const table = document.createElement("table");
  const head = table.createTHead().insertRow();
  const body = table.createTBody();
  let order = { key: null, sign: 1 };

  search.type = "search";
  search.placeholder = model.get("placeholder");
  search.setAttribute("aria-label", search.placeholder);
  scroller.className = "scroller";
  scroller.append(table);
  el.classList.add("plmscope-table");
  el.append(search, scroller);

  function shownRows() {
    const wanted = search.value.trim().toLowerCase();
    const rows = model.get("rows").filter(
      (row) => columns.some((column) => String(row[column.key]).toLowerCase().includes(wanted)));
    if (order.key === null) return rows;
    return rows.sort((a, b) => (a[order.key] > b[order.key] ? 1 : -1) * order.sign);
  }

  function draw() {
    body.replaceChildren(...shownRows().map((row) => {
      const tr = document.createElement("tr");
      tr.append(...columns.map((column) => cell(row[column.key], column)));
      tr.className = row.feature === model.get("selected") ? "selected" : "";
      tr.tabIndex = 0;
      const choose = () => { model.set("clicked", [row.feature, Date.now()]); model.save_changes(); };
      tr.onclick = choose;
      tr.onkeydown = (event) => { if (event.key === "Enter") choose(); };
      return tr;
    }));
  }

  for (const column of columns) {
    const th = document.createElement("th");
    th.textContent = column.label;
    th.className = column.digits === undefined ? "text" : "number";
    th.onclick = () => {
      order = { key: column.key, sign: order.key === column.key ? -order.sign : 1 };
      draw();
    };
    head.append(th);
  }
  search.oninput = draw;
  model.on("change:rows", draw);
  model.on("change:selected", draw);
  draw();
}

export default { render };
