// Do they share something? Blinded lists to be rated: begun, continued, and what came of them.

import {follow, get, post} from "./ask.js";
import {progressOf} from "./card.js";
import {count, field, fill, h, select} from "./elements.js";
import {rateLists} from "./rate_lists.js";
import {rateResult} from "./rate_result.js";

const DEFAULTS = {};

function show(root, page) {
  let shown = null; // the part that is there, and of which ratings
  const asking = new AbortController();

  function put(key, part) {
    shown?.part.leave?.();
    shown = {key, part};
  }

  async function update(params) {
    const session = params.session ?? null;
    if (!session) {
      put(null, startPart(root, page, asking.signal));
      return;
    }
    if (shown?.key === session && shown.part.update) {
      shown.part.update(params);
      return;
    }
    const opening = {};
    put(session, opening);
    try {
      const list = await get("/api/rate/list", {session, at: params.at}, {signal: asking.signal});
      if (shown.part !== opening) return;
      open(session, list);
    } catch (error) {
      const problem = page.problem(error);
      if (problem && shown.part === opening) fill(root, h("h1", {}, "Do they share something?"), problem, toStart());
    }
  }

  function open(session, list) {
    if (list.ended) put(session, rateResult(root, page, session));
    else put(session, rateLists(root, page, session, list, () => put(session, rateResult(root, page, session))));
  }

  return {
    update,
    leave() {
      asking.abort();
      shown?.part.leave?.();
    },
  };
}

const toStart = () => h("p", {}, h("a", {href: "/rate"}, "All ratings"));

/** Begin new ratings, go on with others, or open a file. */
function startPart(root, page, signal) {
  const form = h("div");
  const there = h("section", {"aria-label": "Ratings on this machine", class: "ratings"});
  const message = h("div", {class: "message"});
  fill(root, h("h1", {}, "Do they share something?"),
    h("p", {class: "soft lead"}, "Is it 20 % to you? You see lists of tokens, one after the other, and say of each whether its tokens share something. ",
      "Some are the tokens nearest to random directions, some are what chance gives, and a few are planted to see whether you look. ",
      "Which is which you learn at the end, and with it your rates beside chance's."),
    message, form, there);
  page.how({command: "tokensphere ratings ratings.json", python: 'import tokensphere as ts\nprint(ts.judge_ratings(ts.read_ratings("ratings.json")))'});
  load();

  async function load() {
    try {
      const found = await get("/api/rate/sessions", {}, {signal});
      fill(form, beginForm(page, found, message, signal));
      fill(there, sessionsPart(found, page, load, message));
    } catch (error) {
      fill(message, page.problem(error));
    }
  }
  return {};
}

function beginForm(page, {defaults, chances}, message, signal) {
  const chosen = {...defaults};
  const number = (name, least, most) => h("input", {type: "number", min: least, max: most, step: 1, value: String(defaults[name]), required: true,
    on: {input: (event) => { chosen[name] = Number(event.target.value); told(); }}});
  const rater = h("input", {maxlength: 80, autocomplete: "off", spellcheck: "false", placeholder: "if several rate"});
  const length = h("p", {class: "soft small"});
  const button = h("button", {class: "main"}, "Begin");
  const choose = (label, name, choices, read) => select(label, choices, String(defaults[name]), (value) => { chosen[name] = read(value); });
  const yes = (value) => value === "true";

  function told() {
    const total = 2 * chosen.lists + chosen.planted;
    fill(length, Number.isInteger(total) ? `${count(total)} lists, about ${count(Math.max(1, Math.round(total * 5 / 60)))} minutes. You can stop, end early, and go on later.` : " ");
  }

  async function begin(event) {
    event.preventDefault();
    button.disabled = true;
    try {
      const {work, session} = await post("/api/rate/begin", {...chosen, rater: rater.value}, {signal});
      const ended = await follow(work, (one) => fill(message, progressOf(one)), {signal});
      fill(message);
      if (ended.state === "done") page.go({session});
    } catch (error) {
      fill(message, page.problem(error));
    }
    button.disabled = false;
  }

  told();
  return h("form", {class: "panel begin", on: {submit: begin}},
    h("h2", {}, "New ratings"),
    h("div", {class: "row"}, field("lists of random directions", number("lists", 1, 500)), field("planted lists", number("planted", 0, 500)), field("your name", rater)),
    h("div", {class: "row"}, choose("chance", "chance", Object.entries(chances), String)),
    h("details", {}, h("summary", {}, "How lists are made"),
      h("p", {class: "soft small"}, "A vocabulary with no words has a random row for each token, with the means and covariances of the real rows, block by block; ",
        "its lists show the tokens that its nearest rows stand for. Planted lists are tokens of one label. The order is random, and its seed stays on the server until you end."),
      h("div", {class: "row more"}, field("tokens of a list", number("k", 3, 100)),
        choose("rows", "centered", [["false", "as they are"], ["true", "centred"]], yes),
        choose("tokens", "forms", [["false", "all"], ["true", "one a form"]], yes),
        choose("random tokens in planted lists", "strays", [["0", "none"], ["0.2", "one in five"], ["0.4", "two in five"]], Number))),
    length, button);
}

