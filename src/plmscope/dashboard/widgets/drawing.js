// An SVG drawing whose elements with `data-feature` can be clicked.

function render({ model, el }) {
  el.classList.add("plmscope-drawing");
  const draw = () => { el.innerHTML = model.get("svg"); };
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
