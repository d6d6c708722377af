// The post's six claims as cards: what was measured, what chance gives, the verdict, and a picture each.

import {get, post} from "./ask.js";
import {copies} from "./copy.js";
import {count, fill, h} from "./elements.js";
import {choice, text, whole} from "./survey_form.js";
import {cosines, plot, rows, rowsHeight} from "./survey_plots.js";
import {working} from "./survey_working.js";

const STYLES = {holds: "good", "holds for any vocabulary": "law", "holds without words, too": "law", fails: "bad", "cannot tell": "open"};

export function claimsPart(page, address) {
  let params = {};
  let begun = false; // just now, by whoever looks
  let last = {key: "", data: null};
  const fields = {
    directions: whole(page, "directions", "directions", 2),
    seed: whole(page, "seed", "seed", 0),
    k: choice(page, "nearest", "k", ["5", "10", "20"].map((k) => [k, `${k} tokens`])),
    clusters: text(page, "clusters of k-means", "clusters"),
    worlds: whole(page, "vocabularies with no words", "worlds", 2),
  };
  const start = h("button", {class: "main", hidden: true}, "Measure");
  const controls = h("form", {class: "row settings", on: {submit: (event) => {
    event.preventDefault();
    if (!start.hidden) begin();
  }}}, Object.values(fields).map((one) => one.node), start);
  const busy = working(page);
  const message = h("div", {class: "message"});
  const lead = h("p", {class: "lead"});
  const cards = h("div", {class: "claims"});
  const node = h("div", {}, lead, controls, busy.node, message, cards);

  const asked = () => ({n: params.directions, clusters: params.clusters, surrogates: params.worlds, seed: params.seed, k: params.k});

  function settings(data) {
    for (const [name, one] of Object.entries(fields)) one.set(params[name]);
    start.hidden = !data || Boolean(data.result) || Boolean(data.work);
  }

  async function begin() {
    fill(message);
    begun = true;
    try {
      await post("/api/claims/start", {}, {params: asked()});
      last.key = "";
      page.go({}, {replace: true});
    } catch (error) {
      fill(message, page.problem(error));
    }
  }

  async function update(now, signal) {
    params = now;
    fill(message);
    busy.hide();
    const key = JSON.stringify(asked());
    try {
      if (last.key !== key) last = {key, data: await get("/api/claims", asked(), {signal})};
      for (;;) {
        const {data} = last;
        page.how(data.how);
        settings(data);
        say(data);
        if (!data.work) return;
        const ended = await busy.on(data.work, signal, {focus: begun});
        begun = false;
        last = {key, data: await get("/api/claims", asked(), {signal})};
        if (ended.state === "stopped") fill(message, h("p", {class: "soft"}, "Stopped; measuring the claims begins anew."));
        page.say(last.data.result ? "the claims are measured" : "stopped");
      }
    } catch (error) {
      const told = page.problem(error);
      if (told === null) return;
      last.key = "";
      settings({});
      fill(message, told);
    }
  }

  let drawn = null;
  function say({result}) {
    if (!result) {
      drawn = null;
      fill(lead, "Sam Marks's post makes six claims about random vectors. Each is measured in this model, beside chance or the same in vocabularies with no words, and judged by a fixed rule. It takes a minute or a few.");
      fill(cards);
      return;
    }
    if (drawn === result) return;
    drawn = result;
    fill(lead, `The post's six claims in ${count(result.tokens)} tokens of `, h("bdi", {}, page.info.model), `, by ${count(result.directions)} random directions. The rules are the same for every model.`);
    fill(cards, result.claims.map(claimCard), h("div", {class: "full"}, copies({text: () => result.text, markdown: () => markdown(result)})));
  }

  return {node, update};
}

function claimCard(one) {
  const {picture} = one;
  const label = `${one.measured}. ${one.chance}`;
  const drawn = picture.form === "cosines"
    ? plot(190, (width, height) => cosines(picture, {width, height, label}))
    : picture.rows.length ? plot(rowsHeight(picture), (width, height) => rows(picture, {width, height, label})) : null;
  return h("article", {class: "panel claim"},
    h("h2", {}, `${one.number}. ${one.claim}`),
    h("p", {}, h("strong", {class: `verdict-badge ${STYLES[one.verdict]}`}, one.verdict), " ", h("span", {class: "soft"}, one.why)),
    drawn?.node, drawn && h("p", {class: "soft small"}, words(picture)),
    h("dl", {}, h("dt", {}, "measured"), h("dd", {}, one.measured), h("dt", {}, "chance"), h("dd", {}, one.chance)),
    h("details", {}, h("summary", {class: "small"}, "the rule"), h("p", {class: "small"}, `It ${one.rule}.`)),
    copies({svg: drawn?.svg, name: `claim-${one.number}`, markdown: () => claimMarkdown(one)}));
}

function words(picture) {
  if (picture.form === "cosines") return "Filled: all cosines; line: the law of the sphere; outlined: the nearest token's, each direction's. Heights are of each its own.";
  const chance = picture.rows.some((row) => row.chance !== null) ? "Stroke: without words. " : "";
  return `${chance}Dot and line: measured, with its interval. Shaded: where the claim holds.`;
}

function claimMarkdown(one) {
  return `**${one.number}. ${one.claim}**\n\n- measured: ${one.measured}\n- chance: ${one.chance}\n- verdict: **${one.verdict}**\n- because: ${one.why}`;
}

const markdown = (result) => result.claims.map(claimMarkdown).join("\n\n");