function sessionsPart({sessions, kept}, page, again, message) {
  const file = h("input", {type: "file", accept: ".json,application/json", on: {change: () => file.files[0] && take(file.files[0])}});

  async function take(one) {
    try {
      const {session} = await post("/api/rate/open", one, {params: {name: one.name}});
      page.go({session});
    } catch (error) {
      fill(message, page.problem(error));
      file.value = "";
    }
  }

  async function remove(one, button) {
    if (!button.dataset.sure) {
      button.dataset.sure = "1";
      button.textContent = "Remove for good?";
      return;
    }
    try {
      await post("/api/rate/remove", {session: one.id});
      page.say("Removed.");
      again();
    } catch (error) {
      fill(message, page.problem(error));
    }
  }

  const removal = (one) => {
    const button = h("button", {type: "button", class: "quiet small", on: {click: () => remove(one, button), blur: () => {
      delete button.dataset.sure;
      button.textContent = "Remove";
    }}}, "Remove");
    return h("td", {}, button);
  };
  const line = (one) => one.error
    ? h("tr", {}, h("td", {}), h("td", {colspan: 4, class: "small"}, one.error), removal(one))
    : h("tr", {}, h("td", {}, one.here ? h("a", {class: "button small", href: `/rate?session=${one.id}`}, one.ended ? "Result" : "Go on") : h("span", {class: "soft small"}, "another model")),
      h("td", {class: "figure"}, `${count(one.rated)} of ${count(one.total)}`), h("td", {class: "date"}, when(one.started)),
      h("td", {}, h("bdi", {}, one.rater || "–")), h("td", {}, h("bdi", {}, one.model)), removal(one));
  return [
    h("h2", {}, "Begun before"),
    !kept && h("p", {class: "soft small"}, "There is no home for files here: ratings last as long as this page's server."),
    sessions.length
      ? h("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": "Ratings begun before"}, h("table", {class: "sessions"},
        h("thead", {}, h("tr", {}, h("th", {scope: "col"}, h("span", {class: "hidden"}, "open")), h("th", {scope: "col", class: "figure"}, "rated"), ["begun", "rater", "model"].map((name) => h("th", {scope: "col"}, name)), h("th", {scope: "col"}, h("span", {class: "hidden"}, "remove")))),
        h("tbody", {}, sessions.map(line))))
      : h("p", {class: "soft"}, "None yet."),
    h("p", {class: "row"}, h("label", {class: "field open"}, "Open a file of ratings, or a plan to rate the same lists as somebody else", file)),
  ];
}

function when(date) {
  const read = new Date(date);
  return Number.isNaN(read.getTime()) ? date : read.toLocaleString(undefined, {dateStyle: "medium", timeStyle: "short"});
}

export const view = {name: "rate", title: "Rate", path: "/rate", defaults: DEFAULTS, show};
