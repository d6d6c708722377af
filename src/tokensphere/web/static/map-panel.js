// What stands beside the map: what the colours mean, a token and its true neighbours, a set of tokens.

import {curve} from "./curve.js";
import {copies, copyButton, markdownTable} from "./copy.js";
import {count, figure, h, pText, token} from "./elements.js";
import {groupColor, ramp} from "./map-colors.js";
import {save} from "./ask.js";

const percent = (share) => (share >= 0.0995 ? `${Math.round(100 * share)} %` : `${Number((100 * share).toPrecision(2))} %`);
const MOST_COUNTED = 100; // tokens of a set whose shares are said as counts
const sentence = (text) => `${text[0].toUpperCase()}${text.slice(1)}.`;

/** The legend; `choose(group)` is called with the number of a group that is chosen, 255 for none. */
export function legendPart(legend, choose) {
  if (!legend) return h("p", {class: "small soft"}, "The darker a place, the more tokens lie there.");
  if (legend.what === "number") {
    const bar = h("div", {class: "ramp", role: "img", "aria-label": `from ${figure(legend.q01)}, the first colour, to ${figure(legend.q99)}, the last`});
    bar.style.backgroundImage = `linear-gradient(to right, ${ramp().join(", ")})`;
    return h("div", {class: "legend"}, h("h3", {}, sentence(legend.words).slice(0, -1)), bar,
      h("div", {class: "ends small soft"}, h("span", {}, `≤ ${figure(legend.q01)}`), h("span", {}, `median ${figure(legend.median)}`), h("span", {}, `≥ ${figure(legend.q99)}`)));
  }
  const entry = (i, name, size, color) => {
    const dot = h("span", {class: "dot", "aria-hidden": "true"});
    if (color) dot.style.background = color;
    return h("li", {}, h("button", {type: "button", class: "quiet small", title: "choose these tokens", on: {click: () => choose(i)}},
      dot, h("bdi", {}, name), h("span", {class: "soft"}, ` ${count(size)}`)));
  };
  return h("div", {class: "legend"}, h("h3", {}, sentence(legend.words).slice(0, -1)),
    h("ul", {}, legend.groups.map((one, i) => entry(i, one.name, one.size, groupColor(i))),
      legend.without > 0 && entry(255, "none of these", legend.without, null)),
    h("p", {class: "small soft"}, "A group that is clicked is chosen."));
}

/** A token that is marked, and its exact neighbours. `go(id)` marks another one. */
export function tokenPart(found, go, close) {
  const kept = found.near.filter((one) => one.kept).length;
  const button = (one) => h("button", {type: "button", class: "token-button", title: "mark this token", on: {click: () => go(one.id)}}, token(one));
  return h("section", {class: "panel marked", "aria-label": "The marked token"},
    h("div", {class: "row head"}, h("h2", {}, token(found.token)),
      h("a", {href: `/?tokens=id:${found.token.id}`, class: "small"}, "its card"),
      h("button", {type: "button", class: "quiet small", on: {click: close}}, "Unmark")),
    h("p", {class: "small"}, `The map keeps ${kept} of its ${found.near.length} true neighbours beside it.`),
    h("table", {class: "tokens"},
      h("caption", {class: "hidden"}, "Its nearest tokens by cosine, exact"),
      h("thead", {}, h("tr", {}, h("th", {scope: "col"}, "true neighbour"), h("th", {scope: "col", class: "figure"}, "cosine"), h("th", {scope: "col"}, "beside it"))),
      h("tbody", {}, found.near.map((one) => h("tr", {}, h("td", {}, button(one)), h("td", {class: "figure soft"}, figure(one.cosine)),
        h("td", {}, one.kept ? "yes" : h("span", {class: "soft"}, "no")))))),
    h("details", {class: "small"}, h("summary", {}, "What lies beside it on the map"),
      h("p", {}, found.on_map.flatMap((one) => [button(one), " "]))));
}

