"use strict";

/** What was recorded: see `Data` in src/report/flamegraph.rs. */
const data = JSON.parse(element("data").textContent);

/** Whether two recordings are compared: a row then has what was before behind what is after. */
const compares = data.before !== null;

/** What a frame is. */
const [STANDARD, TYPE] = [1, 2];
const kindOf = (frame) => data.frames[frame][4];

/** The frame of the type that is not known, the first of the types. */
const UNKNOWN = data.frames.findIndex(([, , , , kind]) => kind === TYPE);

/** The frames of each call, outermost first; made once, and shared by all trees. */
const stacks = (() => {
  const known = [[]];
  data.calls.forEach(([parent, frame], index) => {
    known[index + 1] = [...known[parent], frame];
  });
  return known;
})();

/** What is shown of a range of spans of time, by view: of blocks that began within it. */
const within = {
  peak: { name: "At the range’s end", title: "allocated in the range, and alive at its end", holds: (last, ended) => ended > last },
  leaks: { name: "Never freed", title: "allocated in the range, and never freed", holds: (last, ended) => ended === data.spans.count },
  temporary: { name: "Temporary", title: "allocated in the range, and freed again at once", holds: (last, ended, temporary) => temporary === 1 },
  total: { name: "In total", title: "allocated in the range", holds: () => true },
};

/** What each row holds: bytes and blocks, and in a comparison bytes and blocks before. */
function amounts(view, range) {
  if (!range) {
    const at = 3 + 2 * data.views.findIndex(({ name }) => name === view);
    const pair = (row, at) => [row[at], row[at + 1]];
    return data.rows.map((row) => (compares ? [...pair(row, at), ...pair(row, at + 2 * data.views.length)] : pair(row, at)));
  }
  const [first, last] = range;
  const { holds } = within[view];
  const sums = data.rows.map(() => [0, 0]);
  for (const [row, born, ended, temporary, size, number] of data.lives) {
    if (born < first || born > last || !holds(last, ended, temporary)) continue;
    sums[row][0] += size;
    sums[row][1] += number;
  }
  return sums;
}

/** Adds one amount to another. A bar is as wide as the larger of before and after. */
function add(to, [size, number, sizeBefore = 0, numberBefore = 0]) {
  to.bytes += size;
  to.blocks += number;
  to.before += sizeBefore;
  to.blocksBefore += numberBefore;
  to.width += Math.max(size, sizeBefore);
}

const none = () => ({ bytes: 0, blocks: 0, before: 0, blocksBefore: 0, width: 0 });

/** Calls `each` with the amount, the stack and the type of every row that is chosen. */
function chosen({ view, thread, range }, each) {
  const all = amounts(view, range);
  data.rows.forEach(([number, call, type], index) => {
    const amount = all[index];
    if (amount.some((part) => part > 0) && (thread === "" || number === Number(thread))) each(amount, stacks[call], type);
  });
}

/** The tree of calls for what is chosen. With types, each stack ends in that of what it allocates. */
function buildTree(state) {
  const root = { frame: -1, ...none(), children: new Map() };
  chosen(state, (amount, calls, type) => {
    let stack = calls;
    if (state.hide) stack = stack.filter((frame) => kindOf(frame) !== STANDARD);
    if (state.types) stack = [...stack, type];
    if (state.invert) stack = stack.toReversed();
    let node = root;
    add(node, amount);
    for (const frame of stack) {
      let child = node.children.get(frame);
      if (!child) {
        child = { frame, ...none(), children: new Map() };
        node.children.set(frame, child);
      }
      add(child, amount);
      node = child;
    }
  });
  const tree = d3.hierarchy(root, ({ children }) => [...children.values()]);
  tree.each((node) => {
    node.value = node.data.width;
  });
  tree.sort((a, b) => b.value - a.value || a.data.frame - b.data.frame);
  return d3.partition()(tree);
}

/** The types of what a node holds, with their amounts, the largest first. Made once for each node. */
const typesOf = (() => {
  const known = new WeakMap();
  return (node) => {
    if (known.has(node)) return known.get(node);
    const sums = new Map();
    const put = (type, { bytes: size, blocks: number, before, blocksBefore }) => {
      if (!sums.has(type)) sums.set(type, none());
      add(sums.get(type), [size, number, before, blocksBefore]);
    };
    const isType = ({ data: { frame } }) => frame >= 0 && kindOf(frame) === TYPE;
    const own = node.ancestors().find(isType);
    if (own) put(own.data.frame, node.data);
    else node.children?.forEach((child) => typesOf(child).forEach(([type, amount]) => put(type, amount)));
    const sorted = [...sums].sort(([a, one], [b, other]) => other.width - one.width || a - b);
    known.set(node, sorted);
    return sorted;
  };
})();

/** A view's sum over what else is chosen. */
function sumOf(state) {
  const sum = none();
  chosen(state, (amount) => add(sum, amount));
  return sum;
}

/** What an amount says: its size and its share, or how it changed. */
function figures({ bytes: size, blocks: number, before, blocksBefore }, whole) {
  if (!compares) return `${bytes(size)} (${share(size, whole.bytes)}) in ${blocks(number)}`;
  return `${bytes(before)} → ${bytes(size)} (${difference(size - before)}), ${count(blocksBefore)} → ${blocks(number)}`;
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

/** The frames that match, and the sum of the stacks that pass through them, each once. A type may end many
 * stacks, and counts once. */
function search(tree, typed) {
  const wanted = pattern(typed);
  const frames = new Set();
  data.frames.forEach(([name, file, line], index) => {
    if (wanted.test(name) || wanted.test(line ? `${file}:${line}` : file)) frames.add(index);
  });
  const [sum, types] = [none(), new Set()];
  let calls = 0;
  const walk = (node, inside) => {
    const match = frames.has(node.data.frame);
    if (match && kindOf(node.data.frame) === TYPE) types.add(node.data.frame);
    else if (match) calls += 1;
    if (match && !inside) {
      const { bytes: size, blocks: number, before, blocksBefore } = node.data;
      add(sum, [size, number, before, blocksBefore]);
    }
    node.children?.forEach((child) => walk(child, inside || match));
  };
  walk(tree, false);
  return { frames, calls, types: types.size, sum };
}
