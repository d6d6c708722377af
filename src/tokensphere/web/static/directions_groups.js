// Which groups stand out: a picture over layers, and the same as a table.

import {copies} from "./copy.js";
import {count, fill, h} from "./elements.js";

const WIDEST = 760;
const NARROWEST = 300;
const HEIGHT = 230;
const LEFT = 46;
const BOTTOM = 42;
const TOP = 12;
const TICKS = 16;

/** Shares by group; a group that is clicked is chosen. */
export function groupsPart(node, now, chosen, choose) {
  const groups = now.test?.groups ?? [];
  if (groups.length < 2) {
    fill(node);
    return;
  }
  const width = Math.round(Math.min(Math.max(node.clientWidth, NARROWEST), WIDEST));
  const key = JSON.stringify([groups, now.test.by, width]);
  if (node.dataset.key !== key) {
    node.dataset.key = key;
    const svg = picture(now.test, width);
    fill(node,
      h("h2", {}, `Share of directions that stand out, by ${now.test.axis}`),
      h("p", {class: "soft small"}, `By the ${now.test.by}; bars are 95 % intervals. Choose a ${now.test.axis} to see its directions.`),
      h("figure", {}, svg, legend()),
      h("details", {}, h("summary", {}, "The same as a table"), tableOf(now.test)),
      copies({svg: () => svg, name: `by-${now.test.axis}`}));
  }
  node.choose = choose;
  for (const one of node.querySelectorAll("[data-group]")) {
    const mine = one.dataset.group === chosen;
    one.classList.toggle("chosen", mine);
    if (one.localName === "button") one.setAttribute("aria-pressed", String(mine));
  }
  node.onclick = (event) => {
    const hit = event.target.closest("[data-group]");
    if (hit) node.choose(hit.dataset.group);
  };
}

function highest(groups, level) {
  const most = Math.max(level * 1.4, ...groups.map((one) => Math.max(one.share_p_interval_95?.[1] ?? 0, one.share_q_interval_95?.[1] ?? 0))
    .filter((x, i) => groups[i].tested > 0));
  return Math.min(most * 1.05, 1);
}

function picture({groups, level, axis, by, common}, width) {
  const top = highest(groups, level);
  const step = (width - LEFT - 8) / groups.length;
  const x = (i) => LEFT + (i + 0.5) * step;
  const y = (share) => HEIGHT - BOTTOM - (share / top) * (HEIGHT - BOTTOM - TOP);
  const percent = (share) => `${Number((100 * share).toFixed(1))} %`;
  const marks = ticks(top);
  const every = Math.ceil(groups.length / Math.min(TICKS, (width - LEFT) / (axis === "layer" ? 26 : 60)));
  const said = (one) => (one.tested
    ? `${axis} ${one.short}: ${percent(one["share_p_at_most_0_05"])} have p ≤ 0.05, ${percent(one["share_q_at_most_0_05"])} have q ≤ 0.05 (${count(one.tested)} tested)`
    : `${axis} ${one.short}: none tested`);
  const bar = (one, i, what) => {
    if (!one.tested) return null;
    const at = x(i) + (what === "p" ? -1 : 1) * Math.min(step / 6, 5);
    const [low, high] = one[`share_${what}_interval_95`];
    const share = one[`share_${what}_at_most_0_05`];
    const size = Math.max(Math.min(step / 5, 4), 2);
    return [
      h("line", {class: `interval ${what}`, x1: at, x2: at, y1: y(Math.min(low, top)), y2: y(Math.min(high, top))}),
      what === "p"
        ? h("rect", {class: "dot p", x: at - size, y: y(share) - size, width: 2 * size, height: 2 * size})
        : h("circle", {class: "dot q", cx: at, cy: y(share), r: size}),
    ];
  };
  const numbered = axis === "layer";
  return h("svg", {class: "shares", viewBox: `0 0 ${width} ${HEIGHT}`, role: "img", "aria-label": `Share of directions that stand out by the ${by}, by ${axis}: the table below has the numbers`},
    marks.map((share) => [
      h("line", {class: "grid-line", x1: LEFT, x2: width - 4, y1: y(share), y2: y(share)}),
      h("text", {x: LEFT - 6, y: y(share) + 4, "text-anchor": "end"}, percent(share)),
    ]),
    h("line", {class: "by-chance", x1: LEFT, x2: width - 4, y1: y(level), y2: y(level)}),
    groups.map((one, i) => h("g", {class: "group", "data-group": one.name},
      h("title", {}, said(one)),
      h("rect", {class: "hit", x: x(i) - step / 2, y: TOP, width: step, height: HEIGHT - BOTTOM - TOP}),
      bar(one, i, "p"), bar(one, i, "q"),
      i % every === 0 && h("text", {x: x(i), y: HEIGHT - BOTTOM + 15, "text-anchor": "middle"}, short(one.short, numbered)))),
    h("text", {x: (width + LEFT) / 2, y: HEIGHT - 8, "text-anchor": "middle"}, short(numbered ? `layer (${common})` : common || "group", true, 80)));
}

/** Round numbers from 0 to `top`, about four of them. */
function ticks(top) {
  const size = 10 ** Math.floor(Math.log10(top / 4));
  const step = size * [1, 2, 5, 10].find((one) => (one * size) >= top / 5);
  return Array.from({length: Math.floor(top / step) + 1}, (_, i) => i * step);
}

function short(text, whole, most = 9) {
  return text.length <= most || (whole && text.length <= 90) ? text : `${text.slice(0, most - 1)}…`;
}

function legend() {
  const mark = (what, text) => h("span", {class: "key"}, h("svg", {viewBox: "0 0 12 12", width: 12, height: 12, "aria-hidden": "true"},
    what === "p" ? h("rect", {class: "dot p", x: 2, y: 2, width: 8, height: 8}) : h("circle", {class: "dot q", cx: 6, cy: 6, r: 4})), ` ${text}`);
  return h("figcaption", {class: "soft small"}, mark("q", "q ≤ 0.05: stands out among all"), mark("p", "p ≤ 0.05: one look each"),
    h("span", {class: "key"}, h("span", {class: "dashes", "aria-hidden": "true"}), " p ≤ 0.05 by chance: 5 %"));
}

function tableOf({groups}) {
  const share = (one, what) => (one.tested
    ? `${(100 * one[`share_${what}_at_most_0_05`]).toFixed(1)} % (${one[`share_${what}_interval_95`].map((x) => (100 * x).toFixed(1)).join("–")})`
    : "–");
  return h("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": "Groups"}, h("table", {},
    h("thead", {}, h("tr", {}, ["group", "tested", "p ≤ 0.05", "q ≤ 0.05", "meaning"].map((one, i) => h("th", {scope: "col", class: i ? "figure" : null}, one)))),
    h("tbody", {}, groups.map((one) => h("tr", {},
      h("td", {}, h("button", {type: "button", class: "link", "data-group": one.name}, h("bdi", {}, one.name))),
      h("td", {class: "figure"}, count(one.tested)), h("td", {class: "figure"}, share(one, "p")), h("td", {class: "figure"}, share(one, "q")),
      h("td", {class: "figure"}, count(one.verdicts.meaning)))))));
}
