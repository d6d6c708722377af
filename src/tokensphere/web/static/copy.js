// Copy a view as text, Markdown or a picture.

import {h} from "./elements.js";
import {save} from "./ask.js";

async function toClipboard(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = h("textarea", {class: "hidden"}, text);
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

/** A button that copies what `make` gives, and says so on itself. */
export function copyButton(label, make) {
  const button = h("button", {type: "button", class: "quiet small", on: {click: async () => {
    const done = await toClipboard(await make());
    button.textContent = done ? "Copied" : "Could not copy";
    setTimeout(() => { button.textContent = label; }, 1500);
  }}}, label);
  return button;
}

const STYLES = ["fill", "stroke", "stroke-width", "stroke-dasharray", "opacity", "font-family", "font-size", "font-weight", "text-anchor"];

/** An SVG that stands alone: its computed colours and fonts are written into it. */
export function standalone(svg) {
  const clone = svg.cloneNode(true);
  const from = [svg, ...svg.querySelectorAll("*")];
  [clone, ...clone.querySelectorAll("*")].forEach((node, i) => {
    const style = getComputedStyle(from[i]);
    for (const name of STYLES) node.setAttribute(name, style.getPropertyValue(name));
  });
  const {width, height} = svg.getBoundingClientRect();
  clone.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  clone.setAttribute("width", width);
  clone.setAttribute("height", height);
  return new XMLSerializer().serializeToString(clone);
}

/** An SVG as a PNG of twice its size, on the page's ground. */
export async function png(svg) {
  const image = new Image();
  const url = URL.createObjectURL(new Blob([standalone(svg)], {type: "image/svg+xml"}));
  await new Promise((done, fail) => { image.onload = done; image.onerror = fail; image.src = url; });
  const canvas = h("canvas", {width: 2 * image.width, height: 2 * image.height});
  const context = canvas.getContext("2d");
  context.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--raised");
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  URL.revokeObjectURL(url);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}

/**
 * Buttons for whatever of a view there is: `{text, markdown}` give strings, `{svg}` an SVG element,
 * `{png}` a blob; `name` is that of the files.
 */
export function copies({text, markdown, svg, png: picture, name = "tokensphere"}) {
  const toPng = picture ?? (svg && (() => png(svg())));
  return h("div", {class: "row copies"},
    text && copyButton("Copy as text", text),
    markdown && copyButton("Copy as Markdown", markdown),
    svg && h("button", {type: "button", class: "quiet small", on: {click: () =>
      save(new Blob([standalone(svg())], {type: "image/svg+xml"}), `${name}.svg`)}}, "Save SVG"),
    toPng && h("button", {type: "button", class: "quiet small", on: {click: async () =>
      save(await toPng(), `${name}.png`)}}, "Save PNG"));
}

/** Rows of texts as a Markdown table. */
export function markdownTable(head, rows) {
  const cell = (text) => String(text).replaceAll("\\", "\\\\").replaceAll("|", "\\|");
  const line = (cells) => `| ${cells.map(cell).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
