// Directions that were given, or a saved test: the test, who stands out, the table, each by itself.

import {download, follow, get, post, stop} from "./ask.js";
import {copies, markdownTable} from "./copy.js";
import {directionCard} from "./directions_card.js";
import {groupsPart} from "./directions_groups.js";
import {markVerdict, settingsForm, summaryPart} from "./directions_test.js";
import {count, field, figure, fill, h, pText, select, token} from "./elements.js";
import {progressOf} from "./card.js";
import {virtualTable} from "./table.js";

const TEST = ["given", "null", "sample", "nulls", "seed", "k", "similarity", "centered", "forms", "both"];
const FILTER = ["statistic", "text", "within", "q", "verdict", "group"];
const ORDER = ["sort", "down"];
const DEFAULTS = {
  ...Object.fromEntries(TEST.map((name) => [name, ""])), statistic: "nearness", text: "", within: "anything",
  q: "", verdict: "", group: "", sort: "", down: "0", row: "",
};
const NARROW = matchMedia("(max-width: 62rem)");
const COPIED = 100; // rows
const WITHIN = {
  anything: "anywhere", name: "in the name", tokens: "in a token", token: "just this token", label: "in what they share",
};

const some = (params, names) => Object.fromEntries(names.filter((name) => params[name] !== "").map((name) => [name, params[name]]));

