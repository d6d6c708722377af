// How often lists cohere: rates with their intervals, the histogram beside chance, and the lists of a bar.

import {get} from "./ask.js";
import {copies, markdownTable} from "./copy.js";
import {count, figure, fill, h, token} from "./elements.js";
import {histogram, legend, percent, plot, rates} from "./survey_plots.js";

const GROUPS = [["most", "most coherent"], ["typical", "typical"], ["least", "least coherent"]];

/** A table in a frame that scrolls where it is too wide. */
export function wide(name, table) {
  return h("div", {class: "wide", tabindex: "0", role: "region", "aria-label": name}, table);
}

/** One list in a few lines: its tokens, how alike they are, what they share, and a link to its card. */
export function compact(one, settings) {
  const query = new URLSearchParams({seed: one.seed ?? 0, index: one.index, n: 1, k: settings.k, centered: Number(settings.centered), forms: Number(settings.forms)});
  const title = one.seed === null ? `direction ${count(one.index)}` : `seed ${one.seed}, index ${count(one.index)}`;
  return h("li", {class: "compact panel"},
    h("div", {class: "compact-head"},
      one.seed === null ? h("strong", {}, title) : h("a", {href: `/?${query}`}, title),
      h("span", {class: "soft small figure"}, `T ${figure(one.coherence)}${one.p === null ? "" : `, p ${one.p_text}`}`)),
    h("p", {class: "tokens-line"}, one.tokens.map((record) => [token(record), " "])),
    h("p", {class: "soft small"}, `More alike than ${than(one.percentile_of_surrogate)} lists with no words.`,
      one.shares ? h("span", {class: "shares"}, ` They share: ${one.shares}.`) : null));
}

function than(percentile) {
  if (percentile === 100) return "all";
  return `${Math.min(percentile, 99.9).toFixed(1)} % of`;
}

