// How often lists cohere, what they share, hubs, and the six claims: begun here or opened, kept, gone on with.

import {get, post} from "./ask.js";
import {count, fill, h} from "./elements.js";
import {claimsPart} from "./survey_claims.js";
import {choice, whole, yes} from "./survey_form.js";
import {percent} from "./survey_plots.js";
import {ratesPart} from "./survey_rates.js";
import {hubsPart, sharedPart} from "./survey_shared.js";
import {working} from "./survey_working.js";

const DEFAULTS = {
  part: "rates", given: "", n: "", surrogates: "", seed: "0", first: "0", k: "10", centered: "0", forms: "0",
  law: "blockwise", surrogate_seed: "0", names: "0", level: "0", bin: "", group: "most", lists: "12",
  directions: "2000", clusters: "100,300,1000", worlds: "5",
};
const PARTS = [["rates", "How often"], ["shared", "What they share"], ["hubs", "Hubs"], ["claims", "Six claims"]];
const OF_LISTS = ["seed", "first", "k", "centered", "forms", "law", "surrogate_seed"];

/** The address of this view with other parameters. */
export function address(params, changes) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries({...params, ...changes})) {
    if (value !== null && name in DEFAULTS && String(value) !== DEFAULTS[name]) query.set(name, value);
  }
  return query.size ? `/survey?${query}` : "/survey";
}

const inShort = ({main}) => `${main.foreseen ? "about " : ""}${percent(main.rate)} of the lists are coherent, where chance gives ${percent(main.chance)}`;

