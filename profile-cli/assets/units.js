"use strict";

/** Bytes in the unit in which they have the fewest digits. */
function bytes(value) {
  if (value < 1024) return `${value} B`;
  let size = value / 1024;
  let unit = 0;
  while (Number(size.toFixed(1)) >= 1024 && unit < 2) {
    size /= 1024;
    unit += 1;
  }
  return `${size.toFixed(1)} ${["KiB", "MiB", "GiB"][unit]}`;
}

/** A difference in bytes, with its sign. */
const difference = (value) => (value > 0 ? `+${bytes(value)}` : value < 0 ? `−${bytes(-value)}` : "no change");

const count = (value) => value.toLocaleString("en");
const blocks = (value) => `${count(value)} block${value === 1 ? "" : "s"}`;
const share = (part, whole) => `${(whole ? (part * 100) / whole : 0).toFixed(1)} %`;

/** Nanoseconds, in the unit in which they have the fewest digits. */
function time(value) {
  if (value >= 1e9) return `${(value / 1e9).toFixed(2)} s`;
  if (value >= 1e6) return `${(value / 1e6).toFixed(1)} ms`;
  return `${(value / 1e3).toFixed(1)} µs`;
}

const element = (id) => document.getElementById(id);

/** A pattern of what was typed; what is no pattern is looked for as it stands. */
function pattern(typed) {
  try {
    return new RegExp(typed, "i");
  } catch {
    return new RegExp(typed.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), "i");
  }
}

/** Lets a button change between light and dark, the system's choice being the first. */
function themeButton(button) {
  button.addEventListener("click", () => {
    const root = document.documentElement;
    const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
    root.dataset.theme = (root.dataset.theme ?? system) === "dark" ? "light" : "dark";
  });
}
