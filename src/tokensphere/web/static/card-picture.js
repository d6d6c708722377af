// A card as one picture: its tokens, and the curves of chance with their marks.

import {curve} from "./curve.js";
import {figure, h, pText} from "./elements.js";

const WIDTH = 430;
const LINE = 19;
const CURVE = 50;
const WIDEST = 58; // characters of a line

/** An SVG of a card, laid out outside of the window so that its colours are those of the page. */
export function cardPicture(card) {
  const parts = [];
  let y = 24;
  const text = (x, what, props = {}) => parts.push(h("text", {x, y, ...props}, what));
  text(12, cut(card.title), {class: "title"});
  y += 8;
  for (const one of card.neighbors) {
    y += LINE;
    text(34, one.rank, {"text-anchor": "end"});
    text(44, cut(one.shown), {class: "token-text"});
    text(WIDTH - 12, figure(one.similarity), {"text-anchor": "end"});
  }
  for (const one of card.chance ?? []) {
    y += 16;
    const picture = curve({...one.curve, text: one.words});
    for (const [name, value] of Object.entries({x: 12, y, width: WIDTH - 24, height: CURVE, preserveAspectRatio: "xMinYMid"})) picture.setAttribute(name, value);
    parts.push(picture);
    y += CURVE;
    for (const line of wrapped(`${one.words[0].toUpperCase()}${one.words.slice(1)}. p ${pText(one.p)}`)) {
      y += LINE - 2;
      text(12, line);
    }
  }
  y += 6;
  for (const line of wrapped(card.shared?.words ?? "")) {
    y += LINE;
    text(12, line);
  }
  const height = y + 14;
  const svg = h("svg", {class: "card-picture", width: WIDTH, height, viewBox: `0 0 ${WIDTH} ${height}`, role: "img", "aria-label": card.title},
    h("rect", {class: "ground", x: 0, y: 0, width: WIDTH, height}), parts);
  document.querySelector(".card-picture")?.remove();
  document.body.append(svg);
  return svg;
}

function cut(text) {
  return text.length > WIDEST ? `${text.slice(0, WIDEST - 1)}…` : text;
}

function wrapped(text) {
  const lines = [""];
  for (const word of text.split(" ")) {
    const longer = `${lines.at(-1)} ${word}`.trim();
    if (longer.length > WIDEST) lines.push(cut(word));
    else lines[lines.length - 1] = longer;
  }
  return lines.filter(Boolean);
}
