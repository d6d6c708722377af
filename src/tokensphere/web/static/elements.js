// Elements of the page. Whatever comes from a vocabulary goes through textContent, never through HTML.

const SVG = "http://www.w3.org/2000/svg";
const IN_SVG = new Set(["svg", "g", "path", "rect", "circle", "line", "text", "title", "polyline", "polygon", "desc"]);

/** An element: `h("p", {class: "soft", on: {click: f}}, "text", child)`; null and false are left out. */
export function h(tag, props, ...children) {
  const node = IN_SVG.has(tag) ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") for (const [event, run] of Object.entries(value)) node.addEventListener(event, run);
    else if (name === "style") for (const [key, one] of Object.entries(value)) node.style.setProperty(key, one);
    else if (name === "value" || name === "checked" || name === "disabled" || name === "selected") node[name] = value;
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  append(node, children);
  return node;
}

function append(node, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

/** The children of a node in place of those it had. */
export function fill(node, ...children) {
  node.replaceChildren();
  append(node, children);
  return node;
}

/** A token as it is shown; its direction of writing stays inside. */
export function token(record) {
  const hint = record.kind ? `${record.kind} token, id ${record.id}` : `id ${record.id}`;
  return h("bdi", {}, h("code", {class: "token", title: hint}, record.shown));
}

/** A number with so many decimals, in scientific form where that would hide it. */
export function figure(x, digits = 3) {
  if (x === null || x === undefined || Number.isNaN(x)) return "–";
  if (x !== 0 && (Math.abs(x) < 10 ** -digits || Math.abs(x) >= 1e6)) return x.toExponential(1);
  return x.toFixed(digits).replace("-", "−");
}

/** A p-value. */
export function pText(p) {
  if (p === null || p === undefined) return "–";
  return p >= 0.0995 ? p.toFixed(2) : String(Number(p.toPrecision(2)));
}

/** 49152 -> "49,152". */
export function count(n) {
  return n.toLocaleString("en-US");
}

/** A field with its label. */
export function field(label, input) {
  return h("label", {class: "field"}, label, input);
}

/** A choice among words: `select("k", [["5", "5"], …], value, changed)`. */
export function select(label, choices, value, changed) {
  const made = h("select", {on: {change: () => changed(made.value)}},
    choices.map(([key, text]) => h("option", {value: key, selected: key === value}, text)));
  made.value = value;
  return field(label, made);
}

let numbers = 0;
/** An id that no other element has. */
export function freshId(name) {
  numbers += 1;
  return `${name}-${numbers}`;
}
