// What ended ratings come to: rates beside the post's 20 %, agreement, and every list with its urn.

import {download, get} from "./ask.js";
import {copies, markdownTable} from "./copy.js";
import {count, fill, h, token} from "./elements.js";

const URNS = ["random", "chance", "planted"];
const AGREEMENT = [["lists", "lists"], ["n", "rated"], ["coherence", "T, as AUC"], ["coherent", "T beyond chance, κ"],
  ["theme", "any theme, κ"], ["words", "meaning or grammar, κ"]];
const FILES = [["json", "ratings.json", "Save the ratings (JSON)"], ["csv", "ratings.csv", "Save as a table (CSV)"],
  ["result", "result.json", "Save what came of them (JSON)"], ["plan", "plan.json", "Save the plan for another rater"]];

export function rateResult(root, page, session) {
  const asking = new AbortController();
  fill(root, h("h1", {}, "Do they share something?"), h("p", {class: "soft"}, "…"));
  load();

  async function load() {
    try {
      put(await get("/api/rate/result", {session}, {signal: asking.signal}));
    } catch (error) {
      const problem = page.problem(error);
      if (problem) fill(root, h("h1", {}, "Do they share something?"), problem, h("p", {}, h("a", {href: "/rate"}, "All ratings")));
    }
  }

  function put(found) {
    const message = h("div", {class: "message"});
    const picture = ratesPicture(found, root.clientWidth);
    const saving = async (kind, name) => {
      try {
        await download("/api/rate/export", {session, as: kind}, name);
      } catch (error) {
        fill(message, page.problem(error));
      }
    };
    fill(root,
      h("h1", {}, "Do they share something?"), h("p", {class: "soft"}, h("bdi", {}, found.title)),
      h("div", {class: "panel"}, picture, ratesTable(found),
        found.sentences.map((one) => h("p", {}, one))),
      h("div", {class: "row"}, copies({text: () => asText(found), markdown: () => asMarkdown(found), svg: () => picture, name: "ratings"})),
      h("section", {}, h("h2", {}, "Agreement with what is computed of the same lists"), agreementTable(found),
        h("p", {class: "soft small"}, "κ is Cohen's kappa: 1 is agreement, 0 what chance gives, – where one side always says the same. ",
          "AUC: how often, of a list with a yes and one without, the first has the larger T; 0.50 is chance. In brackets 95 % intervals.")),
      h("section", {}, h("h2", {}, "Keep and compare"), message,
        h("div", {class: "row"}, FILES.map(([kind, name, label]) => h("button", {type: "button", on: {click: () => saving(kind, name)}}, label))),
        h("p", {class: "soft small"}, "Give the plan to others, who open it here and rate the same lists; ",
          "tokensphere ratings a.json b.json then says how far you agree.")),
      h("section", {}, h("details", {class: "every"}, h("summary", {}, `All ${count(found.lists.length)} lists with their urns`), everyList(found))),
      h("p", {class: "soft small"}, found.caption), h("p", {}, h("a", {href: "/rate"}, "All ratings")));
    page.how(found.how);
    page.say(found.sentences[0]);
  }

  return {leave: () => asking.abort(), update() {}};
}

/** A table that may be wider than the window; keys scroll it, too. */
const scroll = (label, table) => h("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": label}, table);

const percent = (share) => `${(100 * share).toFixed(1)} %`;
const ends = (interval) => interval.map((end) => (100 * end).toFixed(1)).join("–");

function rateRows(found) {
  return URNS.map((urn) => {
    const rate = found.rates[urn];
    return rate
      ? [found.urns[urn], rate.n, rate.count, percent(rate.share), ends(rate.interval_95)]
      : [found.urns[urn], 0, "–", "–", "–"];
  });
}

const RATE_HEAD = ["lists of", "rated", "share something", "rate", "95 % interval"];