function show(root, page) {
  let asking = null;
  let params = {...DEFAULTS};
  let begun = false; // just now, by whoever looks
  let unknown = true; // whether there is something to start
  let wished = false; // by Enter, while that was unknown
  let last = {key: "", data: null};
  let part = null; // {name, node, update}

  const answer = h("section", {class: "answer panel", "aria-label": "the answer"});
  const fields = {
    n: whole(page, "directions", "n", 100),
    seed: whole(page, "seed", "seed", 0),
    k: choice(page, "length", "k", ["5", "10", "20"].map((k) => [k, `${k} tokens`])),
    centered: choice(page, "rows", "centered", [["0", "as they are"], ["1", "centred"]]),
    forms: choice(page, "tokens", "forms", [["0", "all"], ["1", "one a form"]]),
    surrogates: choice(page, "vocabularies with no words", "surrogates", [["19", "19, to tell 5 %"], ["99", "99, to tell 1 %"]]),
    names: yes(page, "say what they share", "names"),
  };
  const start = h("button", {class: "main", hidden: true}, "Start");
  const given = h("span", {});
  const other = h("span", {});
  const controls = h("form", {class: "row settings", on: {submit: (event) => {
    event.preventDefault();
    if (!start.hidden) begin();
    else wished = unknown;
  }}}, given, Object.values(fields).map((one) => one.node), start, other);
  const busy = working(page);
  const message = h("div", {class: "message"});
  const tabs = h("nav", {class: "tabs", "aria-label": "parts of this view"});
  const body = h("div", {class: "part"});
  const claims = claimsPart(page, address);
  fill(root, h("h1", {}, "How often do the nearest tokens have something in common?"), tabs, answer, controls, busy.node, message, body);

  const isGiven = () => (params.given === "" ? page.info.given.survey : params.given === "1");

  function asked() {
    const found = {names: params.names};
    if (params.n) found.n = params.n;
    if (params.surrogates) found.surrogates = params.surrogates;
    if (isGiven()) found.given = 1;
    else for (const name of OF_LISTS) found[name] = params[name];
    return found;
  }

  async function update(now) {
    params = now;
    wished = false;
    asking?.abort();
    asking = new AbortController();
    const {signal} = asking;
    fill(tabs, PARTS.map(([name, title]) =>
      h("a", {href: address(params, {part: name}), "aria-current": name === params.part ? "page" : null}, title)));
    const ofClaims = params.part === "claims";
    for (const node of [answer, controls]) node.hidden = ofClaims;
    if (!answer.firstChild) fill(answer, h("p", {class: "soft"}, "Looking for what is there …"));
    fill(message);
    busy.hide();
    if (ofClaims) {
      if (part?.name !== "claims") fill(body, claims.node);
      part = {name: "claims"};
      await claims.update(params, signal);
      return;
    }
    try {
      await look(signal);
    } catch (error) {
      const told = page.problem(error);
      if (told === null) return;
      last = {key: "", data: null};
      unknown = wished = false;
      fill(message, told, isGiven() && h("p", {}, h("a", {href: address({}, {given: "0"})}, "Compute a survey here instead")));
      fill(answer);
      fill(body);
      part = null;
      settings(null);
    }
  }

  async function look(signal) {
    const key = JSON.stringify(asked());
    unknown = last.key !== key;
    if (unknown) last = {key, data: await get("/api/survey", asked(), {signal})};
    unknown = false;
    for (;;) {
      const {data} = last;
      page.how(data.how);
      say(data);
      settings(data);
      if (data.result) fillPart(data);
      else { fill(body); part = null; }
      const go = wished && !start.hidden;
      wished = false;
      if (go) return begin();
      if (!data.work) return;
      const ended = await busy.on(data.work, signal, {focus: begun});
      begun = false;
      last = {key, data: await get("/api/survey", asked(), {signal})};
      if (ended.state === "stopped" && !last.data.there) fill(message, h("p", {class: "soft"}, "Stopped before there was anything to show."));
      page.say(last.data.result ? inShort(last.data.result) : "stopped");
    }
  }

  /** The answer in one sentence, or what to do to get one. */
  function say({result, there, which, complete}) {
    if (!result) {
      fill(answer, h("p", {class: "lead"}, "Draw random directions, look how alike the tokens nearest to each are, and compare every direction with itself in vocabularies with no words. ",
        "Nobody has done that yet with these settings: start it below. It runs in the background, and is kept."));
      return;
    }
    const {rate, interval, chance, foreseen} = result.main;
    const beside = foreseen ? `each beside its own in ${foreseen.wanted} vocabularies with no words, of which ${foreseen.done} done; the rest is estimated`
      : result.main.tells ? `each beside its own in ${result.surrogates} vocabularies with no words` : "beside all lists of one vocabulary with no words";
    const figures = [["of the lists are coherent", `${foreseen ? "about " : ""}${percent(rate)}`, `95 % interval ${percent(interval[0])} to ${percent(interval[1])}`],
      ["by chance", percent(chance), beside],
      ["the post's guess", percent(result.guess, 0), "“perhaps 20 %”"]];
    const part = complete ? null : h("p", {class: "soft"}, `This is of ${count(there.n)} of ${count(which.n)} directions, beside ${there.surrogates} of ${which.surrogates} vocabularies`,
      which.names && !result.naming ? "; what the lists share is not known yet." : ".");
    fill(answer, h("div", {class: "figures"}, figures.map(([what, value, more], i) =>
      h("div", {class: i === 0 ? "first" : ""}, h("div", {class: "value"}, value), h("div", {}, what), h("div", {class: "soft small"}, more)))),
    h("p", {class: "sentence"}, result.sentence), part);
  }

  function settings(data) {
    const which = data?.which;
    const label = !data?.there ? "Start" : which.can_go_on && !data.complete ? "Go on" : "";
    const can = !isGiven() || Boolean(which?.can_go_on);
    for (const name of ["n", "surrogates", "names"]) fields[name].node.hidden = !can;
    for (const name of ["seed", "k", "centered", "forms"]) {
      fields[name].node.hidden = isGiven();
      fields[name].set(params[name]);
    }
    fields.n.set(String(which?.n ?? (params.n || 1000)));
    fields.surrogates.set(String(which?.surrogates ?? (params.surrogates || 19)));
    fields.names.set(params.names);
    start.hidden = !label || Boolean(data?.work);
    start.textContent = label || "Start";
    given.hidden = !isGiven();
    other.hidden = !page.info.given.survey;
    fill(given, isGiven() && which && [h("strong", {}, "The survey that was given"), h("span", {class: "soft"},
      `: ${which.seed === null ? "given directions" : `seed ${which.seed}`}, ${which.k} tokens, rows ${which.centered ? "centred" : "as they are"}${which.forms ? ", one a form" : ""}`)]);
    fill(other, page.info.given.survey && h("a", {href: address({}, {given: isGiven() ? "0" : ""})}, isGiven() ? "another survey" : "the survey that was given"));
  }

  async function begin() {
    fill(message);
    begun = true;
    try {
      await post("/api/survey/start", {}, {params: asked()});
      last.key = "";
      update(params);
    } catch (error) {
      fill(message, page.problem(error));
    }
  }

  function fillPart(data) {
    const make = {rates: ratesPart, shared: sharedPart, hubs: hubsPart}[params.part] ?? ratesPart;
    if (part?.name !== params.part || part.data !== data) {
      const link = (changes) => address(params, changes);
      part = {name: params.part, data, ...make(page, data, {asked: asked(), link, name: () => { page.go({names: "1"}); begin(); }})};
      fill(body, part.node);
    }
    part.update?.(params);
  }

  return {update, leave() { asking?.abort(); }};
}

export const view = {name: "survey", title: "Survey", path: "/survey", defaults: DEFAULTS, show};
