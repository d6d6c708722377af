// A direction, looked at: its tokens, how alike they are beside chance, what they share.

import {follow, get} from "./ask.js";
import {curve} from "./curve.js";
import {copies, markdownTable} from "./copy.js";
import {cardPicture} from "./card-picture.js";
import {figure, fill, h, pText, token} from "./elements.js";

const STATISTICS = {
  nearness: "How near the list is on average",
  cosine: "How near the nearest is",
  coherence: "How alike the tokens are",
  label: "How rare what they share is",
};
const SIMILARITY = {cosine: "cosine", dot: "dot product", euclidean: "distance"};

/** The frame of a list, filled as soon as its tokens are there; the rest has its room reserved. */
export function frame(title) {
  const parts = {
    title: h("h2", {}, h("bdi", {}, title)),
    list: h("div", {class: "list"}),
    chance: h("div", {class: "beside", "aria-busy": "true"}),
  };
  parts.node = h("article", {class: "card panel"}, h("div", {class: "left"}, parts.title, parts.list), parts.chance);
  return parts;
}

/** The table of one list. `open(record)` is called with a token that is clicked. */
export function listTable(list, settings, open) {
  return h("table", {class: "tokens"},
    h("thead", {class: "hidden"}, h("tr", {},
      h("th", {scope: "col"}, "rank"), h("th", {scope: "col"}, "token"),
      h("th", {scope: "col"}, SIMILARITY[settings.similarity]))),
    h("tbody", {}, list.neighbors.map((one) => h("tr", {},
      h("td", {class: "rank soft"}, one.rank),
      h("td", {}, open
        ? h("button", {type: "button", class: "token-button", title: "its neighbours", on: {click: () => open(one)}}, token(one))
        : token(one)),
      h("td", {class: "figure soft"}, figure(one.similarity))))));
}

/** Every comparison of a card: curve, words and p. */
export function chanceParts(card) {
  if (!card.chance.length) {
    const why = card.coherence === null
      ? "A single token is alike by itself: ask for two or more."
      : "A distance from a point of another length has no chance level here: choose cosine or dot product.";
    return [h("p", {class: "soft small"}, why)];
  }
  return h("div", {class: "comparisons"}, card.chance.map((one, i) => h("div", {class: "comparison"},
    one.statistic === card.chance[i - 1]?.statistic ? null : h("div", {class: "what small soft"}, STATISTICS[one.statistic],
      h("span", {class: "figure"}, one.statistic === "label" ? `p ${pText(one.value)}` : figure(one.value, 3))),
    curve({...one.curve, text: `${STATISTICS[one.statistic]}: ${one.words}, p ${pText(one.p)}`}),
    h("div", {class: "words small"}, sentence(one.words), " ", h("span", {class: "soft nowrap"}, `p ${pText(one.p)}`)))));
}

function sentence(text) {
  return `${text[0].toUpperCase()}${text.slice(1)}.`;
}

/** What a list shares. */
export function sharedPart(card) {
  if (!card.shared) return h("p", {class: "shared soft small"}, "Lists of fewer than 3 tokens have no name.");
  const {themes, p, p_random_directions: beside} = card.shared;
  const said = themes.length
    ? h("ul", {}, themes.map((one) => h("li", {}, sentence(one.claim))))
    : h("p", {}, "The tokens share nothing beyond chance.");
  const than = beside === null || beside === undefined ? "" : `, beside random directions' lists ${pText(beside)}`;
  const chance = themes.length && beside > 0.05
    ? h("span", {}, " No more than lists of random directions share.") : null;
  return h("div", {class: "shared"}, said, h("p", {class: "soft small"}, `p ${pText(p)} beside random tokens${than}.`, chance));
}

const VERDICTS = {
  meaning: "Near to tokens that share something: more than chance.",
  "near, no shared label": "Nearer to tokens than chance, but these share no label.",
  "shared label only": "The tokens share something, but are no nearer than chance.",
  neither: "No more than chance.",
  "cannot tell": "So few draws cannot tell.",
};

/** All below the list of a card. */
export function fillChance(node, card) {
  node.setAttribute("aria-busy", "false");
  fill(node,
    card.verdict && h("p", {class: "verdict"}, h("strong", {}, VERDICTS[card.verdict] ?? card.verdict)),
    chanceParts(card), sharedPart(card));
}

/** The cards of an address; waits for what chance gives if nobody has drawn it yet. */
export async function askCards(params, {signal, told = () => {}} = {}) {
  for (;;) {
    const found = await get("/api/cards", params, {signal});
    if (!found.work) return found;
    await follow(found.work, told, {signal});
  }
}

/** A card by itself, for other views: an element that fills itself. */
export function card(page, params) {
  const parts = frame("…");
  const load = async () => {
    try {
      const {lists, settings} = await get("/api/lists", params);
      fill(parts.title, h("bdi", {}, lists[0].title));
      fill(parts.list, listTable(lists[0], settings, (one) => page.go({tokens: `id:${one.id}`}, {view: "lists"})));
      const found = await askCards(params, {told: (work) => fill(parts.chance, progressOf(work))});
      fillChance(parts.chance, found.cards[0]);
      parts.node.append(cardCopies(found.cards[0], settings));
    } catch (problem) {
      fill(parts.chance, h("p", {class: "problem"}, problem.message));
    }
  };
  load();
  return parts.node;
}

/** How far work is, in words and a bar. */
export function progressOf(work) {
  const known = work.total > 0 && work.state === "running";
  return h("div", {class: "working"},
    h("progress", known ? {max: work.total, value: Math.min(work.done, work.total)} : {}),
    h("span", {class: "soft small"}, ` ${work.said || work.title}`));
}

/** The list as plain text. */
export function cardText(one) {
  const lines = one.neighbors.map((n) => `${String(n.rank).padStart(3)}  ${n.shown}  ${figure(n.similarity)}`);
  const said = (one.chance ?? []).map((c) => `${sentence(c.words)} p ${pText(c.p)}`);
  return [one.title, ...lines, ...said, one.shared?.words ?? ""].filter(Boolean).join("\n");
}

/** The list as a Markdown table with what is said of it. */
export function cardMarkdown(one) {
  const table = markdownTable(["rank", one.title, "similarity"],
    one.neighbors.map((n) => [n.rank, `\`${n.shown}\``, figure(n.similarity)]));
  return [table, ...(one.chance ?? []).map((c) => `- ${sentence(c.words)} p ${pText(c.p)}`), one.shared?.words ?? ""]
    .filter(Boolean).join("\n");
}

/** Buttons that copy a card. */
export function cardCopies(one) {
  const name = one.title.replace(/[^\w]+/g, "-").replace(/^-|-$/g, "") || "card";
  return copies({text: () => cardText(one), markdown: () => cardMarkdown(one), svg: () => cardPicture(one), name});
}