function show(root, page) {
  let params = {...DEFAULTS};
  let now = null; // what the server says of the test
  let seen = {};
  let fitting = 8; // tokens that a row may have room for
  let working = null; // the controller of who follows long work

  const title = h("h1", {}, "Directions");
  const lead = h("p", {class: "soft lead"});
  const message = h("div", {"aria-live": "polite"});
  const test = h("section", {class: "panel test", "aria-label": "The test"});
  const summary = h("section", {class: "summary", "aria-label": "What the test says"});
  const groups = h("section", {class: "groups", "aria-label": "By group"});
  const filters = h("form", {class: "row filters", role: "search", "aria-label": "Which directions", on: {submit: (event) => event.preventDefault()}});
  const counts = h("p", {class: "counts", role: "status"});
  const saves = h("div", {class: "row saves"});
  const aside = h("aside", {class: "one", hidden: true, "aria-label": "One direction"});
  const table = virtualTable({
    label: "Directions", columns, height: () => (NARROW.matches ? 92 : 38),
    ask: (first, many, signal) => get("/api/directions/rows", {...asked(), first, count: many, near: "1"}, {signal}),
    open: (row) => page.go({row: row.row}),
    sortBy: (key) => {
      const same = sort() === key;
      page.go({sort: key, down: same ? (params.down === "1" ? "0" : "1") : ["effect", "value"].includes(key) ? "1" : "0"}, {replace: true});
    },
    told: (error) => fill(message, page.problem(error)),
  });
  const whole = h("div", {class: "whole", hidden: true}, filters, counts, h("div", {class: "split"}, table.node, aside), saves);
  const drop = dropZone(page, message);
  fill(root, title, lead, drop.node, message, test, summary, groups, whole);

  const card = directionCard(aside, page, {
    close: () => { page.go({row: null}); table.node.focus(); },
    row: (row) => page.go({row}),
  });

  const tested = () => Boolean(now?.test);
  const sort = () => params.sort || (tested() ? "p" : "given");

  function asked() {
    const names = tested() ? [...TEST, ...FILTER, ...ORDER] : [...TEST, ...ORDER, "text", "group"];
    const found = some(params, names);
    if (!tested()) {
      if (!["", "given", "name", "group"].includes(params.sort)) delete found.sort;
      found.within = "name";
    }
    return found;
  }

  function columns() {
    const name = {key: "name", title: "direction", sort: "name", kind: "name", cell: (one) => [
      nameOf(one.name), one.group && !one.name.startsWith(one.group) && h("bdi", {class: "soft small of"}, one.group),
    ]};
    const near = (sorted) => ({key: "tokens", title: "nearest tokens", sort: sorted, kind: "tokens", cell: (one) => one.untestable
      ? h("em", {class: "soft"}, `cannot be tested: ${one.untestable}`)
      : (one.tokens ?? []).slice(0, fitting).map((t) => [token(t), " "])});
    if (!tested()) return [name, near(null)];
    const number = (key, head, show) => ({key, title: head, sort: key, kind: "number", cell: (one) => (one.untestable ? "" : show(one[key], one))});
    const small = params.statistic === "label" || params.statistic === "any";
    return [
      name, near("tokens"),
      {key: "shared", title: "they share", sort: "label", kind: "shared", cell: (one) => h("span", {title: one.shared ?? ""}, one.shared ?? "")},
      number("value", small ? "p of it" : "value", (x) => (small ? pText(x) : figure(x))),
      number("effect", "effect", (x) => (x === null ? "–" : figure(x, 1))),
      number("p", "p", (_, one) => one.p_text),
      number("q", "q", (_, one) => one.q_text),
      {key: "verdict", title: "verdict", sort: "verdict", kind: "verdict", cell: (one) => one.verdict && h("span", {class: one.verdict === "meaning" ? "meaning" : "soft"}, one.verdict)},
    ];
  }

  async function update(given) {
    const before = params;
    params = given;
    const changed = (names) => !now || names.some((name) => before[name] !== params[name]);
    try {
      if (changed([...TEST, "statistic"])) await overview();
      else if (now.given && changed([...FILTER, ...ORDER])) await rows();
      if (now?.given) one();
    } catch (error) {
      const told = page.problem(error);
      if (told) fill(message, told);
    }
  }

  async function overview() {
    working?.abort();
    working = new AbortController();
    const {signal} = working;
    const found = await get("/api/directions", {...some(params, TEST), statistic: params.statistic}, {signal});
    fill(message);
    now = found;
    page.how(found.how);
    heads();
    await rows();
    if (found.work) watch(found.work.id);
  }

  function heads() {
    const {given} = now;
    drop.open(!given);
    whole.hidden = test.hidden = summary.hidden = !given;
    if (!given) {
      fill(title, "Directions");
      fill(lead, "Look at the features of a sparse autoencoder, the neurons of a model or your own probes: which are nearer to tokens than chance, and what do these share? ",
        "Start with ", h("code", {}, "tokensphere explore --directions FILE:TENSOR"), ", or drop a file of vectors here.");
      fill(groups);
      return;
    }
    const of = `${count(given.count)} direction${given.count === 1 ? "" : "s"}`;
    fill(title, h("bdi", {}, given.title));
    fill(lead, of, given.groups.length > 1 && ` in ${count(given.groups.length)} groups`, given.tokens && ", sums of tokens",
      given.saved && ", from a saved test", ". ", tested() ? null : "Which of them are nearer to tokens than chance, and what do these share?");
    settingsForm(test, now, params, {change: (changes) => page.go({...changes, row: null}), run, sampled: drop.take});
    summaryPart(summary, now, params, {
      statistic: (name) => page.go({statistic: name}, {replace: true}),
      verdict: (name) => page.go({verdict: params.verdict === name ? null : name}),
    });
    byGroup();
    if (now.error) fill(message, h("p", {class: "problem", role: "alert"}, now.error));
  }

  function byGroup() {
    groupsPart(groups, now, params.group, (name) => page.go({group: params.group === name ? null : name}));
  }

  async function rows() {
    if (!now.given) return;
    whole.classList.toggle("untested", !tested());
    filterForm();
    byGroup();
    markVerdict(summary, params.verdict);
    try {
      fit();
      const found = await table.load({by: sort(), down: params.down === "1"});
      if (!found) return;
      fill(message);
      fill(counts, found.total === found.of ? `${count(found.of)} directions` : `${count(found.total)} of ${count(found.of)} directions`,
        tested() && !now.test.complete && ` tested of ${count(now.test.given)}`);
      saving(found.total);
    } catch (error) {
      const told = page.problem(error);
      if (told) fill(message, told);
    }
  }

  /** The form is made once for what there is to choose; then it follows the address. */
  function filterForm() {
    const {groups: names} = now.given;
    const key = JSON.stringify([tested(), names]);
    if (filters.dataset.key !== key) makeFilters(names);
    filters.dataset.key = key;
    const values = {text: params.text, q: params.q, within: params.within, verdict: params.verdict, group: params.group, sort: sort()};
    for (const one of filters.elements) {
      if (one.name === "down") one.setAttribute("aria-pressed", String(params.down === "1"));
      else if (one.name && one !== document.activeElement) one.value = values[one.name];
    }
  }

  function makeFilters(names) {
    const change = (name, value) => page.go({[name]: value || null}, {replace: true});
    const typed = (name, props) => {
      const input = h("input", {name, ...props, on: {input: debounced(() => change(name, input.value))}});
      return input;
    };
    const choice = (label, name, choices) => {
      const made = select(label, choices, "", (value) => change(name, value));
      made.querySelector("select").name = name;
      return made;
    };
    const plain = [["given", "as given"], ["name", "name"], ...(names.length > 1 ? [["group", "group"]] : [])];
    const sorts = tested()
      ? [["p", "p"], ["q", "q"], ["effect", "effect"], ["value", "value"], ["verdict", "verdict"], ["label", "what they share"], ["tokens", "nearest token"]]
      : [];
    fill(filters,
      field("find", typed("text", {type: "search", placeholder: tested() ? "word, token or label" : "name"})),
      tested() && choice("where", "within", Object.entries(WITHIN)),
      tested() && field("q ≤", typed("q", {type: "number", min: 0, max: 1, step: "any", placeholder: "any"})),
      tested() && choice("verdict", "verdict", [["", "any"], ...now.choices.verdict.map((one) => [one, one])]),
      names.length > 1 && choice("group", "group", [["", "all"], ...names.map((one) => [one, one])]),
      choice("sort by", "sort", [...sorts, ...plain]),
      h("button", {type: "button", name: "down", class: "small", "aria-pressed": "false", on: {click: () => change("down", params.down === "1" ? "0" : "1")}}, "reverse"),
      h("button", {type: "button", class: "small", on: {click: () => page.go({text: null, within: null, q: null, verdict: null, group: null})}}, "clear"));
  }

  function saving(total) {
    const kinds = tested() && total ? [["csv", "CSV"], ["parquet", "Parquet"], ["json", "JSON"]] : [];
    const keep = (format, name) => async () => {
      page.say("saving …");
      try {
        await download("/api/directions/export", {...asked(), sort: sort(), format}, name);
        page.say(`saved ${name}`);
      } catch (error) {
        page.say("");
        fill(message, page.problem(error));
      }
    };
    fill(saves,
      kinds.length > 0 && h("span", {class: "soft"}, `Save the ${count(total)} row${total === 1 ? "" : "s"} as`),
      kinds.map(([format, name]) => h("button", {type: "button", class: "small", on: {click: keep(format, `directions.${format}`)}}, name)),
      tested() && h("button", {type: "button", class: "small", title: "opens again with tokensphere explore --test", on: {click: keep("test", "result.parquet")}}, "Save the whole test"),
      copies({text: () => copied((line) => line.join("  ")), markdown: () => copied(null)}));
  }

  /** The first rows as text, or as a Markdown table. */
  async function copied(line) {
    const {rows: found} = await get("/api/directions/rows", {...asked(), first: 0, count: COPIED, near: "1"});
    const head = ["direction", ...(tested() ? ["p", "q", "effect", "verdict", "they share"] : []), "nearest tokens"];
    const lines = found.map((one) => [one.name,
      ...(tested() ? [one.p_text ?? "", one.q_text ?? "", figure(one.effect, 1), one.verdict ?? one.untestable, one.shared ?? ""] : []),
      (one.tokens ?? []).map((t) => (line ? t.shown : `\`${t.shown}\``)).join(" ")]);
    return line ? [head, ...lines].map(line).join("\n") : markdownTable(head, lines);
  }

  async function run() {
    try {
      const work = await post("/api/directions/start", {}, {params: some(params, TEST)});
      now = {...now, work};
      settingsForm(test, now, params, {change: (changes) => page.go(changes), run, sampled: drop.take});
      watch(work.id);
    } catch (error) {
      fill(message, page.problem(error));
    }
  }

  /** Show how far the test is, and what it found when it ends. */
  async function watch(id) {
    const {signal} = working;
    const bar = h("div", {class: "row progress", role: "group", "aria-label": "Progress"});
    const ending = h("button", {type: "button", on: {click: () => { ending.disabled = true; stop(id); }}}, "Stop");
    const place = test.querySelector(".run") ?? test;
    const shown = h("div");
    fill(place, fill(bar, shown, ending));
    try {
      const ended = await follow(id, (work) => fill(shown, progressOf(work)), {signal});
      page.say(ended.state === "stopped" ? "the test was stopped" : "the test is done");
      seen = {};
      await overview();
      one();
    } catch (error) {
      const told = page.problem(error);
      if (!told) return;
      await overview().catch(() => {});
      fill(message, told);
    }
  }

  function one() {
    const key = JSON.stringify([some(params, [...TEST, "statistic"]), params.row, tested()]);
    aside.hidden = params.row === "";
    whole.classList.toggle("has-one", params.row !== "");
    table.opened(params.row === "" ? null : Number(params.row));
    if (seen.key === key) return;
    seen = {key};
    if (params.row !== "") card.show({...some(params, TEST), statistic: params.statistic, row: params.row}, now);
  }

  /** Tokens beyond the width of their column are not drawn. */
  function fit() {
    fitting = Math.max(Math.ceil((table.node.querySelector(".cell.tokens")?.clientWidth || 300) / 30), 4);
  }

  const narrowed = () => table.changed();
  const resized = debounced(() => {
    if (!now?.given) return;
    byGroup();
    fit();
    table.changed();
  });
  NARROW.addEventListener("change", narrowed);
  window.addEventListener("resize", resized);

  return {
    update,
    leave() {
      working?.abort();
      table.leave();
      card.leave();
      drop.leave();
      NARROW.removeEventListener("change", narrowed);
      window.removeEventListener("resize", resized);
    },
  };
}

