// Pictures of a survey and of claims: SVG of numbers that the server made, as wide as there is room.

import {count, fill, h} from "./elements.js";

/** A place for a picture that is drawn again when its width changes; `high` is its height, or gives it for a width. */
export function plot(high, draw) {
  const tall = (wide) => (typeof high === "function" ? high(wide) : high);
  const node = h("div", {class: "plot", style: {height: `${tall(innerWidth)}px`}});
  let width = 0;
  const again = () => {
    if (!width) return;
    const focused = node.contains(document.activeElement) ? document.activeElement.dataset.at : null;
    node.style.height = `${tall(width)}px`;
    fill(node, draw(width, tall(width)));
    if (focused !== null) node.querySelector(`[data-at="${focused}"]`)?.focus({preventScroll: true});
  };
  new ResizeObserver(([entry]) => {
    const now = Math.floor(entry.contentRect.width);
    if (now !== width) { width = now; again(); }
  }).observe(node);
  return {node, again, svg: () => node.querySelector("svg")};
}

/** A scale: a function from values to places, with its ends and round numbers between. */
export function scale([low, high], [from, to], {log = false} = {}) {
  const of = log ? Math.log10 : (x) => x;
  const span = of(high) - of(low) || 1;
  const at = (x) => from + ((of(x) - of(low)) / span) * (to - from);
  at.ticks = (wanted) => (log ? powers(low, high) : round(low, high, wanted));
  return at;
}

function round(low, high, wanted) {
  const rough = (high - low) / Math.max(wanted, 1) || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((one) => one * power).find((one) => one >= rough * 0.999);
  const found = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; i += 1) found.push(Number((i * step).toPrecision(12)));
  return found;
}

function powers(low, high) {
  const found = [];
  for (let p = Math.ceil(Math.log10(low) - 1e-9); 10 ** p <= high * 1.0001; p += 1) found.push(10 ** p);
  return found;
}

export const percent = (share, digits = 1) => `${(100 * share).toFixed(digits)} %`;
const short = (share) => (share >= 0.01 || share === 0 ? `${Number((100 * share).toPrecision(3))} %` : `${Number((100 * share).toPrecision(1))} %`);
const number = (x) => String(Number(x.toPrecision(4))).replace("-", "−");

/** Both axes with their words. */
function axes(width, height, box, x, y, words) {
  const narrow = width < 480;
  return [
    h("line", {class: "axis", x1: box.left, x2: width - box.right, y1: height - box.bottom, y2: height - box.bottom}),
    (words.xTicks ?? x.ticks(narrow ? 4 : 7)).map((tick) => h("g", {},
      h("line", {class: "axis", x1: x(tick), x2: x(tick), y1: height - box.bottom, y2: height - box.bottom + 4}),
      h("text", {x: x(tick), y: height - box.bottom + 17, "text-anchor": "middle"}, (words.xText ?? number)(tick)))),
    y.ticks(4).map((tick) => h("g", {},
      h("line", {class: "grid", x1: box.left, x2: width - box.right, y1: y(tick), y2: y(tick)}),
      h("text", {x: box.left - 6, y: y(tick) + 4, "text-anchor": "end"}, (words.yText ?? number)(tick)))),
    h("text", {x: (box.left + width - box.right) / 2, y: height - 4, "text-anchor": "middle"}, words.x),
    h("text", {x: 2, y: 12}, words.y),
  ];
}

