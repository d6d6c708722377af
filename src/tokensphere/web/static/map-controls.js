// What one sets about the map: which it is, its colours, its axes; and the tools below it.

import {copies} from "./copy.js";
import {fill, h, select} from "./elements.js";

const KINDS = [["plane", "plane of two directions"], ["pca", "principal components"], ["umap", "UMAP of exact neighbours"]];
const MODES = [["move", "Move"], ["lasso", "Lasso"], ["box", "Rectangle"]];
const PLAIN = [["", "how many lie there"], ["norm", "length of the row"], ["id", "id"], ["kind", "kind of token"], ["cluster", "cluster (k-means)"]];
const SPHERE = {x: 0, y: 0, width: 2.15};

/** `random:0:12` -> "seed 0, index 12", and back. */
export function shownAxis(text) {
  const [what, ...rest] = text.split(":");
  if (what === "random") return `seed ${rest[0] || 0}, index ${rest[1] || 0}`;
  return what === "row" ? `row ${rest[0]}` : rest.join(":");
}

export function readAxis(text) {
  const drawn = text.match(/^\s*seed\s*(\d+)\s*,?\s*index\s*(\d+)\s*$/i);
  if (drawn) return `random:${drawn[1]}:${drawn[2]}`;
  const row = text.match(/^\s*row\s*(\d+)\s*$/i);
  return row ? `row:${row[1]}` : `tokens:${text}`;
}

/** Which map, which rows, which colours; `choices` has the labels once they are known. */
export function fillSettings(place, params, choices, page) {
  const change = (name) => (value) => page.go({[name]: value, at: null});
  const by = [...PLAIN, [`cosine:${params.x}`, `cosine with ${shownAxis(params.x)}`],
    ...(choices?.kinds ?? []).map((kind) => [`labels:${kind}`, `labels of ${kind}`])];
  if (!by.some(([key]) => key === params.by)) by.push([params.by, params.by.replace(/^label:/, "label ").replace(/^labels:/, "labels of ")]);
  const options = (choices?.labels ?? []).map((one) => h("option", {value: one.name}, one.words));
  const single = h("input", {list: "map-labels", placeholder: "list:month", size: 12, value: params.by.startsWith("label:") ? params.by.slice(6) : "",
    on: {change: () => single.value && page.go({by: `label:${single.value}`})}});
  fill(place, select("map", KINDS, params.kind, change("kind")),
    select("rows", [["0", "as they are"], ["1", "centred"]], params.centered, change("centered")),
    select("colour", by, params.by, (value) => page.go({by: value})),
    h("label", {class: "field"}, "or one label", single), h("datalist", {id: "map-labels"}, options));
}

/** The tools below the map. `go(view)` looks somewhere, `choose(ids)` chooses, `png()` is the picture. */
export function toolbar(view, {go, choose, png}) {
  const modes = MODES.map(([name, text]) => h("button", {type: "button", "aria-pressed": String(name === "move"), on: {click: (event) => {
    view.setMode(name);
    for (const one of modes) one.setAttribute("aria-pressed", String(one === event.currentTarget));
  }}}, text));
  const sphere = h("button", {type: "button", on: {click: () => go(SPHERE)}}, "Whole sphere");
  const node = h("div", {class: "row tools", role: "toolbar", "aria-label": "The map"},
    h("span", {class: "group"}, modes),
    h("span", {class: "group"}, h("button", {type: "button", on: {click: () => go(view.scene.fit)}}, "All tokens"), sphere,
      h("button", {type: "button", "aria-label": "zoom in", on: {click: () => view.zoom(0.6)}}, "+"),
      h("button", {type: "button", "aria-label": "zoom out", on: {click: () => view.zoom(1 / 0.6)}}, "−")),
    h("button", {type: "button", on: {click: () => choose(view.scene.visible())}}, "Choose what is visible"),
    copies({png, name: "map"}));
  return {node, sphere};
}