/** A name whose end is never cut: the number tells directions apart. */
function nameOf(name) {
  const at = name.lastIndexOf("[");
  const cut = at > 0 && name.length - at < 16 ? at : Math.max(name.length - 6, 0);
  return h("bdi", {title: name}, h("span", {class: "start"}, name.slice(0, cut)), h("span", {class: "rest"}, name.slice(cut)));
}

function debounced(run, ms = 180) {
  let timer = 0;
  return () => { clearTimeout(timer); timer = setTimeout(run, ms); };
}

/** A file of vectors, dropped anywhere or chosen, becomes the directions that are looked at. */
function dropZone(page, message) {
  const file = h("input", {type: "file", accept: ".npy,.npz,.safetensors,.gguf,.pt,.pth,.bin", on: {change: () => file.files[0] && give(file.files[0])}});
  const node = h("details", {class: "drop-directions"}, h("summary", {}, "Other directions"),
    h("div", {class: "panel drop"}, h("label", {class: "field"}, "Drop a file of vectors anywhere here (npy, safetensors, GGUF, PyTorch), or choose one", file)));

  async function take(one) {
    page.say(`reading ${one.name} …`);
    try {
      const {id} = await post("/api/vector", one, {params: {name: one.name}});
      page.say("");
      return id;
    } catch (error) {
      page.say("");
      fill(message, page.problem(error));
      return null;
    }
  }

  async function give(one) {
    const id = await take(one);
    file.value = "";
    if (id) page.go({...Object.fromEntries(Object.keys(DEFAULTS).map((name) => [name, null])), given: id});
  }

  const over = (event) => event.dataTransfer?.types.includes("Files") && event.preventDefault();
  const dropped = (event) => {
    if (!event.dataTransfer?.files.length) return;
    event.preventDefault();
    give(event.dataTransfer.files[0]);
  };
  document.addEventListener("dragover", over);
  document.addEventListener("drop", dropped);
  return {
    node, take,
    open(yes) { node.open = yes; },
    leave() {
      document.removeEventListener("dragover", over);
      document.removeEventListener("drop", dropped);
    },
  };
}

export const view = {name: "directions", title: "Directions", path: "/directions", defaults: DEFAULTS, show};
