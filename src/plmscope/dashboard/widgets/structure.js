// A structure coloured by activation, drawn by 3Dmol, which stands before this text (see structure.py).

const PALE = "#d5dbe0";

function render({ model, el }) {
  el.classList.add("plmscope-structure");
  const box = document.createElement("div");
  box.className = "viewer";
  box.setAttribute("role", "img");
  el.append(box);
  let viewer;

  function start() {
    viewer ??= threeDmol.createViewer(box, { backgroundColor: "white" });
    viewer.removeAllModels();
    box.setAttribute("aria-label", model.get("title"));
    if (!model.get("pdb")) { viewer.render(); return; }
    viewer.addModel(model.get("pdb"), "pdb");
    viewer.setHoverable({}, true, (atom) => hover(atom.resi), () => hover(0));
    viewer.zoomTo();
    paint();
  }

  function hover(position) {
    if (position === model.get("hovered")) return;
    model.set("hovered", position);
    model.save_changes();
  }

  function paint() {
    if (!viewer) return;
    const colours = new Map(model.get("colours"));
    const colour = (atom) => colours.get(atom.resi) ?? PALE;
    viewer.setStyle({}, { cartoon: { colorfunc: colour } });
    for (const position of model.get("sticks")) {
      viewer.addStyle({ resi: position }, { stick: { colorfunc: colour, radius: 0.25 } });
    }
    mark();
  }

  function mark() {
    if (!viewer) return;
    viewer.removeAllLabels();
    const at = model.get("hovered");
    if (at) {
      const [atom] = viewer.selectedAtoms({ resi: at, atom: "CA" });
      if (atom) viewer.addLabel(`${atom.resn} ${at}`, { position: atom, fontSize: 12, backgroundOpacity: 0.8 });
    }
    viewer.render();
  }

  model.on("change:pdb", start);
  model.on("change:colours", paint);
  model.on("change:sticks", paint);
  model.on("change:hovered", mark);
  new ResizeObserver(() => viewer?.resize()).observe(el);
  requestAnimationFrame(start);
}

export default { render };
