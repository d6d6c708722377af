// One direction: both ends beside the null, and what points the same way.

import {get} from "./ask.js";
import {card as untested, cardMarkdown, cardText, listTable, sharedPart} from "./card.js";
import {copies} from "./copy.js";
import {curve} from "./curve.js";
import {count, figure, fill, h, pText} from "./elements.js";

const WHAT = {
  nearness: "Near on average",
  cosine: "The nearest",
  coherence: "How alike (T)",
  label: "What they share (label p)",
};
const VERDICTS = {
  meaning: ["Meaning", "near to tokens that share a label, each more than chance"],
  "near, no shared label": ["Near, no shared label", "nearer to tokens than chance, but these share no label beyond chance"],
  "shared label only": ["Shared label only", "its tokens share a label, but are no nearer than chance"],
  neither: ["Neither", "no nearer to tokens than chance, and these share no label beyond chance"],
  "cannot tell": ["Cannot tell", "its p is the least that so many draws can give, and its q above 0.05 all the same: more draws would tell"],
};

/** Fills an element with the direction that is asked for. */
export function directionCard(node, page, {close, row: go}) {
  let asking = null;

  async function show(params, now) {
    asking?.abort();
    asking = new AbortController();
    const {signal} = asking;
    const heading = h("h2", {tabindex: "-1"}, "…");
    const closing = h("button", {type: "button", class: "quiet", "aria-label": "close the card", on: {click: close}}, "✕");
    const body = h("div", {"aria-busy": "true"});
    fill(node, h("div", {class: "row head"}, heading, closing), body);
    try {
      if (!now.test) {
        fill(heading, `Direction ${params.row}`);
        fill(body, now.has_vectors
          ? untested(page, {...named(params), k: now.settings.k, similarity: now.settings.similarity, centered: now.settings.centered, forms: now.settings.forms})
          : h("p", {class: "soft"}, "Its numbers come when the null is drawn."));
        return;
      }
      const one = await get("/api/directions/one", params, {signal});
      fill(heading, h("bdi", {}, one.title));
      heading.focus({preventScroll: true});
      fill(body, one.untestable
        ? h("p", {}, `This direction cannot be tested: it is ${one.untestable}.`)
        : whole(one, now, page));
      if (!one.untestable && now.has_vectors) siblings(body, params, signal, go);
    } catch (error) {
      const told = page.problem(error);
      if (told) fill(body, told);
    } finally {
      body.setAttribute("aria-busy", "false");
    }
  }

  node.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
  });
  return {show, leave: () => asking?.abort()};
}

/** What the start page's card takes. */
function named(params) {
  return params.given ? {vector: params.given, row: params.row} : {row: params.row};
}

function whole(one, now, page) {
  const {similarity} = now.settings;
  const open = (record) => page.go({tokens: `id:${record.id}`}, {view: "lists"});
  const by = now.choices.statistic.find(([name]) => name === "nearness")[1];
  return [
    verdictPart(one),
    h("p", {class: "soft small"}, `No. ${count(one.place)} of ${count(one.of)} by p of the ${now.test.by ?? by}`,
      one.group && [", in ", h("bdi", {}, one.group)], `. Beside ${count(one.draws)} draws of the null ${one.null}; p of any of the four ${pText(one.any.p)}, q ${pText(one.any.q)}.`),
    h("div", {class: "ends"},
      h("section", {}, h("h3", {}, "This end"), end(one, similarity, open)),
      h("section", {}, h("h3", {}, "The other end"), one.other.neighbors
        ? [verdictPart(one.other), end(one.other, similarity, open)]
        : h("p", {class: "soft"}, one.other.missing))),
    copies({text: () => cardText(one), markdown: () => cardMarkdown(one)}),
  ];
}

function verdictPart(one) {
  if (!one.verdict) return null;
  const [name, words] = VERDICTS[one.verdict] ?? [one.verdict, ""];
  const by = one.alone ? " (by p, for one look)" : "";
  return h("p", {class: "verdict"}, h("strong", {class: one.verdict === "meaning" ? "meaning" : null}, name), `: ${words}${by}.`);
}

function end(one, similarity, open) {
  return [
    listTable(one, {similarity}, open),
    one.missing && h("p", {class: "soft small"}, one.missing),
    (one.chance ?? []).map((beside) => comparison(beside, one.alone)),
    one.shared && sharedPart(one),
  ];
}

function comparison(beside, alone) {
  const value = beside.statistic === "label" ? pText(beside.value) : figure(beside.value);
  const effect = beside.effect === null ? "" : `effect ${figure(beside.effect, 1)}, `;
  const p = `p ${beside.p_text}`;
  const q = alone ? "" : `, q ${beside.q_text}`;
  const words = `${beside.words[0].toUpperCase()}${beside.words.slice(1)}.`;
  return h("div", {class: "comparison"},
    h("div", {class: "what small soft"}, WHAT[beside.statistic], h("span", {class: "figure"}, value)),
    curve({...beside.curve, value: beside.value, text: `${WHAT[beside.statistic]} ${value}: ${beside.words}; ${effect}${p}${q}`}),
    h("div", {class: "words small"}, words, h("span", {class: "soft"}, ` ${effect}${p}${q}`)));
}

async function siblings(body, params, signal, go) {
  const place = h("section", {class: "siblings"}, h("h3", {}, "Nearest other directions"), h("p", {class: "soft small"}, "looking through all …"));
  body.append(place);
  try {
    const found = await get("/api/directions/alike", params, {signal});
    fill(place, h("h3", {}, "Nearest other directions"), found.siblings
      ? h("table", {}, h("thead", {class: "hidden"}, h("tr", {}, h("th", {scope: "col"}, "direction"), h("th", {scope: "col"}, "cosine"))),
        h("tbody", {}, found.siblings.map((one) => h("tr", {},
          h("td", {}, h("button", {type: "button", class: "link", on: {click: () => go(one.row)}}, h("bdi", {}, one.name))),
          h("td", {class: "figure"}, figure(one.cosine))))))
      : h("p", {class: "soft small"}, found.why));
  } catch (error) {
    if (error.name !== "AbortError") fill(place, h("p", {class: "problem"}, error.message));
  }
}
