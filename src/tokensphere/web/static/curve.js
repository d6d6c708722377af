// A small curve of what chance gives, with a mark where a value lies.

import {h} from "./elements.js";

const WIDTH = 240;
const HEIGHT = 46;

/**
 * The picture of one comparison.
 *
 * at, density, mark: the curve and the value beside it as the server computed them; text: what it says.
 */
export function curve({at, density, mark: value, text, width = WIDTH, height = HEIGHT}) {
  const low = at[0];
  const span = at[at.length - 1] - low || 1;
  const x = (one) => 2 + ((one - low) / span) * (width - 4);
  const y = (one) => height - 4 - one * (height - 12);
  const points = at.map((one, i) => `${x(one).toFixed(1)},${y(density[i]).toFixed(1)}`);
  const base = height - 4;
  const mark = x(value);
  return h("svg", {class: "curve", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": text},
    h("polygon", {class: "chance", points: `${x(low)},${base} ${points.join(" ")} ${x(low + span)},${base}`}),
    h("line", {class: "base", x1: 0, x2: width, y1: base, y2: base}),
    h("line", {class: "mark", x1: mark, x2: mark, y1: 4, y2: base}),
    h("circle", {class: "mark", cx: mark, cy: 5, r: 3.4}));
}
