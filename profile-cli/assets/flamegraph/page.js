"use strict";

/** What is chosen. The address holds it, so that the back button undoes each step. */
const initial = { view: data.view, thread: "", hide: false, invert: false, up: false, zoom: [] };

function fromAddress() {
  const chosen = new URLSearchParams(location.hash.slice(1));
  const flag = (name) => chosen.get(name) === "1";
  const view = data.views.find(({ name }) => name === chosen.get("view"))?.name;
  return {
    view: view ?? initial.view,
    thread: chosen.get("thread") ?? "",
    hide: flag("hide"),
    invert: flag("invert"),
    up: flag("up"),
    zoom: (chosen.get("zoom") ?? "").split(".").filter(Boolean).map(Number),
  };
}

function toAddress(state) {
  const chosen = new URLSearchParams();
  if (state.view !== initial.view) chosen.set("view", state.view);
  if (state.thread !== "") chosen.set("thread", state.thread);
  for (const name of ["hide", "invert", "up"]) if (state[name]) chosen.set(name, "1");
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

function follow() {
  const before = state;
  state = fromAddress();
  const same = ["view", "thread", "hide", "invert"].every((name) => before[name] === state[name]);
  if (!tree || !same) tree = buildTree(state);
  element("thread").value = state.thread;
  element("hide").checked = state.hide;
  element("invert").checked = state.invert;
  element("upwards").checked = state.up;
  element("reset").disabled = state.zoom.length === 0;
  for (const tab of element("views").children) {
    const [size, number] = sumOf(tab.dataset.view, state.thread);
    tab.setAttribute("aria-selected", tab.dataset.view === state.view);
    tab.children[1].textContent = bytes(size);
    tab.children[2].textContent = blocks(number);
  }
  show();
}

function show() {
  const typed = element("search").value.trim();
  const found = typed ? search(tree, typed) : null;
  element("found").textContent = found
    ? `${count(found.calls)} call${found.calls === 1 ? "" : "s"}, ${bytes(found.size)}, ${share(found.size, tree.value)}`
    : "";
  const zoom = nodeAt(tree, state.zoom);
  chart.show({ tree, zoom, upwards: state.up, found });
  usual();
}

/** Says what is pointed at. */
function point(what, whole) {
  if (!what) {
    usual();
    return;
  }
  detail(what.name, `${bytes(what.size)} (${share(what.size, whole)})${what.blocks === null ? "" : ` in ${blocks(what.blocks)}`}`, what.place);
}

/** Says what is zoomed to, while nothing is pointed at. */
function usual() {
  const zoom = nodeAt(tree, state.zoom);
  const { title } = data.views.find(({ name }) => name === state.view);
  const size = `${bytes(zoom.value)} (${share(zoom.value, tree.value)}) in ${blocks(zoom.data.blocks)}`;
  const hint = zoom.parent ? place(zoom) : "point at a call for its figures; click to zoom";
  detail(zoom.parent ? label(zoom) : `Memory ${title}`, size, hint);
}

function detail(name, figures, rest) {
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
}

function fillHeader() {
  element("program").textContent = data.command || "memline";
  element("filter").textContent = data.filter && `only ${data.filter}`;
  element("notes").textContent = data.notes.join("\n");
  element("notes").hidden = data.notes.length === 0;
  const names = { peak: "At the peak", leaks: "Never freed", temporary: "Temporary", total: "In total" };
  data.views.forEach(({ name, title }, index) => {
    const tab = document.createElement("button");
    Object.assign(tab, { type: "button", title: `Memory ${title} (${index + 1})` });
    tab.dataset.view = name;
    tab.setAttribute("role", "tab");
    tab.append(...["span", "b", "span"].map((tag) => document.createElement(tag)));
    tab.firstChild.textContent = names[name];
    tab.addEventListener("click", () => change({ view: name }));
    element("views").append(tab);
  });
  const options = [["", "all"], ...data.threads];
  for (const [number, name] of options) {
    element("thread").add(new Option(number === "" ? name : `${name} (${number})`, number));
  }
  for (const [name, value] of data.facts) {
    const row = element("facts").querySelector("table").insertRow();
    row.insertCell().textContent = name;
    row.insertCell().textContent = value;
  }
  element("facts").querySelector("pre").textContent = element("licences").textContent.trim();
}

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
  element("invert").addEventListener("change", ({ target }) => change({ invert: target.checked, zoom: [] }));
  element("upwards").addEventListener("change", ({ target }) => change({ up: target.checked }));
  element("reset").addEventListener("click", () => change({ zoom: [] }));
  element("facts-button").addEventListener("click", open("facts"));
  element("help-button").addEventListener("click", open("help"));
  themeButton(element("theme"));
  addEventListener("hashchange", follow);
  new ResizeObserver(() => {
    drawStrip(element("strip"));
    chart.draw();
  }).observe(document.body);
  const keys = {
    "/": () => element("search").focus(),
    "?": open("help"),
    s: open("facts"),
    h: () => change({ hide: !state.hide, zoom: [] }),
    i: () => change({ invert: !state.invert, zoom: [] }),
    f: () => change({ up: !state.up }),
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
listen();
drawStrip(element("strip"));
follow();
