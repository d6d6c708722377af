// What the neighbours share, and hubs: tokens that stand in many lists.

import {copies, markdownTable} from "./copy.js";
import {count, figure, h, token} from "./elements.js";
import {hubs, percent, plot, rows, rowsHeight} from "./survey_plots.js";
import {wide} from "./survey_rates.js";

const maybe = (share) => (share === null ? "–" : percent(share));

export function sharedPart(page, {result, which, work}, {name}) {
  const {naming} = result;
  if (!naming) {
    return {node: h("section", {class: "panel"}, h("h2", {}, "What do the neighbours share?"),
      h("p", {class: "lead"}, "How often the tokens of a list share a label (a meaning, a grammatical form, forms of one word, spelling, a place in the vocabulary), beside lists of random tokens, and whether those are the coherent lists."),
      work ? null : h("button", {type: "button", class: "main", on: {click: name}}, "Find out"))};
  }
  const picture = {axis: "lists that share a label, with 95 % intervals", unit: "share", line: {at: result.guess, words: "the post's 20 %"},
    rows: naming.groups.map((one) => ({name: one.name, value: one.rate, interval: one.interval, chance: one.chance, holds: []}))};
  const label = `Lists that share a label. ${naming.groups.map((one) => `${one.name}: ${percent(one.rate)}, by chance ${percent(one.chance)}`).join("; ")}`;
  const ofGroups = plot(rowsHeight(picture), (width, height) => rows(picture, {width, height, label}));
  const heads = ["share a label", "labels", "all lists", "interval", "by chance", "coherent lists", "others", "kappa"];
  const cells = naming.groups.map((one) => [one.name, count(one.labels), percent(one.rate),
    `${percent(one.interval[0])} to ${percent(one.interval[1])}`, percent(one.chance), maybe(one.coherent), maybe(one.others), one.kappa === null ? "–" : figure(one.kappa, 2)]);
  const most = Math.max(...naming.labels.map((one) => one.share), 1e-9);
  return {node: h("div", {class: "two"},
    h("section", {class: "panel"}, h("h2", {}, "What do the neighbours share?"), h("p", {class: "sentence"}, naming.sentence), ofGroups.node,
      h("p", {class: "soft small"}, "Dot and line: all lists with a 95 % interval; the short stroke: lists of random tokens."),
      copies({svg: ofGroups.svg, name: "survey-shared", text: () => result.text, markdown: () => `${naming.sentence}\n\n${markdownTable(heads, cells)}`})),
    h("section", {class: "panel"}, h("h2", {}, "Labels shared most often"),
      naming.labels.length ? wide("labels shared most often", h("table", {class: "bars small"}, h("thead", {class: "hidden"}, h("tr", {}, h("th", {scope: "col"}, "label"), h("th", {scope: "col"}, "kind"), h("th", {scope: "col"}, "lists"))),
        h("tbody", {}, naming.labels.map((one) => h("tr", {}, h("th", {scope: "row"}, one.words), h("td", {class: "soft"}, one.kind),
          h("td", {}, h("span", {class: "share-bar", style: {"--part": one.share / most}, "aria-hidden": "true"}), ` ${count(one.lists)}`))))))
        : h("p", {}, "No list shares a label beyond chance."),
      h("p", {class: "soft small"}, "The least likely label of each list that shares one beyond chance; so many lists have it.")),
    h("section", {class: "panel full"}, h("h2", {}, "By group of labels"), wide("by group of labels", h("table", {class: "small"},
      h("thead", {}, h("tr", {}, heads.map((head, i) => h("th", {scope: "col", class: i ? "figure" : ""}, head)))),
      h("tbody", {}, cells.map(([first, ...rest]) => h("tr", {}, h("th", {scope: "row"}, first), rest.map((text) => h("td", {class: "figure"}, text))))))),
    h("p", {class: "soft small"}, `Kappa: how far sharing a label and being coherent agree, beyond chance. Of ${count(which.n)} lists.`)))};
}

export function hubsPart(page, {result}, {link}) {
  const found = result.hubs;
  const picture = plot(320, (width, height) => hubs(found, {width, height}));
  const table = (one) => wide(`tokens listed most often by ${one.words}`, h("table", {class: "bars small"},
    h("thead", {}, h("tr", {}, h("th", {scope: "col"}, "token"), h("th", {scope: "col"}, "lists with it"))),
    h("tbody", {}, one.most.slice(0, 12).map((record) => h("tr", {},
      h("td", {}, h("a", {class: "token-link", href: `/?tokens=${encodeURIComponent(`id:${record.id}`)}`}, token(record))),
      h("td", {}, h("span", {class: "share-bar", style: {"--part": record.share / one.most[0].share}, "aria-hidden": "true"}), ` ${percent(record.share)}`))))));
  return {node: h("div", {class: "two"},
    h("section", {class: "panel full"}, h("h2", {}, "Do some tokens stand in many lists?"),
      h("p", {class: "lead"}, `Were all tokens equally near, the most listed one would stand in ${percent(found.most_by_chance, 2)} of the lists, and each in ${percent(found.mean_by_chance, 3)} on average.`),
      picture.node,
      h("ul", {class: "legend small"}, found.rankings.map((one, i) => h("li", {}, h("svg", {viewBox: "0 0 24 12", width: 24, height: 12, "aria-hidden": "true"}, h("line", {class: `hub-line hub-${i}`, x1: 0, x2: 24, y1: 6, y2: 6})), `by ${one.words}`)),
        h("li", {}, h("svg", {viewBox: "0 0 24 12", width: 24, height: 12, "aria-hidden": "true"}, h("line", {class: "chance-line", x1: 0, x2: 24, y1: 6, y2: 6})), "tokens at random")),
      copies({svg: picture.svg, name: "survey-hubs", text: () => result.text, markdown: () => found.rankings.map((one) =>
        `By ${one.words}\n\n${markdownTable(["token", "lists with it"], one.most.map((record) => [`\`${record.shown}\``, percent(record.share)]))}`).join("\n\n")})),
    h("div", {class: "three full"}, found.rankings.map((one) => h("section", {class: "panel"}, h("h2", {}, `By ${one.words}`),
      h("p", {class: "soft small"}, `In no list: ${percent(one.never)} of the tokens (by chance ${percent(one.never_by_chance)}). Skewness ${figure(one.skewness, 1)}.`), table(one)))))};
}
