"use strict";

const ROW = 22;
/** Narrower calls are drawn together, in pixels. */
const LEAST = 2;
/** Calls wide enough for text, in pixels. */
const READABLE = 24;

/** A hue for each crate, the same in every page. */
function hue(name) {
  let hash = 7;
  for (const letter of name) hash = (hash * 31 + letter.codePointAt(0)) >>> 0;
  return (hash * 137.508) % 360;
}

/**
 * A node's hue: near that of its crate, so that functions side by side can be told apart; with types that of
 * the type of which it holds most.
 */
function hueOf(node, byType) {
  if (byType) return hue(data.frames[typesOf(node)[0][0]][0]);
  const [name, , , krate] = data.frames[node.data.frame];
  return (hue(krate) + (hue(name) % 36) - 18 + 360) % 360;
}

const tendency = ({ bytes: size, before }) => (size > before ? "grew" : size < before ? "shrank" : "same");

/** How much of a bar has come or gone: a quarter of the colour tells that there is a change. */
function strength({ bytes: size, before, width }) {
  return size === before ? 0 : 0.25 + 0.75 * Math.min(Math.abs(size - before) / (width || 1), 1);
}

/** What is to be drawn of `zoom`: its callers, and of its callees those that can be seen. */
function layout(zoom, width) {
  const scale = width / (zoom.x1 - zoom.x0 || 1);
  const boxes = zoom.ancestors().slice(1).map((node) => ({ node, left: 0, width, above: true }));
  const walk = (node) => {
    const left = (node.x0 - zoom.x0) * scale;
    boxes.push({ node, left, width: (node.x1 - node.x0) * scale });
    let rest = null;
    for (const child of node.children ?? []) {
      if ((child.x1 - child.x0) * scale >= LEAST) {
        walk(child);
      } else {
        // Children come by size, so that all that follow are small.
        rest ??= { node, rest: 0, amount: none(), left: (child.x0 - zoom.x0) * scale, width: 0 };
        rest.rest += 1;
        const { bytes: size, blocks: number, before, blocksBefore } = child.data;
        add(rest.amount, [size, number, before, blocksBefore]);
        rest.width += (child.x1 - child.x0) * scale;
      }
    }
    if (rest && rest.width >= 1) boxes.push(rest);
  };
  walk(zoom);
  return boxes;
}

