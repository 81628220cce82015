"use strict";

/** Draws memory over time, with the peak marked. */
function drawStrip(figure) {
  const { series, peak } = data;
  if (series.length === 0) {
    figure.hidden = true;
    return;
  }
  const [width, height, top] = [figure.clientWidth, figure.clientHeight, 20];
  const last = series[series.length - 1][0];
  const end = Math.max(last + (series[1]?.[0] ?? 1), peak[0], 1);
  const most = series.reduce((most, [, live, rss]) => Math.max(most, live, rss), peak[1]);
  const x = d3.scaleLinear([0, end], [0, width]);
  const y = d3.scaleLinear([0, most || 1], [height, top]);
  const points = [...series, [end, series[series.length - 1][1], 0]];

  figure.replaceChildren();
  const svg = d3.select(figure).append("svg").attr("viewBox", `0 0 ${width} ${height}`);
  const heap = d3.area().x(([t]) => x(t)).y0(height).y1(([, live]) => y(live)).curve(d3.curveStepAfter);
  svg.append("path").attr("class", "heap").attr("d", heap(points));
  const rss = d3.line().x(([t]) => x(t)).y(([, , rss]) => y(rss));
  svg.append("path").attr("class", "rss").attr("d", rss(series.filter(([, , rss]) => rss > 0)));
  svg.append("line").attr("class", "peak").attr("x1", x(peak[0])).attr("x2", x(peak[0])).attr("y1", 0).attr("y2", height);
  const left = x(peak[0]) < width * 0.7;
  svg.append("text").attr("class", "peak-label label").attr("y", 14)
    .attr("x", x(peak[0]) + (left ? 5 : -5)).attr("text-anchor", left ? "start" : "end")
    .text(`peak ${bytes(peak[1])} after ${time(peak[0])}`);
  const here = svg.append("line").attr("class", "here").attr("y1", 0).attr("y2", height).attr("visibility", "hidden");
  const legend = svg.append("text").attr("class", "label").attr("y", 14)
    .attr("x", peak[0] < end * 0.45 ? width - 8 : 8).attr("text-anchor", peak[0] < end * 0.45 ? "end" : "start");
  const hasRss = series.some(([, , rss]) => rss > 0);
  const usual = `live heap over ${time(end)}${hasRss ? "; dashed: resident set" : ""}`;
  legend.text(usual);
  svg.on("pointermove", (event) => {
    const at = x.invert(event.offsetX);
    const index = Math.max(series.findLastIndex(([t]) => t <= at), 0);
    const [, live, resident] = series[index];
    here.attr("x1", event.offsetX).attr("x2", event.offsetX).attr("visibility", "visible");
    legend.text(`${time(at)}: heap ${bytes(live)}${resident ? `, resident ${bytes(resident)}` : ""}`);
  });
  svg.on("pointerleave", () => {
    here.attr("visibility", "hidden");
    legend.text(usual);
  });
}