export function ratesPart(page, data, {asked, link}) {
  const {result, which} = data;
  const settings = result.settings;
  let params = {};
  let asking = null;
  const kinds = [...new Set(result.levels[0].rates.map((one) => one.kind))];
  const level = () => result.levels[Math.min(Number(params.level) || 0, result.levels.length - 1)];
  const chosen = () => (/^\d+$/.test(params.bin) && Number(params.bin) < result.bins.counts.length ? Number(params.bin) : null);

  const ofRates = plot(280, (width, height) => rates(level(), kinds, result.guess, {width, height}));
  const table = h("div");
  const levels = h("div", {class: "row"});
  const ofBins = plot(280, (width, height) => histogram(result.bins, {
    width, height, chosen: chosen(), words: `T, how alike ${settings.k} neighbours are${width < 480 ? "" : ` (${settings.centered ? "rows centred" : "rows as they are"}${settings.forms ? ", one a form" : ""})`}`,
    choose: (i) => page.go({bin: i === chosen() ? null : i, lists: null}),
  }));
  const picked = h("p", {class: "picked small"});
  const title = h("h2", {id: "lists-of-survey", tabindex: "-1"});
  const groups = h("div", {class: "row"});
  const some = h("ul", {class: "compacts"});
  const more = h("div", {class: "row"});

  const node = h("div", {class: "two"},
    h("section", {class: "panel"}, h("h2", {}, "How often more than chance?"), levels, ofRates.node,
      legend(kinds, [["chance-line", "chance"], ["guess", "the post's 20 %"]]), table,
      copies({svg: ofRates.svg, name: "survey-rates", markdown: () => ratesMarkdown(level(), result), text: () => result.text})),
    h("section", {class: "panel"}, h("h2", {}, "How alike are the tokens of a list?"),
      h("p", {class: "soft small"}, "T is the mean cosine of a list's tokens with each other, the rows centred. Filled: the lists of this vocabulary; the dashed line: those of vocabularies with no words. Choose a bar to see its lists."),
      ofBins.node, picked, copies({svg: ofBins.svg, name: "survey-histogram", markdown: () => binsMarkdown(result.bins)}),
      h("p", {class: "soft small"}, result.alike)),
    h("section", {class: "lists-of full"}, title, groups, some, more));

  function tell() {
    const now = level();
    fill(levels, result.levels.length > 1 && result.levels.map((one, i) =>
      h("a", {class: "button small", href: link({level: i}), "aria-current": one === now ? "true" : null}, `lists ${one.words}`)));
    const ks = [...new Set(now.rates.map((one) => one.k))];
    const of = (kind, k) => now.rates.find((one) => one.kind === kind && one.k === k);
    fill(table, wide("rates", h("table", {class: "small rates"},
      h("caption", {class: "soft small"}, `Lists ${now.words}, in %, with 95 % intervals`),
      h("thead", {}, h("tr", {}, h("td", {}), ks.map((k) => h("th", {scope: "col", class: "figure"}, `k = ${k}`)))),
      h("tbody", {}, kinds.map((kind) => h("tr", {}, h("th", {scope: "row"}, kind), ks.map((k) => {
        const one = of(kind, k);
        return h("td", {class: one.shown ? "figure shown" : "figure"}, (100 * one.rate).toFixed(1), h("span", {class: "soft"}, ` ${range(one.interval)}`));
      }))),
      h("tr", {class: "soft"}, h("th", {scope: "row"}, "chance"), ks.map(() => h("td", {class: "figure"}, (100 * now.chance).toFixed(1))))))));
  }

  async function tellLists() {
    asking?.abort();
    const bin = chosen();
    fill(groups, bin === null
      ? GROUPS.map(([name, words]) => h("a", {class: "button small", href: link({group: name}), "aria-current": name === params.group ? "true" : null}, words))
      : h("a", {class: "button small", href: link({bin: "", lists: "12"})}, "No bar: the most coherent"));
    fill(more);
    fill(picked, bin === null ? "No bar is chosen." : [`${binWords(result.bins, bin)}. `, h("button", {type: "button", class: "link", on: {click: () => title.focus()}}, "Its lists")]);
    if (bin === null) {
      fill(title, `Lists: ${GROUPS.find(([name]) => name === params.group)?.[1] ?? ""}`);
      fill(some, (result.examples[params.group] ?? []).map((one) => compact(one, settings)));
      return;
    }
    asking = new AbortController();
    const wanted = Math.min(Number(params.lists) || 12, 100);
    try {
      const found = await get("/api/survey/lists", {...asked, bin, most: wanted}, {signal: asking.signal});
      fill(title, binWords(result.bins, bin));
      fill(some, found.lists.map((one) => compact(one, settings)));
      if (found.count > found.lists.length && wanted < 100) {
        fill(more, h("a", {class: "button", href: link({bin, lists: Math.min(wanted + 12, 100)})}, "Show more"),
          h("span", {class: "soft small"}, `${found.lists.length} of ${count(found.count)}, the most coherent first`));
      }
      page.say(binWords(result.bins, bin));
    } catch (error) {
      const told = page.problem(error);
      if (told) fill(some, h("li", {}, told));
    }
  }

  return {node, update(now) {
    params = now;
    tell();
    ofRates.again();
    ofBins.again();
    tellLists();
    if (which.seed === null) page.say("a survey of directions that were given");
  }};
}

function binWords({edges, counts, shares, by_chance: chance}, i) {
  return `${count(counts[i])} ${counts[i] === 1 ? "list" : "lists"} with T from ${figure(edges[i])} to ${figure(edges[i + 1])}: ${percent(shares[i])}, with no words ${percent(chance[i])}`;
}

const range = ([low, high]) => `${(100 * low).toFixed(1)}–${(100 * high).toFixed(1)}`;

function ratesMarkdown(level, result) {
  const ks = [...new Set(level.rates.map((one) => one.k))];
  const kinds = [...new Set(level.rates.map((one) => one.kind))];
  const cell = (kind, k) => { const one = level.rates.find((each) => each.kind === kind && each.k === k); return `${percent(one.rate)} (${range(one.interval)})`; };
  return `${result.sentence}\n\n${markdownTable([`lists ${level.words}`, ...ks.map((k) => `k = ${k}`)],
    [...kinds.map((kind) => [kind, ...ks.map((k) => cell(kind, k))]), ["chance", ...ks.map(() => percent(level.chance))]])}`;
}

function binsMarkdown({edges, counts, shares, by_chance: chance}) {
  return markdownTable(["T from", "to", "lists", "share", "with no words"],
    counts.map((one, i) => [figure(edges[i]), figure(edges[i + 1]), one, percent(shares[i]), percent(chance[i])]));
}
