"use strict";

/** What is chosen. The address holds it, so that the back button undoes each step. */
const initial = { view: data.view, thread: "", range: null, hide: false, types: false, invert: false, up: false, zoom: [] };

function fromAddress() {
  const chosen = new URLSearchParams(location.hash.slice(1));
  const flag = (name) => chosen.get(name) === "1";
  const view = data.views.find(({ name }) => name === chosen.get("view"))?.name;
  return {
    view: view ?? initial.view,
    thread: chosen.get("thread") ?? "",
    range: rangeFrom(chosen.get("range") ?? ""),
    hide: flag("hide"),
    types: flag("types"),
    invert: flag("invert"),
    up: flag("up"),
    zoom: (chosen.get("zoom") ?? "").split(".").filter(Boolean).map(Number),
  };
}

/** A range of spans, the first and the last, if the text is one. */
function rangeFrom(text) {
  const [first, last] = text.split("-").map(Number);
  return first >= 0 && first <= last && last < data.spans.count ? [first, last] : null;
}

function toAddress(state) {
  const chosen = new URLSearchParams();
  if (state.view !== initial.view) chosen.set("view", state.view);
  if (state.thread !== "") chosen.set("thread", state.thread);
  if (state.range) chosen.set("range", state.range.join("-"));
  for (const name of ["hide", "types", "invert", "up"]) if (state[name]) chosen.set(name, "1");
  if (state.zoom.length > 0) chosen.set("zoom", state.zoom.join("."));
  return `#${chosen}`;
}

let state = initial;
let tree = null;

/** Changes what is chosen; everything else follows from the address. */
function change(part) {
  const address = toAddress({ ...state, ...part });
  if (address !== toAddress(state)) location.hash = address;
}

const chart = makeChart(element("chart"), {
  onZoom: (node) => change({ zoom: pathOf(node) }),
  onPoint: point,
});

const strip = makeStrip(element("strip"), { onRange: (range) => change({ range }) });

const shownViews = () => data.views.map(({ name, title }) => (state.range ? { title: within[name].title, label: within[name].name } : { title, label: names[name] }));

function follow() {
  const before = state;
  state = fromAddress();
  const same = ["view", "thread", "hide", "types", "invert", "range"].every((name) => `${before[name]}` === `${state[name]}`);
  if (!tree || !same) tree = buildTree(state);
  element("thread").value = state.thread;
  element("hide").checked = state.hide;
  element("types").checked = state.types;
  element("invert").checked = state.invert;
  element("upwards").checked = state.up;
  element("reset").disabled = state.zoom.length === 0;
  element("whole").disabled = !state.range;
  strip.show(state.range);
  shownViews().forEach(({ title, label }, index) => {
    const tab = element("views").children[index];
    const sum = sumOf({ ...state, view: tab.dataset.view });
    tab.title = `Memory ${title} (${index + 1})`;
    tab.setAttribute("aria-selected", tab.dataset.view === state.view);
    const texts = compares
      ? [label, difference(sum.bytes - sum.before), `${bytes(sum.before)} → ${bytes(sum.bytes)}`]
      : [label, bytes(sum.bytes), blocks(sum.blocks)];
    texts.forEach((text, index) => { tab.children[index].textContent = text; });
  });
  show();
}

function show() {
  const typed = element("search").value.trim();
  const found = typed ? search(tree, typed) : null;
  const several = (number, what) => `${count(number)} ${what}${number === 1 ? "" : "s"}`;
  const kinds = found && [(found.calls > 0 || found.types === 0) && several(found.calls, "call"), found.types > 0 && several(found.types, "type")];
  element("found").textContent = found
    ? `${kinds.filter(Boolean).join(", ")}, ${compares ? difference(found.sum.bytes - found.sum.before) : `${bytes(found.sum.bytes)}, ${share(found.sum.bytes, tree.data.bytes)}`}`
    : "";
  const zoom = nodeAt(tree, state.zoom);
  chart.show({ tree, zoom, upwards: state.up, byType: state.types, found });
  usual();
}

/** Says what is pointed at. */
function point(what) {
  if (what) detail(what.name, figures(what.amount, tree.data), what.place, what.types);
  else usual();
}

/** Says what is zoomed to, while nothing is pointed at. */
function usual() {
  const zoom = nodeAt(tree, state.zoom);
  const { title } = shownViews()[data.views.findIndex(({ name }) => name === state.view)];
  const hint = zoom.parent ? place(zoom) : "point at a call for its figures; click to zoom";
  detail(zoom.parent ? label(zoom) : `Memory ${title}`, figures(zoom.data, tree.data), hint, state.types ? typesOf(zoom) : []);
}

