"use strict";

/** Pixels beside a handle that still take hold of it. */
const REACH = 9;

/**
 * Memory over time in `figure`, with the peak marked. Where the recording tells when blocks began
 * and ended, a range of time can be dragged, or moved by the keys of its two handles.
 */
function makeStrip(figure, { onRange }) {
  const { series, peak, spans } = data;
  if (series.length === 0) {
    figure.hidden = true;
    return { draw() {}, show() {} };
  }
  const last = series[series.length - 1][0];
  const before = data.before?.series ?? [];
  const end = Math.max(last + (series[1]?.[0] ?? 1), peak[0], before.at(-1)?.[0] ?? 0, 1);
  const most = [...series, ...before].reduce((most, [, live, rss]) => Math.max(most, live, rss), peak[1]);
  const hasRss = series.some(([, , rss]) => rss > 0);
  const x = d3.scaleLinear([0, end], [0, 1]);
  const y = d3.scaleLinear([0, most || 1], [1, 0]);
  const svg = d3.select(figure).append("svg");
  let [chosen, marks, handles, legend] = [null, null, [], null];

  const timeOf = (bound) => Math.min(spans.start + bound * spans.width, end);
  const boundsOf = (range) => (range ? [range[0], range[1] + 1] : [0, spans.count]);
  const rangeOf = ([from, to]) => (from <= 0 && to >= spans.count ? null : [from, to - 1]);
  const spanAt = (pixel) => {
    const span = Math.floor((x.invert(pixel) - spans.start) / spans.width);
    return Math.max(0, Math.min(span, spans.count - 1));
  };

  function usual() {
    const [from, to] = boundsOf(chosen).map((bound) => (spans.count ? timeOf(bound) : 0));
    const dashed = hasRss ? "; dashed: resident set" : "";
    const old = compares ? "; line: before" : "";
    const hint = spans.count ? "; drag a range" : "";
    legend.text(chosen ? `${time(from)} to ${time(to)}` : `live heap over ${time(end)}${dashed}${old}${hint}`);
  }

  function draw() {
    const [width, height, top] = [figure.clientWidth, figure.clientHeight, 20];
    x.range([0, width]);
    y.range([height, top]);
    svg.selectAll("*").remove();
    svg.attr("viewBox", `0 0 ${width} ${height}`);
    const upright = (name, at) =>
      svg.append("line").attr("class", name).attr("x1", at).attr("x2", at).attr("y1", 0).attr("y2", height);
    const points = [...series, [end, series[series.length - 1][1], 0]];
    const heap = d3.area().x(([t]) => x(t)).y0(height).y1(([, live]) => y(live)).curve(d3.curveStepAfter);
    svg.append("path").attr("class", "heap").attr("d", heap(points));
    const line = (value) => d3.line().x(([t]) => x(t)).y((point) => y(value(point)));
    svg.append("path").attr("class", "before").attr("d", line(([, live]) => live)(before));
    svg.append("path").attr("class", "rss").attr("d", line(([, , rss]) => rss)(series.filter(([, , rss]) => rss > 0)));
    upright("peak", x(peak[0]));
    marks = svg.append("g").attr("class", "range");
    const right = x(peak[0]) < width * 0.7;
    svg.append("text").attr("class", "peak-label label").attr("y", 14)
      .attr("x", x(peak[0]) + (right ? 5 : -5)).attr("text-anchor", right ? "start" : "end")
      .text(`peak ${bytes(peak[1])} after ${time(peak[0])}`);
    const here = upright("here", 0).attr("visibility", "hidden");
    const early = peak[0] < end * 0.45;
    legend = svg.append("text").attr("class", "label").attr("y", 14)
      .attr("x", early ? width - 8 : 8).attr("text-anchor", early ? "end" : "start");
    svg.on("pointermove.here", (event) => {
      const at = x.invert(event.offsetX);
      const [, live, resident] = series[Math.max(series.findLastIndex(([t]) => t <= at), 0)];
      here.attr("x1", event.offsetX).attr("x2", event.offsetX).attr("visibility", "visible");
      legend.text(`${time(at)}: heap ${bytes(live)}${resident ? `, resident ${bytes(resident)}` : ""}`);
    });
    svg.on("pointerleave.here", () => {
      here.attr("visibility", "hidden");
      usual();
    });
    handles = spans.count ? ["Start", "End"].map(handle) : [];
    mark(chosen);
    usual();
  }

  /** A handle of the range, for the pointer and for the arrow keys. */
  function handle(name, which) {
    const element = svg.append("g").attr("class", "handle").attr("role", "slider").attr("tabindex", 0)
      .attr("aria-label", `${name} of the range`);
    element.append("line").attr("y1", 0).attr("y2", figure.clientHeight);
    element.append("rect").attr("x", -4).attr("width", 8).attr("y", figure.clientHeight / 2 - 12).attr("height", 24).attr("rx", 3);
    element.on("keydown", (event) => {
      const bounds = boundsOf(chosen);
      const step = event.shiftKey ? 10 : 1;
      const [least, greatest] = which === 0 ? [0, bounds[1] - 1] : [bounds[0] + 1, spans.count];
      const moves = {
        ArrowLeft: bounds[which] - step, ArrowDown: bounds[which] - step,
        ArrowRight: bounds[which] + step, ArrowUp: bounds[which] + step,
        Home: least, End: greatest,
      };
      if (event.key === "Escape") onRange(null);
      else if (!(event.key in moves)) return;
      else {
        bounds[which] = Math.max(least, Math.min(moves[event.key], greatest));
        onRange(rangeOf(bounds));
      }
      event.preventDefault();
      event.stopPropagation();
    });
    return element;
  }

  /** Shows a range, whether it is chosen or still being dragged. */
  function mark(range) {
    const bounds = boundsOf(range);
    const [left, right] = bounds.map((bound) => x(timeOf(bound)));
    const outside = range ? [[0, left], [right, figure.clientWidth]] : [];
    marks.selectAll("rect").data(outside).join("rect")
      .attr("x", ([from]) => from).attr("width", ([from, to]) => Math.max(to - from, 0))
      .attr("y", 0).attr("height", figure.clientHeight);
    handles.forEach((element, which) => {
      element.attr("transform", `translate(${[left, right][which]},0)`)
        .attr("aria-valuemin", 0).attr("aria-valuemax", spans.count)
        .attr("aria-valuenow", bounds[which]).attr("aria-valuetext", time(timeOf(bounds[which])));
    });
  }

  svg.on("pointerdown", (event) => {
    if (!spans.count || event.button !== 0) return;
    const start = event.offsetX;
    const bounds = boundsOf(chosen);
    const near = chosen ? bounds.findIndex((bound) => Math.abs(x(timeOf(bound)) - start) <= REACH) : -1;
    const fixed = near < 0 ? spanAt(start) : near === 0 ? bounds[1] - 1 : bounds[0];
    let dragged = null;
    svg.node().setPointerCapture(event.pointerId);
    svg.on("pointermove.drag", ({ offsetX }) => {
      if (dragged === null && Math.abs(offsetX - start) < 3) return;
      const other = spanAt(offsetX);
      dragged = [Math.min(fixed, other), Math.max(fixed, other)];
      mark(dragged);
      legend.text(`${time(timeOf(dragged[0]))} to ${time(timeOf(dragged[1] + 1))}`);
    });
    // A click without a drag shows the whole time again.
    const done = (range) => {
      svg.on("pointermove.drag pointerup.drag pointercancel.drag", null);
      mark(chosen);
      onRange(range);
    };
    svg.on("pointerup.drag", () => done(dragged && rangeOf(boundsOf(dragged))));
    svg.on("pointercancel.drag", () => done(chosen));
  });

  return {
    draw,
    show(range) {
      chosen = range;
      mark(range);
      usual();
    },
  };
}
