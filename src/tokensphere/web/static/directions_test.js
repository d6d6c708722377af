// The settings of a test of directions, and what it says of all of them.

import {count, field, fill, h, select} from "./elements.js";

/** The form of the test: what it is done with, and the button that runs it. */
export function settingsForm(node, now, params, {change, run, sampled}) {
  const {settings, choices, test, work, goes_on: goesOn} = now;
  const set = (name) => (value) => change({[name]: value});
  const number = (name, least, text) => {
    const input = h("input", {type: "number", min: least, step: 1, value: settings[name], on: {change: () => set(name)(input.value || null)}});
    return field(text, input);
  };
  const lengths = ["5", "10", "20", "50"];
  const file = h("input", {type: "file", accept: ".npy,.npz,.safetensors,.gguf,.pt,.pth,.bin", class: "hidden", "aria-label": "Directions to draw from", on: {change: async () => {
    const id = await sampled(file.files[0]);
    if (id) change({null: "sample", sample: id});
  }}});
  const law = (name) => {
    if (name === "sample") file.click();
    else change({null: name, sample: null});
  };
  const fields = h("div", {class: "row"},
    select("beside", choices.null.map(([name, words]) => [name, `${name}: ${words}`]), settings.null, law), file,
    number("nulls", 1, "draws"), number("seed", 0, "seed"),
    select("length", [...new Set([...lengths, settings.k])].map((k) => [k, `${k} tokens`]), settings.k, set("k")),
    select("near by", [["cosine", "cosine"], ["dot", "dot product"]], settings.similarity, set("similarity")),
    select("rows", [["0", "as they are"], ["1", "centred"]], settings.centered, set("centered")),
    select("tokens", [["0", "all"], ["1", "one a form"]], settings.forms, set("forms")),
    select("ends", [["0", "as given"], ["1", "both of each"]], settings.both, set("both")));
  const part = test && !test.complete;
  const button = part ? "Go on" : "Run the test";
  const title = test ? "The test" : "Beside chance";
  fill(node,
    h("details", {open: !test || part}, h("summary", {}, h("strong", {}, title),
      h("span", {class: "soft small"}, ` ${settings.null}, ${count(Number(settings.nulls))} draws, seed ${settings.seed}, k = ${settings.k}`)),
    fields, settings.because && h("p", {class: "soft small"}, `The null ${settings.null}, since ${settings.because}.`)),
    part && h("p", {}, `Stopped after ${count(test.done)} of ${count(test.given)} directions; what is done is below.`),
    h("div", {class: "run row"}, !work && goesOn && h("button", {type: "button", class: "main", on: {click: run}}, button)));
}

const CHIPS = {
  meaning: "near to tokens that share a label, each more than chance",
  "near, no shared label": "nearer to tokens than chance, but these share no label",
  "shared label only": "the tokens share a label, but are no nearer than chance",
  neither: "no more than chance",
  "cannot tell": "so few draws cannot tell",
  untestable: "zero, constant or not finite",
};

/** How many directions have which verdict, and what that means in sentences. */
export function summaryPart(node, now, params, {statistic, verdict}) {
  const {test, choices} = now;
  if (!test) {
    fill(node);
    return;
  }
  const chip = ([name, many]) => many > 0 && h("button", {
    type: "button", class: `chip ${name === "meaning" ? "meaning" : ""}`, title: CHIPS[name], "data-verdict": name, "aria-pressed": String(params.verdict === name),
    on: {click: () => verdict(name)},
  }, h("strong", {}, count(many)), ` ${name}`);
  fill(node,
    h("p", {class: "say"}, test.verdict),
    h("div", {class: "row chips", role: "group", "aria-label": "Verdicts: choose one to see its directions"}, Object.entries(test.verdicts).map(chip)),
    h("details", {}, h("summary", {}, "What was compared, and what that says"),
      test.sentences.map((one) => h("p", {}, one)), h("p", {class: "soft small"}, test.caption)),
    h("div", {class: "row"}, select("p, q and effect of the", choices.statistic, params.statistic, statistic)));
}

/** Which verdict is chosen. */
export function markVerdict(node, chosen) {
  for (const one of node.querySelectorAll("[data-verdict]")) one.setAttribute("aria-pressed", String(one.dataset.verdict === chosen));
}
