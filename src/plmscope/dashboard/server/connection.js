// Tells Python that a browser shows the page, and the reader when the kernel works or is gone.

const PATIENCE_MS = 4000; // a connection that comes back by itself sooner is not worth a word
const AT_ONCE_MS = 300; // what takes longer is not seen as the answer to a click

function notice() {
  const bar = document.createElement("div");
  const reload = document.createElement("button");
  bar.className = "plmscope-lost";
  bar.setAttribute("role", "alert");
  bar.textContent = "The connection to the kernel was lost: this page no longer answers.";
  reload.type = "button";
  reload.textContent = "Reload the page";
  reload.onclick = () => location.reload();
  bar.append(reload);
  return bar;
}

// Show the notice in `el` while `kernel` cannot be reached, and for good once it has ended: one that
// the server has started in its place knows nothing of this page.
function watch(kernel, el) {
  let timer;
  let ended = false;
  const show = () => { if (!el.firstChild) el.append(notice()); };
  const end = () => { ended = true; show(); };

  kernel.statusChanged.connect((_, status) => {
    if (["restarting", "autorestarting", "dead"].includes(status)) end();
  });
  kernel.iopubMessage.connect((_, message) => { // the last word of a kernel that the server ends
    if (message.header.msg_type === "shutdown_reply") end();
  });
  kernel.connectionStatusChanged.connect((_, status) => {
    if (status !== "connected") {
      timer ??= setTimeout(show, PATIENCE_MS);
      return;
    }
    clearTimeout(timer);
    timer = undefined;
    if (!ended) el.replaceChildren();
  });
}

// Say that the kernel is at work, once it has been for a while.
function tellWork(kernel, el) {
  let timer;
  el.className = "plmscope-working";
  el.setAttribute("role", "status");
  kernel.statusChanged.connect((_, status) => {
    clearTimeout(timer);
    if (status === "busy") timer = setTimeout(() => { el.textContent = "Working…"; }, AT_ONCE_MS);
    else el.textContent = "";
  });
}

// Keep the browser's address and the model's the same, so that back and forward, a reload and a
// copied link come to the same place.
function keepAddress(model) {
  const tell = () => { model.set("address", location.search); model.save_changes(); };
  addEventListener("popstate", tell);
  model.on("change:address", () => {
    const address = model.get("address");
    if (address === location.search) return;
    // The first address only completes what was asked for: there is nothing to go back to.
    if (location.search === "") history.replaceState(null, "", address);
    else history.pushState(null, "", address);
  });
  model.set("address", location.search);
}

// JupyterLab's widgets leave controls without a name; ours stand below a heading that says it.
function nameControls() {
  const nameless = ":is([role=slider], select, input:not([type=file]), textarea, input[type=file])"
    + ":not([aria-label]):not([title])";
  for (const control of document.querySelectorAll(`.plmscope ${nameless}`)) {
    if ([...control.labels ?? []].some((label) => label.textContent.trim())) continue;
    const box = control.closest(".widget-vbox, .plmscope-beside");
    const above = [...box?.querySelectorAll(".plmscope-label, .widget-html-content") ?? []].filter(
      (heading) => heading.compareDocumentPosition(control) & Node.DOCUMENT_POSITION_FOLLOWING
        && heading.textContent.trim());
    const name = above.at(-1)?.textContent.trim() || control.placeholder;
    if (name) control.setAttribute("aria-label", name);
  }
}

function render({ model, el }) {
  new MutationObserver(nameControls).observe(document.body, { childList: true, subtree: true });
  const [lost, working] = [document.createElement("div"), document.createElement("div")];
  el.append(lost, working);
  watch(model.widget_manager.kernel, lost);
  tellWork(model.widget_manager.kernel, working);
  keepAddress(model);
  model.set("opened", true);
  model.save_changes();
}

export default { render };