/** The chart in `container`. It knows a tree, where it is zoomed to, and what is searched for. */
function makeChart(container, { onZoom, onPoint }) {
  let [tree, zoom, upwards, byType, found, focused] = [null, null, false, false, null, null];

  const depthOf = ({ node, rest }) => node.depth + (rest ? 1 : 0);
  const isRest = ({ node, rest }) => rest || (node.data.frame >= 0 && label(node).startsWith("…"));

  function classOf(box) {
    const classes = ["frame"];
    const frame = box.node.data.frame;
    if (isRest(box)) classes.push("rest");
    else if (frame < 0) classes.push("root");
    else if (compares) classes.push(tendency(box.node.data));
    else if (byType ? typesOf(box.node)[0][0] === UNKNOWN : kindOf(frame) === STANDARD) classes.push("std");
    if (frame >= 0 && !isRest(box) && kindOf(frame) === TYPE) classes.push("type");
    if (box.above) classes.push("above");
    if (box.width < READABLE) classes.push("narrow");
    if (!box.rest && found?.frames.has(frame)) classes.push("match");
    return classes.join(" ");
  }

  function text(box) {
    if (box.width < READABLE) return "";
    if (box.rest) return `… ${count(box.rest)} smaller`;
    if (box.node.data.frame >= 0) return label(box.node);
    const { bytes: size, before } = tree.data;
    return `all: ${compares ? difference(size - before) : bytes(size)}`;
  }

  /** The name, and where there is room the file's name and the line. */
  function write(box) {
    this.textContent = text(box);
    const where = box.rest ? "" : place(box.node).replace(/.*\//, "");
    if (where && box.width > 160) {
      const small = this.appendChild(document.createElement("small"));
      small.textContent = where;
    }
  }

  function describe(box) {
    if (box.rest) return { name: `… ${count(box.rest)} smaller ${byType ? "calls or types" : "calls"}`, place: "", amount: box.amount, types: [] };
    return { name: label(box.node), place: place(box.node), amount: box.node.data, types: byType ? typesOf(box.node) : [] };
  }

  function draw() {
    const width = container.clientWidth;
    if (!tree || tree.value === 0) {
      container.replaceChildren();
      container.style.height = "";
      d3.select(container).append("p").attr("class", "nothing").text("Nothing of this kind was recorded.");
      return;
    }
    container.querySelector(".nothing")?.remove();
    const boxes = layout(zoom, width);
    const rows = 1 + boxes.reduce((most, box) => Math.max(most, depthOf(box)), 0);
    container.style.height = `${rows * ROW + 6}px`;
    container.classList.toggle("searching", Boolean(found));
    const top = (box) => (upwards ? rows - 1 - depthOf(box) : depthOf(box)) * ROW + 2;
    d3.select(container).selectAll(".frame")
      .data(boxes, (box) => (box.rest ? `rest ${idOf(box.node)}` : idOf(box.node)))
      .join((enter) => enter.append("div").attr("role", "treeitem").attr("tabindex", -1))
      .attr("class", classOf)
      .attr("aria-label", (box) => { const { name, amount } = describe(box); return `${name}, ${figures(amount, tree.data)}`; })
      .attr("aria-level", (box) => depthOf(box) + 1)
      .style("top", (box) => `${top(box)}px`)
      .style("left", (box) => `${box.left}px`)
      .style("width", (box) => `${box.width}px`)
      .style("--hue", ({ node }) => (node.data.frame < 0 || compares ? null : hueOf(node, byType)))
      .style("--change", ({ node }) => (compares ? `${Math.round(100 * strength(node.data))}%` : null))
      .each(write)
      .on("click", (_, box) => onZoom(box.node))
      .on("pointerenter focus", (_, box) => onPoint(describe(box)))
      .on("pointerleave", () => onPoint(null));
    mark(focused && boxes.some(({ node }) => node === focused) ? focused : zoom);
  }

  /** Numbers nodes, so that an element stays with its node. */
  const ids = new WeakMap();
  let next = 0;
  function idOf(node) {
    if (!ids.has(node)) ids.set(node, `n${(next += 1)}`);
    return ids.get(node);
  }

  const elementOf = (node) =>
    d3.select(container).selectAll(".frame").filter((box) => box.node === node && !box.rest).node();

  /** Makes a node the one that the tab key leads to. */
  function mark(node) {
    d3.select(container).selectAll(".frame[tabindex='0']").attr("tabindex", -1);
    focused = node;
    elementOf(node)?.setAttribute("tabindex", 0);
  }

  function go(node) {
    if (!node || !elementOf(node)) return;
    mark(node);
    elementOf(node).focus();
  }

  function beside(step) {
    const siblings = focused.parent?.children ?? [focused];
    return siblings[siblings.indexOf(focused) + step];
  }

  container.addEventListener("keydown", (event) => {
    const inward = upwards ? "ArrowUp" : "ArrowDown";
    const outward = upwards ? "ArrowDown" : "ArrowUp";
    const moves = {
      ArrowLeft: () => go(beside(-1)),
      ArrowRight: () => go(beside(1)),
      [inward]: () => go(focused.children?.[0]),
      [outward]: () => go(focused.parent),
      Enter: () => onZoom(focused),
      " ": () => onZoom(focused),
    };
    if (!moves[event.key] || !focused) return;
    event.preventDefault();
    moves[event.key]();
  });
  container.addEventListener("focusin", ({ target }) => {
    const box = d3.select(target).datum();
    if (box?.node && !box.rest) mark(box.node);
  });

  return {
    show(shown) {
      ({ tree, zoom, upwards, byType, found } = shown);
      draw();
    },
    draw,
  };
}