/** The card of a set. */
export function selectionPart(card, {ids, clear, mark, regions}) {
  const {chance, shared} = card;
  const text = `How alike the tokens are: ${chance.words}, p ${pText(chance.p)}`;
  const law = card.drawn ? `${chance.draws} drawn sets` : `${chance.draws} sets, carried over from sets of 512`;
  return h("section", {class: "panel chosen", "aria-label": "The chosen tokens"},
    h("div", {class: "row head"}, h("h2", {}, `${count(card.size)} tokens`),
      h("button", {type: "button", class: "quiet small", on: {click: clear}}, "Choose none")),
    h("h3", {}, "More alike than chance?"),
    h("div", {class: "comparison"},
      curve({...chance.curve, mark: chance.value, text}),
      h("p", {class: "small"}, `${sentence(chance.words)} `,
        h("span", {class: "soft"}, `Mean cosine of pairs ${figure(card.coherence, 4)}, p ${pText(chance.p)}; ${law}.`))),
    regions,
    h("p", {class: "small caution"}, "A set that was chosen because it lies together here is alike by that choice: the map is made of these same vectors, and random sets know nothing of it. What the tokens share is another matter: labels took no part in the map."),
    h("h3", {}, "What do they share?"),
    sharedPart(shared, card.size),
    h("h3", {}, "Nearest to the middle of the set"),
    h("p", {class: "typical"}, card.typical.flatMap((one) => [
      h("button", {type: "button", class: "token-button", title: `cosine with the middle ${figure(one.cosine)}`, on: {click: () => mark(one.id)}}, token(one)), " "])),
    h("details", {class: "small"}, h("summary", {}, "The same as a table"),
      h("table", {}, h("thead", {}, h("tr", {}, h("th", {scope: "col"}, "token"), h("th", {scope: "col", class: "figure"}, "cosine with the middle"))),
        h("tbody", {}, card.typical.map((one) => h("tr", {}, h("td", {}, token(one)), h("td", {class: "figure"}, figure(one.cosine))))))),
    copies({text: () => cardText(card), markdown: () => cardMarkdown(card)}),
    h("div", {class: "row copies"},
      h("button", {type: "button", class: "quiet small", on: {click: () => save(new Blob([JSON.stringify(ids)], {type: "application/json"}), "tokens.json")}}, "Save ids (JSON)"),
      copyButton("Copy Python", () => card.python)));
}

function sharedPart(shared, size) {
  const said = shared.themes.length
    ? h("ul", {}, shared.themes.map((one) => h("li", {}, size <= MOST_COUNTED ? sentence(one.claim)
      : `${one.words}: ${percent(one.share)} here, ${percent(one.share_of_all)} everywhere`)))
    : h("p", {}, "Nothing beyond chance.");
  const how = shared.adjusted === "draws" ? "beside random tokens" : `corrected for ${count(shared.eligible)} labels (Bonferroni)`;
  const table = shared.labels.length > 0 && h("details", {class: "small"}, h("summary", {}, "Labels of smallest p"),
    h("table", {},
      h("thead", {}, h("tr", {}, h("th", {scope: "col"}, "label"), h("th", {scope: "col", class: "figure"}, "here"), h("th", {scope: "col", class: "figure"}, "everywhere"), h("th", {scope: "col", class: "figure"}, "p"))),
      h("tbody", {}, shared.labels.map((one) => h("tr", {}, h("td", {}, one.words), h("td", {class: "figure"}, percent(one.shared / size)),
        h("td", {class: "figure"}, percent(one.share_of_all)), h("td", {class: "figure"}, small(one.p_familywise)))))));
  return h("div", {class: "shared"}, said, h("p", {class: "soft small"}, `p ${small(shared.p)} ${how}.`), table);
}

const small = (p) => (p === 0 ? "< 1e−300" : pText(p).replace("e-", "e−"));

function cardText(card) {
  return [`${count(card.size)} tokens`, `${sentence(card.chance.words)} T ${figure(card.coherence, 4)}, p ${pText(card.chance.p)}`,
    `${card.shared.words}; p ${small(card.shared.p)}`, card.typical.map((one) => one.shown).join("  ")].join("\n");
}

function cardMarkdown(card) {
  const table = markdownTable(["token", "cosine with the middle"], card.typical.map((one) => [`\`${one.shown}\``, figure(one.cosine)]));
  return [`**${count(card.size)} tokens**`, "", `- ${sentence(card.chance.words)} T ${figure(card.coherence, 4)}, p ${pText(card.chance.p)}`,
    `- ${card.shared.words}; p ${small(card.shared.p)}`, "", table].join("\n");
}
