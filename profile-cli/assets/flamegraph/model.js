"use strict";

/** What was recorded: see `Data` in src/report/flamegraph.rs. */
const data = JSON.parse(element("data").textContent);

/** The frames of each call, outermost first; made once, and shared by all trees. */
const stacks = (() => {
  const known = [[]];
  data.calls.forEach(([parent, frame], index) => {
    known[index + 1] = [...known[parent], frame];
  });
  return known;
})();

/** The column of a view's bytes in a row; that of its blocks is the next. */
const column = (view) => 2 + 2 * data.views.findIndex(({ name }) => name === view);

/** The tree of calls for what is chosen: frame, bytes, blocks, children by frame. */
function buildTree({ view, thread, hide, invert }) {
  const at = column(view);
  const root = { frame: -1, bytes: 0, blocks: 0, children: new Map() };
  for (const row of data.rows) {
    const [size, number] = [row[at], row[at + 1]];
    if (size === 0 || (thread !== "" && row[0] !== Number(thread))) continue;
    let stack = stacks[row[1]];
    if (hide) stack = stack.filter((frame) => !data.frames[frame][3]);
    if (invert) stack = stack.toReversed();
    let node = root;
    node.bytes += size;
    node.blocks += number;
    for (const frame of stack) {
      let child = node.children.get(frame);
      if (!child) {
        child = { frame, bytes: 0, blocks: 0, children: new Map() };
        node.children.set(frame, child);
      }
      child.bytes += size;
      child.blocks += number;
      node = child;
    }
  }
  const tree = d3.hierarchy(root, ({ children }) => [...children.values()]);
  tree.each((node) => {
    node.value = node.data.bytes;
  });
  tree.sort((a, b) => b.value - a.value || a.data.frame - b.data.frame);
  return d3.partition()(tree);
}

/** A view's sum over the chosen thread, or all. */
function sumOf(view, thread) {
  const at = column(view);
  const add = ([size, number], row) => [size + row[at], number + row[at + 1]];
  return data.rows.filter(([number]) => thread === "" || number === Number(thread)).reduce(add, [0, 0]);
}

/** The frames from the root to a node, which tell it in any tree. */
const pathOf = (node) => node.ancestors().reverse().slice(1).map(({ data: { frame } }) => frame);

/** The node at the end of a path, or of as much of it as there is. */
function nodeAt(tree, path) {
  let node = tree;
  for (const frame of path) {
    const next = node.children?.find((child) => child.data.frame === frame);
    if (!next) break;
    node = next;
  }
  return node;
}

function label(node) {
  if (node.data.frame < 0) return "all";
  const [name] = data.frames[node.data.frame];
  return name;
}

/** `file:line` of a node; empty where it is not known. */
function place(node) {
  if (node.data.frame < 0) return "";
  const [, file, line] = data.frames[node.data.frame];
  return line ? `${file}:${line}` : file;
}

/** The frames that match, and the bytes of the stacks that pass through them, each once. */
function search(tree, typed) {
  const wanted = pattern(typed);
  const frames = new Set();
  data.frames.forEach(([name, file, line], index) => {
    if (wanted.test(name) || wanted.test(line ? `${file}:${line}` : file)) frames.add(index);
  });
  let [calls, size] = [0, 0];
  const walk = (node, inside) => {
    const match = frames.has(node.data.frame);
    if (match) calls += 1;
    if (match && !inside) size += node.value;
    node.children?.forEach((child) => walk(child, inside || match));
  };
  walk(tree, false);
  return { frames, calls, size };
}