function ratesTable(found) {
  return scroll("Rates", h("table", {class: "rates"},
    h("thead", {}, h("tr", {}, RATE_HEAD.map((one, i) => h("th", {scope: "col", class: i ? "figure" : null}, one)))),
    h("tbody", {}, rateRows(found).map(([name, ...rest]) => h("tr", {}, h("th", {scope: "row"}, name), rest.map((one) => h("td", {class: "figure"}, one)))))));
}

/** Rates with their intervals on one scale, and the post's 20 % as a line. */
function ratesPicture(found, room) {
  const [width, left, row, top] = [Math.max(260, Math.min(620, room - 64)), 74, 30, 22];
  const x = (share) => left + share * (width - left - 16);
  const height = top + URNS.length * row + 22;
  const base = height - 20;
  const text = URNS.filter((urn) => found.rates[urn])
    .map((urn) => `${urn} ${percent(found.rates[urn].share)}, interval ${ends(found.rates[urn].interval_95)}`).join("; ");
  const mark = x(found.post_rate);
  return h("svg", {class: "rate-picture", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `Rates: ${text}; the post's guess: ${percent(found.post_rate)}`},
    [0, 0.25, 0.5, 0.75, 1].map((share) => h("g", {},
      h("line", {class: "grid", x1: x(share), x2: x(share), y1: top - 6, y2: base}),
      h("text", {x: x(share), y: height - 5, "text-anchor": "middle"}, `${100 * share} %`))),
    h("line", {class: "post", x1: mark, x2: mark, y1: top - 6, y2: base}),
    h("text", {x: mark, y: 11, "text-anchor": "middle"}, "the post: 20 %"),
    URNS.map((urn, i) => {
      const rate = found.rates[urn];
      const y = top + (i + 0.5) * row;
      return h("g", {class: urn}, h("text", {x: left - 10, y: y + 4, "text-anchor": "end"}, urn),
        rate && [h("line", {class: "interval", x1: x(rate.interval_95[0]), x2: x(rate.interval_95[1]), y1: y, y2: y}),
          h("circle", {class: "rate", cx: x(rate.share), cy: y, r: 5})]);
    }));
}

function agreementTable(found) {
  return scroll("Agreement", h("table", {class: "rates"},
    h("thead", {}, h("tr", {}, AGREEMENT.map(([, name], i) => h("th", {scope: "col", class: i ? "figure" : null}, name)))),
    h("tbody", {}, found.measures.map((one) => h("tr", {}, AGREEMENT.map(([key], i) => i
      ? h("td", {class: "figure"}, one[key]) : h("th", {scope: "row"}, one[key])))))));
}

function everyList(found) {
  const what = (one) => one.urn === "planted" ? `planted: ${one.label}` : one.urn;
  const name = (one) => one.index === null ? h("bdi", {}, what(one))
    : h("a", {href: `/?seed=${found.seed}&index=${one.index}&n=1&k=${found.settings.k}&centered=${Number(found.settings.centered)}&forms=${Number(found.settings.forms)}`}, what(one));
  return scroll("Lists", h("table", {class: "every-list"},
    h("thead", {}, h("tr", {}, ["", "urn", "you said", "T", "labels say", "tokens"].map((one) => h("th", {scope: "col", class: one === "T" ? "figure" : null}, one)))),
    h("tbody", {}, found.lists.map((one, i) => h("tr", {},
      h("td", {class: "figure soft"}, i + 1), h("td", {}, name(one)), h("td", {}, one.share ? "yes" : "no"),
      h("td", {class: "figure"}, one.coherence.toFixed(2).replace("-", "−")), h("td", {class: "small"}, h("bdi", {}, one.theme ?? "–")),
      h("td", {class: "wide"}, one.tokens.map((each) => [token(each), " "])))))));
}

function asText(found) {
  return [found.title, ...rateRows(found).map((row) => row.join("  ")), ...found.sentences, found.caption].join("\n");
}

function asMarkdown(found) {
  const agreement = markdownTable(AGREEMENT.map(([, name]) => name), found.measures.map((one) => AGREEMENT.map(([key]) => one[key])));
  return [found.title, markdownTable(RATE_HEAD, rateRows(found)), ...found.sentences, agreement, found.caption].join("\n\n");
}