function frame(width, height, label, ...children) {
  return h("svg", {viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": label}, children);
}

/** How alike lists are, beside lists with no words; a bar can be chosen by pointer or keys. */
export function histogram(bins, {width, height, chosen, choose, words}) {
  const box = {left: 46, right: 8, top: 24, bottom: 40};
  const {edges, counts, shares, by_chance: chance} = bins;
  const x = scale([edges[0], edges.at(-1)], [box.left, width - box.right]);
  const y = scale([0, Math.max(...shares, ...chance) * 1.05], [height - box.bottom, box.top]);
  const base = y(0);
  const outline = (of) => `M${x(edges[0])},${base}${of.map((one, i) => `V${y(one).toFixed(1)}H${x(edges[i + 1]).toFixed(1)}`).join("")}V${base}`;
  const last = counts.length - 1;
  const at = chosen === null ? counts.findIndex((one) => one > 0) : chosen;
  const bars = counts.map((one, i) => {
    const said = `T ${number(edges[i])} to ${number(edges[i + 1])}: ${count(one)} ${one === 1 ? "list" : "lists"}, ${percent(shares[i])}; with no words ${percent(chance[i])}`;
    return h("g", {class: "bar", role: "button", tabindex: i === at ? "0" : "-1", "data-at": i, "aria-label": said,
      "aria-pressed": String(i === chosen), on: {
        click: () => choose(i),
        keydown: (event) => {
          const to = {ArrowLeft: i - 1, ArrowRight: i + 1, Home: 0, End: last}[event.key];
          if (event.key === "Enter" || event.key === " ") choose(i);
          else if (to === undefined) return;
          else move(event.currentTarget, Math.min(Math.max(to, 0), last));
          event.preventDefault();
        },
      }},
    h("title", {}, said),
    h("rect", {class: "touch", x: x(edges[i]), y: box.top, width: x(edges[i + 1]) - x(edges[i]), height: base - box.top}),
    h("rect", {class: "list-bar", x: x(edges[i]) + 0.5, y: y(shares[i]), width: Math.max(x(edges[i + 1]) - x(edges[i]) - 1, 1), height: base - y(shares[i])}));
  });
  const svg = frame(width, height, "");
  svg.setAttribute("role", "group");
  svg.setAttribute("aria-label", `Histogram of how alike the lists are, beside lists with no words. ${counts.length} bars; arrow keys move, Enter shows a bar's lists.`);
  fill(svg, axes(width, height, box, x, y, {x: words, y: "lists in a bar", yText: short}),
    h("path", {class: "by-chance", d: outline(chance)}), bars, h("path", {class: "chance-line", d: outline(chance)}));
  return svg;
}

function move(bar, to) {
  const next = bar.parentNode.querySelector(`[data-at="${to}"]`);
  bar.setAttribute("tabindex", "-1");
  next.setAttribute("tabindex", "0");
  next.focus();
}

const MARKS = [["circle", true], ["circle", false], ["square", true], ["square", false]];

function mark([shape, full], cx, cy, name = "kind") {
  const look = `${name} ${shape} ${full ? "full" : "hollow"}`;
  return shape === "circle" ? h("circle", {class: look, cx, cy, r: 4.5}) : h("rect", {class: look, x: cx - 4.2, y: cy - 4.2, width: 8.4, height: 8.4});
}

/** A mark for a legend. */
export function legend(kinds, lines) {
  const sample = (of) => h("svg", {viewBox: "0 0 24 12", width: 24, height: 12, "aria-hidden": "true"}, of);
  return h("ul", {class: "legend small"},
    kinds.map((name, i) => h("li", {}, sample(mark(MARKS[i], 12, 6)), name)),
    lines.map(([look, name]) => h("li", {}, sample(h("line", {class: look, x1: 0, x2: 24, y1: 6, y2: 6})), name)));
}

/** Rates of all kinds of lists with their intervals, chance, and the post's guess. */
export function rates(level, kinds, guess, {width, height}) {
  const box = {left: 46, right: 8, top: 24, bottom: 40};
  const ks = [...new Set(level.rates.map((one) => one.k))];
  const most = Math.max(guess, level.chance, ...level.rates.map((one) => one.interval[1]));
  const x = scale([-0.5, ks.length - 0.5], [box.left, width - box.right]);
  const y = scale([0, Math.min(most * 1.08, 1)], [height - box.bottom, box.top]);
  const apart = Math.min((x(1) - x(0)) / 6, 22);
  const said = level.rates.map((one) => `k ${one.k}, ${one.kind}: ${percent(one.rate)} (${percent(one.interval[0])} to ${percent(one.interval[1])})`);
  return frame(width, height, `Lists ${level.words}, with 95 % intervals; chance gives ${percent(level.chance)}. ${said.join("; ")}`,
    axes(width, height, box, x, y, {x: "k, neighbours in a list", y: `lists ${level.words}`, xTicks: ks.map((_, i) => i), xText: (i) => `k = ${ks[i]}`, yText: short}),
    h("line", {class: "chance-line", x1: box.left, x2: width - box.right, y1: y(level.chance), y2: y(level.chance)}),
    h("line", {class: "guess", x1: box.left, x2: width - box.right, y1: y(guess), y2: y(guess)}),
    level.rates.map((one) => {
      const i = kinds.indexOf(one.kind);
      const cx = x(ks.indexOf(one.k)) + (i - 1.5) * apart;
      return h("g", {class: one.shown ? "shown" : ""}, h("title", {}, said[level.rates.indexOf(one)]), whisker(cx, y(one.interval[0]), y(one.interval[1]), i), mark(MARKS[i], cx, y(one.rate)));
    }));
}

function whisker(cx, low, high, kind) {
  const look = `whisker ${MARKS[kind][0]}`;
  return [h("line", {class: look, x1: cx, x2: cx, y1: low, y2: high}),
    [low, high].map((end) => h("line", {class: look, x1: cx - 3, x2: cx + 3, y1: end, y2: end}))];
}

const NARROW = 430;
/** How high the picture of some rows is; where there is little room, their names stand above them. */
export const rowsHeight = (picture) => (width) => 56 + (width < NARROW ? 48 : 34) * picture.rows.length;

/** A row for each thing: its value with an interval, what chance gives, and where a claim would hold. */
export function rows(picture, {width, height, label}) {
  const narrow = width < NARROW;
  const each = narrow ? 48 : 34;
  const wide = Math.max(...picture.rows.map((row) => row.name.length)) * 6.5 + 14;
  const box = {left: narrow ? 12 : Math.min(wide, width / 3), right: 22, top: 16, bottom: 40};
  const ends = picture.rows.flatMap((row) => [row.value, row.chance, ...row.interval, ...row.holds.map((one) => one[0]), ...row.holds.map((one) => one[1])]).filter((one) => one !== null && one !== undefined);
  if (picture.line) ends.push(picture.line.at);
  const high = picture.whole ? 1 : Math.max(...ends);
  const low = picture.unit === "share" ? 0 : Math.min(...ends);
  const room = (high - low) * 0.04 || 0.1;
  const x = scale([picture.unit === "share" ? 0 : low - room, picture.whole ? 1 : high + room], [box.left, width - box.right]);
  const show = picture.unit === "share" ? short : number;
  const y = (i) => box.top + each * (i + (narrow ? 0.72 : 0.5));
  const inside = (value) => Math.min(Math.max(x(value), box.left), width - box.right);
  return frame(width, height, label,
    h("line", {class: "axis", x1: box.left, x2: width - box.right, y1: height - box.bottom, y2: height - box.bottom}),
    x.ticks(width < 420 ? 3 : 6).map((tick) => h("g", {},
      h("line", {class: "grid", x1: x(tick), x2: x(tick), y1: box.top, y2: height - box.bottom}),
      h("text", {x: x(tick), y: height - box.bottom + 16, "text-anchor": "middle"}, show(tick)))),
    h("text", {x: width / 2, y: height - 5, "text-anchor": "middle"}, picture.axis),
    picture.line && h("g", {}, h("line", {class: "guess", x1: x(picture.line.at), x2: x(picture.line.at), y1: box.top, y2: height - box.bottom}),
      h("text", {x: x(picture.line.at) + 4, y: box.top - 4}, picture.line.words)),
    picture.rows.map((row, i) => h("g", {},
      row.holds.map(([from, to]) => h("rect", {class: "holds", x: inside(from), y: y(i) - 11, height: 22,
        width: Math.max((to === null ? width - box.right : inside(to)) - inside(from), 1)})),
      narrow ? h("text", {class: "name", "paint-order": "stroke", x: box.left, y: y(i) - 16}, row.name) : h("text", {x: box.left - 8, y: y(i) + 4, "text-anchor": "end"}, row.name),
      row.chance !== null && h("line", {class: "chance-mark", x1: x(row.chance), x2: x(row.chance), y1: y(i) - 9, y2: y(i) + 9}),
      h("line", {class: "whisker circle", x1: inside(row.interval[0]), x2: inside(row.interval[1]), y1: y(i), y2: y(i)}),
      mark(MARKS[0], x(row.value), y(i)))));
}

/** Claim 1: all cosines beside the law of the sphere, and those of the nearest token. */
export function cosines(picture, {width, height, label}) {
  const box = {left: 10, right: 10, top: 18, bottom: 40};
  const {edges, heights, law, nearest, limit} = picture;
  const x = scale([Math.min(edges[0], -limit), Math.max(edges.at(-1), limit) * 1.04], [box.left, width - box.right]);
  const y = scale([0, 1.05], [height - box.bottom, box.top]);
  const steps = (at, of) => `M${x(at[0])},${y(0)}${of.map((one, i) => `V${y(one).toFixed(1)}H${x(at[i + 1]).toFixed(1)}`).join("")}V${y(0)}`;
  return frame(width, height, label,
    h("line", {class: "axis", x1: box.left, x2: width - box.right, y1: y(0), y2: y(0)}),
    x.ticks(width < 420 ? 3 : 6).map((tick) => h("text", {x: x(tick), y: height - box.bottom + 17, "text-anchor": "middle"}, number(tick))),
    h("text", {x: width / 2, y: height - 4, "text-anchor": "middle"}, "cosine of a random direction with a token"),
    h("path", {class: "by-chance", d: steps(edges, heights)}),
    h("polyline", {class: "law", points: law.at.map((one, i) => `${x(one).toFixed(1)},${y(law.heights[i]).toFixed(1)}`).join(" ")}),
    h("path", {class: "nearest", d: steps(nearest.edges, nearest.heights)}),
    h("line", {class: "guess", x1: x(limit), x2: x(limit), y1: box.top, y2: y(0)}),
    h("text", {x: x(limit) - 4, y: box.top - 5, "text-anchor": "end"}, "limit of the claim"));
}

/** In what share of the lists the token of each rank stands, for each ranking, beside tokens at random. */
export function hubs(found, {width, height}) {
  const box = {left: 58, right: 10, top: 24, bottom: 40};
  const lines = [...found.rankings.map((one) => one.curve), found.by_chance];
  const all = lines.flatMap((one) => one.shares);
  const x = scale([1, Math.max(...lines.flatMap((one) => one.ranks))], [box.left, width - box.right], {log: true});
  const y = scale([Math.min(...all), Math.max(...all) * 1.3], [height - box.bottom, box.top], {log: true});
  const path = ({ranks, shares}) => ranks.map((rank, i) => `${x(rank).toFixed(1)},${y(shares[i]).toFixed(1)}`).join(" ");
  const stairs = ({ranks, shares}) => `M${ranks.map((rank, i) => (i ? `V${y(shares[i]).toFixed(1)}H${x(rank).toFixed(1)}` : `${x(rank)},${y(shares[0])}`)).join("")}`;
  const said = found.rankings.map((one) => `by ${one.words} the first stands in ${percent(one.most[0].share)} of the lists`);
  return frame(width, height, `Hubs: ${said.join(", ")}; of tokens at random the first would stand in ${percent(found.most_by_chance, 2)}`,
    axes(width, height, box, x, y, {x: "rank of the token", y: `lists of ${found.k} with it`, xText: count, yText: short}),
    h("path", {class: "chance-line", d: stairs(found.by_chance)}),
    found.rankings.map((one, i) => h("polyline", {class: `hub-line hub-${i}`, points: path(one.curve)}, h("title", {}, one.words))));
}
