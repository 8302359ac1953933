// The whole site: a list to search, a page for each feature, addresses that keep.
//
// Addresses are #f/<feature> and #q/<kind>/<query>. Data comes as scripts, which a page opened from
// disk may load; each calls plmscope.receive with what it holds, compressed.

const plmscope = (() => {
  const ROWS_AT_ONCE = 200;
  const CLICK_REACH = 14; // pixels of the map
  const body = document.body;
  const perFile = Number(body.dataset.featuresPerFile);
  const $ = (selector) => document.querySelector(selector);
  const [kind, query, found, more] = ["#kind", "#query", "#found", "#more"].map($);
  const tbody = $(".table tbody");
  const waiting = new Map(); // name of a part -> what to do with it, once
  const parts = new Map();
  const order = { key: "f1", sign: -1 };
  let index; // see index.py
  let rows = []; // places in the index that are listed
  let notes = new Map(); // feature -> why it is listed
  let shown = ROWS_AT_ONCE;
  let current; // the feature on the page

  // ---- data

  async function unpack(packed) {
    const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).json();
  }

  function receive(name, packed) {
    part(name); // may be there without having been asked for, as the index
    waiting.get(name)?.(unpack(packed));
  }

  function part(name) {
    if (!parts.has(name)) {
      parts.set(name, new Promise((resolve) => waiting.set(name, resolve)));
    }
    return parts.get(name);
  }

  function load(name) {
    const isNew = !parts.has(name);
    const loaded = part(name);
    if (isNew) {
      const script = document.createElement("script");
      script.src = `data/${name}.js`;
      script.onerror = () => { found.textContent = `data/${name}.js cannot be read: is the folder whole?`; };
      document.head.append(script);
    }
    return loaded;
  }

  // ---- searching

  const all = () => index.features.map((_, place) => place);

  function byWords(text) {
    const number = text.match(/^(?:f\/)?(\d+)$/);
    if (number) return all().filter((place) => index.features[place] === Number(number[1]));
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    return all().filter((place) => words.every((word) => index.haystack[place].includes(word)));
  }

  // A pattern in PROSITE's notation, as prosite.py reads it; null where it is none.
  function asRegex(pattern) {
    const ELEMENT = /^(<?)(?:([A-Za-z])|\[([A-Za-z]+)\]|\{([A-Za-z]+)\})(?:\((\d+)(?:,(\d+))?\))?(>?)$/;
    const parts = pattern.trim().replace(/\.$/, "").split("-").map((element) => {
      const read = element.trim().match(ELEMENT);
      if (!read || Number(read[5] ?? 0) > 500 || Number(read[6] ?? 0) > 500) return null;
      const [, start, one, some, none, low, high] = read;
      const letters = one ? (one.toLowerCase() === "x" ? "." : one) : some ? `[${some}]` : `[^${none}]`;
      const times = low ? (high ? `{${low},${high}}` : `{${low}}`) : "";
      return (start ? "^" : "") + letters + times + (read[7] ? "$" : "");
    });
    return parts.includes(null) ? null : new RegExp(parts.join(""), "i");
  }

  async function byMotif(text) {
    const regex = asRegex(text.includes("-") || text.length === 1 ? text : [...text].join("-"));
    if (!regex) return { places: [], why: "This is no pattern. Write, for example, C-x(2,4)-C-[LIVM]-{P}." };
    const windows = await load("windows");
    const share = new Map();
    for (const [feature, own] of Object.entries(windows)) {
      const n = own.filter((window) => regex.test(window)).length;
      if (n) share.set(Number(feature), n / own.length);
    }
    return ranked(share, (value) => `in ${Math.round(100 * value)} % of its windows`);
  }

  function bySequence(text) {
    // A field of one line makes spaces of FASTA's line breaks: the header ends before the last
    // words that are letters alone.
    const words = text.split(/\s+/);
    const last = text.startsWith(">") ? words.findLastIndex((word) => !/^[A-Z]+$/.test(word)) : -1;
    const sequence = words.slice(last + 1).join("").toUpperCase();
    if (!/^[A-Z]{5,}$/.test(sequence)) {
      return { places: [], why: "Paste a protein sequence: at least five letters." };
    }
    const bits = new Map();
    all().forEach((place) => {
      const regex = index.motif[place] && asRegex(index.motif[place]);
      const match = regex && sequence.match(regex);
      if (match) bits.set(index.features[place], { where: match.index + 1, length: index.motif[place].length });
    });
    // The longest motifs say most.
    const scores = new Map([...bits].map(([feature, hit]) => [feature, hit.length]));
    return ranked(scores, (_, feature) => `motif at residue ${bits.get(feature).where}`);
  }

  async function byProtein(text) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    const proteins = (await load("proteins")).filter((protein) => {
      const names = `${protein.accession} ${protein.names}`.toLowerCase();
      return words.length && words.every((word) => names.includes(word));
    });
    const best = new Map();
    for (const protein of proteins) {
      protein.features.forEach((feature, i) => {
        const peak = protein.peaks[i];
        if (!best.has(feature) || best.get(feature)[0] < peak) best.set(feature, [peak, protein.accession]);
      });
    }
    const scores = new Map([...best].map(([feature, [peak]]) => [feature, peak]));
    const result = ranked(scores, (peak, feature) => `${best.get(feature)[1]}, peak ${peak.toFixed(2)}`);
    result.why = `${proteins.length} ${proteins.length === 1 ? "protein" : "proteins"} so named; `;
    return result;
  }

  function ranked(scores, say) {
    const place = new Map(index.features.map((feature, i) => [feature, i]));
    const best = [...scores].filter(([feature]) => place.has(feature)).sort((a, b) => b[1] - a[1] || a[0] - b[0]);
    return {
      places: best.map(([feature]) => place.get(feature)),
      notes: new Map(best.map(([feature, score]) => [feature, say(score, feature)])),
    };
  }

  let turn = 0;
  async function search() {
    const mine = ++turn;
    const text = query.value.trim();
    let result;
    if (!text) result = { places: all() };
    else {
      found.textContent = "Searching…";
      const how = { words: (words) => ({ places: byWords(words) }), motif: byMotif, sequence: bySequence, protein: byProtein };
      result = await how[kind.value](text);
    }
    if (mine !== turn) return; // another search was begun meanwhile
    rows = result.places;
    notes = result.notes ?? new Map();
    shown = ROWS_AT_ONCE;
    if (notes.size) setOrder(null, 1); else if (order.key === null) setOrder("f1", -1);
    const n = rows.length.toLocaleString("en");
    const count = `${n} of ${index.features.length.toLocaleString("en")} features`;
    found.textContent = result.why && !result.notes ? result.why : `${result.why ?? ""}${count}${rows.length ? "" : ": nothing found"}`;
    draw();
  }

  // ---- the list

  function setOrder(key, sign) {
    order.key = key;
    order.sign = sign;
    for (const button of document.querySelectorAll(".table th button")) {
      const sorted = button.dataset.key === key ? (sign > 0 ? "ascending" : "descending") : "none";
      button.closest("th").setAttribute("aria-sort", sorted);
    }
  }

  const valueOf = (place, key) => (key === "feature" ? index.features[place] : key === "name"
    ? (index.name[place] || `~${index.pattern[place]}`).toLowerCase() : index[key][place]);

  function sorted() {
    if (order.key === null) return rows;
    const missing = (value) => value === null || value === "";
    return [...rows].sort((a, b) => {
      const [x, y] = [valueOf(a, order.key), valueOf(b, order.key)];
      if (missing(x) || missing(y)) return missing(x) - missing(y) || index.features[a] - index.features[b];
      return (x > y ? 1 : x < y ? -1 : 0) * order.sign || index.features[a] - index.features[b];
    });
  }

  function cell(text, tag) {
    const td = document.createElement("td");
    const inner = tag ? td.appendChild(document.createElement(tag)) : td;
    inner.textContent = text;
    td.title = text;
    return td;
  }

  function row(place) {
    const tr = document.createElement("tr");
    const feature = index.features[place];
    const first = document.createElement("td");
    const link = first.appendChild(document.createElement("a"));
    link.href = `#f/${feature}`;
    link.textContent = feature;
    const name = cell(index.name[place] || index.pattern[place]);
    if (!index.name[place]) name.className = "quiet";
    if (notes.has(feature)) {
      const note = name.appendChild(document.createElement("div"));
      note.className = "quiet";
      note.textContent = notes.get(feature);
    }
    const f1 = index.f1[place];
    tr.append(first, name, cell(index.motif[place], "code"), cell(f1 === null ? "" : f1.toFixed(2)),
      cell(`${(100 * index.proteins[place]).toFixed(1)} %`));
    tr.setAttribute("aria-current", String(feature === current));
    return tr;
  }

  function draw() {
    const places = sorted();
    tbody.replaceChildren(...places.slice(0, shown).map(row));
    more.hidden = places.length <= shown;
    more.textContent = `Show ${Math.min(ROWS_AT_ONCE, places.length - shown)} more`;
  }

  function exportCsv() {
    const quote = (value) => `"${String(value ?? "").replaceAll('"', '""')}"`;
    const columns = ["feature", "name", "pattern", "motif", "f1", "proteins", "rung", "family", "module", "description"];
    const lines = sorted().map((place) => columns
      .map((key) => quote(key === "feature" ? index.features[place] : index[key][place])).join(","));
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([[columns.join(","), ...lines, ""].join("\n")], { type: "text/csv" }));
    link.download = "features.csv";
    link.click();
    URL.revokeObjectURL(link.href);
  }

  // ---- the page

  async function open(feature) {
    const page = $("#page");
    current = feature;
    const known = index.features.includes(feature);
    const late = setTimeout(() => { page.textContent = `Loading f/${feature}…`; }, 300);
    const drawn = known ? (await load(`features/${Math.floor(feature / perFile)}`))[feature] : null;
    clearTimeout(late);
    if (feature !== current) return;
    if (drawn) page.innerHTML = drawn; // made by pages.py, which escapes what is data
    else page.textContent = `There is no feature f/${feature} that fires.`;
    $("#overview").hidden = true;
    page.hidden = false;
    document.title = `f/${feature}${nameOf(feature)} · ${body.dataset.title}`;
    for (const tr of tbody.children) {
      tr.setAttribute("aria-current", String(tr.firstChild.textContent === String(feature)));
    }
    window.scrollTo(0, window.matchMedia("(max-width: 900px)").matches ? $("#feature").offsetTop : 0);
    page.querySelector("h2")?.focus({ preventScroll: true });
  }

  const nameOf = (feature) => {
    const name = index.name[index.features.indexOf(feature)];
    return name ? `: ${name}` : "";
  };

  function overview() {
    current = undefined;
    $("#overview").hidden = false;
    $("#page").hidden = true;
    document.title = body.dataset.title;
    drawMap();
  }

  function mapPlaces() {
    const { width, height } = $("#map");
    const known = all().filter((place) => index.x[place] !== null);
    const span = (values) => [Math.min(...values), Math.max(...values)];
    const [[left, right], [low, high]] = ["x", "y"].map((axis) => span(known.map((place) => index[axis][place])));
    return known.map((place) => ({
      place,
      x: 20 + ((index.x[place] - left) / (right - left || 1)) * (width - 40),
      y: 20 + ((high - index.y[place]) / (high - low || 1)) * (height - 40),
    }));
  }

  function drawMap() {
    const canvas = $("#map");
    const pen = canvas.getContext("2d");
    pen.clearRect(0, 0, canvas.width, canvas.height);
    const dots = mapPlaces();
    for (const named of [false, true]) {
      pen.fillStyle = named ? "#0072b2cc" : "#8b97a077";
      for (const { place, x, y } of dots) {
        if (Boolean(index.name[place]) !== named) continue;
        pen.beginPath();
        pen.arc(x, y, named ? 4 : 3, 0, 2 * Math.PI);
        pen.fill();
      }
    }
  }

  function nearestDot(event) {
    const canvas = $("#map");
    const box = canvas.getBoundingClientRect();
    const scale = canvas.width / box.width;
    const [x, y] = [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
    const distance = (dot) => Math.hypot(dot.x - x, dot.y - y);
    const nearest = mapPlaces().reduce((best, dot) => (distance(dot) < distance(best) ? dot : best));
    return distance(nearest) < CLICK_REACH * scale ? index.features[nearest.place] : undefined;
  }

  // ---- addresses

  async function route() {
    const [what, first, second] = location.hash.slice(1).split("/").map(decodeURIComponent);
    if (what === "f") {
      await open(Number(first));
    } else if (what === "q") {
      kind.value = first;
      query.value = location.hash.slice(1).split("/").slice(2).map(decodeURIComponent).join("/");
      describeQuery();
      await search();
      if (current === undefined) overview();
    } else {
      overview();
    }
  }

  function keepQuery() {
    const text = query.value.trim();
    const address = text ? `#q/${kind.value}/${encodeURIComponent(text)}` : "#";
    history.replaceState(null, "", current === undefined ? address : location.hash);
    search();
  }

  function describeQuery() {
    query.placeholder = {
      words: "kinase domain, or 118",
      motif: "C-x(2,4)-C",
      sequence: "a protein sequence",
      protein: "P04637, TP53, zinc finger",
    }[kind.value];
  }

  async function start() {
    index = await part("index");
    index.haystack = index.features.map((feature, place) => [
      `f/${feature}`, index.name[place], index.category[place], index.pattern[place], index.motif[place],
      index.family[place], index.module[place], index.description[place],
      ...index.numbers[place].map((number) => index.concepts[number]),
    ].join(" ").toLowerCase());
    kind.onchange = () => { describeQuery(); keepQuery(); };
    query.oninput = keepQuery;
    $("form").onsubmit = (event) => event.preventDefault();
    more.onclick = () => { shown += ROWS_AT_ONCE; draw(); };
    $("#export").onclick = exportCsv;
    $("#random").onclick = () => {
      const among = rows.length ? rows : all();
      location.hash = `f/${index.features[among[Math.floor(Math.random() * among.length)]]}`;
    };
    $("#map").onclick = (event) => {
      const feature = nearestDot(event);
      if (feature !== undefined) location.hash = `f/${feature}`;
    };
    for (const button of document.querySelectorAll(".table th button")) {
      button.onclick = () => {
        const first = ["f1", "proteins"].includes(button.dataset.key) ? -1 : 1;
        setOrder(button.dataset.key, order.key === button.dataset.key ? -order.sign : first);
        draw();
      };
    }
    window.onhashchange = route;
    describeQuery();
    await search();
    await route();
    body.dataset.ready = "yes";
  }

  if (typeof DecompressionStream === "undefined") {
    found.textContent = "This browser is too old to unpack the data: use one of 2023 or later.";
  } else {
    start();
  }
  return { receive };
})();
