"use strict";

const data = JSON.parse(element("data").textContent);
/** Rows that are drawn at a time. */
const PAGE = 200;

let [by, descending, shown] = ["bytes", true, PAGE];

function compare(a, b) {
  const order = typeof a[by] === "number" ? a[by] - b[by] : a[by].localeCompare(b[by]);
  return descending ? -order : order;
}

function matching() {
  const typed = element("search").value.trim();
  if (!typed) return data.rows;
  const wanted = pattern(typed);
  return data.rows.filter((row) => [row.thread, row.place, row.function, ...row.stack].some((text) => wanted.test(text)));
}

function draw() {
  const rows = matching().toSorted(compare);
  const size = rows.reduce((sum, row) => sum + row.bytes, 0);
  element("found").textContent = `${count(rows.length)} row${rows.length === 1 ? "" : "s"}, ${bytes(size)}`;
  document.querySelector("tbody").replaceChildren(...rows.slice(0, shown).map(draw1));
  const rest = rows.length - shown;
  element("more").hidden = rest <= 0;
  element("more").textContent = `Show ${count(Math.min(rest, PAGE))} more of ${count(rest)}`;
  for (const button of document.querySelectorAll("th button")) {
    const direction = descending ? "descending" : "ascending";
    button.parentElement.ariaSort = button.dataset.by === by ? direction : null;
  }
}

function draw1(row) {
  const line = document.createElement("tr");
  const cell = (text, name) => {
    const made = line.insertCell();
    made.textContent = text;
    made.className = name ?? "";
    return made;
  };
  cell(row.thread);
  cell(bytes(row.bytes), "number");
  cell(count(row.blocks), "number");
  const details = document.createElement("details");
  const summary = details.appendChild(document.createElement("summary"));
  summary.textContent = row.place;
  summary.className = "mono";
  const list = details.appendChild(document.createElement("ol"));
  for (const call of row.stack) {
    const item = list.appendChild(document.createElement("li"));
    item.textContent = call;
    item.className = "mono";
  }
  cell("").append(details);
  cell(row.function, "mono");
  return line;
}

element("command").textContent = data.command || "memline";
element("heading").textContent = data.heading;
document.querySelector("thead").addEventListener("click", ({ target }) => {
  const chosen = target.dataset.by;
  if (!chosen) return;
  const isNumber = chosen === "bytes" || chosen === "blocks";
  descending = chosen === by ? !descending : isNumber;
  by = chosen;
  draw();
});
element("search").addEventListener("input", () => {
  shown = PAGE;
  draw();
});
element("more").addEventListener("click", () => {
  shown += PAGE;
  draw();
});
themeButton(element("theme"));
draw();
