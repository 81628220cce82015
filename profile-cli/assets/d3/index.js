export { hierarchy, partition } from "d3-hierarchy";
export { scaleLinear } from "d3-scale";
export { select } from "d3-selection";
export { area, curveStepAfter, line } from "d3-shape";