/** The largest of some types, and how many more there are. */
function listed(types) {
  const text = ([type, { bytes: size, before }]) => `${data.frames[type][0]} ${compares ? difference(size - before) : bytes(size)}`;
  const shown = types.slice(0, 6).map(text);
  if (types.length > shown.length) shown.push(`${count(types.length - shown.length)} more`);
  return shown.join("  ·  ");
}

function detail(name, figures, rest, types) {
  const box = element("detail");
  box.replaceChildren();
  const first = document.createElement("div");
  const strong = document.createElement("b");
  strong.textContent = figures;
  first.append(strong, `  ${rest}`);
  const second = document.createElement("div");
  second.className = "mono";
  second.textContent = name;
  box.append(second, first);
  if (!state.types) return;
  const third = document.createElement("div");
  third.className = "mono";
  third.textContent = listed(types);
  box.append(third);
}

const names = { peak: "At the peak", leaks: "Never freed", temporary: "Temporary", total: "In total" };

function fillHeader() {
  element("program").textContent = data.command || "memline";
  const said = [compares && `compared with ${data.before.command} before`, data.filter && `only ${data.filter}`];
  element("filter").textContent = said.filter(Boolean).join(", ");
  element("whole").hidden = data.spans.count === 0;
  element("notes").textContent = data.notes.join("\n");
  element("notes").hidden = data.notes.length === 0;
  data.views.forEach(({ name }) => {
    const tab = document.createElement("button");
    tab.type = "button";
    tab.dataset.view = name;
    tab.setAttribute("role", "tab");
    tab.append(...["span", "b", "span"].map((tag) => document.createElement(tag)));
    tab.addEventListener("click", () => change({ view: name }));
    element("views").append(tab);
  });
  const options = [["", "all"], ...data.threads];
  for (const [number, name] of options) {
    element("thread").add(new Option(number === "" ? name : `${name} (${number})`, number));
  }
  for (const cells of data.facts) {
    const row = element("facts").querySelector("table").insertRow();
    for (const text of cells) row.insertCell().textContent = text;
  }
  element("comparison").hidden = !compares;
  element("facts").querySelector("pre").textContent = element("licences").textContent.trim();
}

/** Types are the last of a stack, so that it stays zoomed where they do not come first. */
const toggleTypes = () => change({ types: !state.types, zoom: state.invert ? [] : state.zoom });

const open = (id) => () => element(id).showModal();

function listen() {
  element("search").addEventListener("input", show);
  element("search").addEventListener("keydown", ({ key }) => {
    if (key === "Escape") {
      element("search").value = "";
      element("search").blur();
      show();
    }
  });
  element("thread").addEventListener("change", ({ target }) => change({ thread: target.value, zoom: [] }));
  element("hide").addEventListener("change", ({ target }) => change({ hide: target.checked, zoom: [] }));
  element("types").addEventListener("change", toggleTypes);
  element("invert").addEventListener("change", ({ target }) => change({ invert: target.checked, zoom: [] }));
  element("upwards").addEventListener("change", ({ target }) => change({ up: target.checked }));
  element("whole").addEventListener("click", () => change({ range: null }));
  element("reset").addEventListener("click", () => change({ zoom: [] }));
  element("facts-button").addEventListener("click", open("facts"));
  element("help-button").addEventListener("click", open("help"));
  themeButton(element("theme"));
  addEventListener("hashchange", follow);
  new ResizeObserver(() => {
    strip.draw();
    chart.draw();
  }).observe(document.body);
  const keys = {
    "/": () => element("search").focus(),
    "?": open("help"),
    s: open("facts"),
    h: () => change({ hide: !state.hide, zoom: [] }),
    t: toggleTypes,
    i: () => change({ invert: !state.invert, zoom: [] }),
    f: () => change({ up: !state.up }),
    w: () => change({ range: null }),
    Escape: () => change({ zoom: [] }),
  };
  addEventListener("keydown", (event) => {
    const typing = event.target.matches("input[type=search], select") || document.querySelector("dialog[open]");
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    const view = data.views[Number(event.key) - 1];
    const act = view ? () => change({ view: view.name }) : keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
}

fillHeader();
strip.draw();
listen();
follow();
