// The start page: three random directions, or whatever is typed, dropped or pasted.

import {get, post} from "./ask.js";
import {askCards, cardCopies, fillChance, frame, listTable, progressOf} from "./card.js";
import {combobox} from "./combobox.js";
import {field, figure, fill, h, select} from "./elements.js";
import {asksRandom, DEFAULTS, paramsOf, SHAPE} from "./lists_asked.js";


function show(root, page) {
  let asking = null;
  let params = {...DEFAULTS};

  const again = h("button", {type: "button", class: "main", on: {click: () => step(1)}}, "Draw again");
  const back = h("button", {type: "button", on: {click: () => step(-1)}, "aria-label": "the lists before"}, "◀ Back");
  const forward = h("button", {type: "button", on: {click: () => step(1)}, "aria-label": "the lists after"}, "Forward ▶");
  const seed = h("input", {type: "number", min: 0, step: 1, value: "0"});
  const index = h("input", {type: "number", min: 0, step: 1, value: "0"});
  const jump = h("form", {class: "row inline", on: {submit: (event) => {
    event.preventDefault();
    random({seed: seed.value || "0", index: index.value || "0"});
  }}}, field("seed", seed), field("index", index), h("button", {}, "Go"));
  const typed = combobox({
    label: "A token or a sum of tokens", placeholder: " king - man + woman",
    complete: async (text, signal) => (await get("/api/complete", {text}, {signal})).tokens,
    done: (text) => page.go({...cleared(), tokens: text}),
  });
  const controls = h("div", {class: "row settings"});
  const title = h("h1", {}, "Random directions and the tokens nearest to them");
  const message = h("div", {class: "message"});
  const cards = h("div", {class: "cards"});
  const drop = dropZone(page, (id, count) => {
    if (count > 1) page.go({given: id}, {view: "directions"});
    else page.go({...cleared(), vector: id});
  });

  fill(root, title,
    h("p", {class: "soft lead"}, "Draw a vector at random, and look at the tokens of largest cosine to it: do they share something? ",
      "Below each list stands how alike its tokens are, beside what chance gives."),
    h("div", {class: "row draw"}, again, back, forward, jump),
    h("div", {class: "row ask"}, typed.node, drop.button),
    drop.area, controls, message, cards);

  function cleared() {
    return Object.fromEntries(SHAPE.map((name) => [name, null]));
  }

  function random(changes) {
    page.go({...cleared(), seed: params.seed, n: params.n, ...changes});
  }

  function step(by) {
    const isRandom = asksRandom(params);
    const n = Number(params.n) || 3;
    random({index: String(isRandom ? Math.max(Number(params.index) + by * n, 0) : Number(params.index))});
  }

  function settings() {
    const change = (name) => (value) => page.go({[name]: value});
    fill(controls,
      select("length", ["5", "10", "20", "50"].concat(["5", "10", "20", "50"].includes(params.k) ? [] : [params.k])
        .map((k) => [k, `${k} tokens`]), params.k, change("k")),
      select("near by", [["cosine", "cosine"], ["dot", "dot product"], ["euclidean", "Euclidean distance"]], params.similarity, change("similarity")),
      select("rows", [["0", "as they are"], ["1", "centred"]], params.centered, change("centered")),
      select("tokens", [["0", "all"], ["1", "one a form"]], params.forms, change("forms")));
  }

  async function update(now) {
    params = now;
    asking?.abort();
    asking = new AbortController();
    const {signal} = asking;
    const isRandom = asksRandom(params);
    const began = performance.now();
    if (document.activeElement !== seed) seed.value = params.seed;
    if (document.activeElement !== index) index.value = params.index;
    typed.set(params.tokens ?? "");
    back.disabled = isRandom && Number(params.index) === 0;
    settings();
    fill(title, isRandom ? "Random directions and the tokens nearest to them" : "The tokens nearest to a direction");
    const asked = paramsOf(params);
    try {
      const found = await get("/api/lists", asked, {signal});
      fill(message);
      const frames = found.lists.map((list) => {
        const parts = frame(list.title);
        fill(parts.list, listTable(list, found.settings, (one) => page.go({...cleared(), tokens: `id:${one.id}`})));
        fill(parts.chance, h("p", {class: "soft small"}, alike(list.coherence)));
        return parts;
      });
      fill(cards, frames.map((parts) => parts.node));
      cards.classList.toggle("single", frames.length === 1);
      if (!isRandom) fill(title, "The tokens nearest to ", h("bdi", {}, found.lists[0].title));
      cards.dataset.ready = JSON.stringify(asked);
      performance.measure("list", {start: began, end: performance.now()});
      page.how(found.how);
      const full = await askCards(asked, {signal, told: (work) => frames.forEach((parts) => fill(parts.chance, progressOf(work)))});
      full.cards.forEach((one, i) => {
        fillChance(frames[i].chance, one);
        frames[i].node.append(cardCopies(one));
      });
      page.how(full.how);
      page.say(full.cards.length === 1
        ? `${full.cards[0].title}: ${full.cards[0].chance[0]?.words ?? alike(full.cards[0].coherence)}`
        : `${full.cards.length} lists, from ${full.cards[0].title} to ${full.cards.at(-1).title}`);
    } catch (error) {
      const told = page.problem(error);
      if (told === null) return;
      fill(message, told);
      if (!cards.dataset.ready) fill(cards);
      for (const busy of cards.querySelectorAll("[aria-busy=true]")) fill(busy);
    }
  }

  function keys(event) {
    if (event.target.closest("input, textarea, select") || event.metaKey || event.ctrlKey || event.altKey) return;
    if (event.key === "n" || event.key === "ArrowRight") step(1);
    else if (event.key === "p" || event.key === "ArrowLeft") step(-1);
    else return;
    event.preventDefault();
  }
  document.addEventListener("keydown", keys);

  return {
    update,
    leave() {
      asking?.abort();
      drop.leave();
      document.removeEventListener("keydown", keys);
    },
  };
}

function alike(coherence) {
  return coherence === null ? "" : `How alike the tokens are: ${figure(coherence)}`;
}

/** Drop a file anywhere, choose one, or paste numbers. */
function dropZone(page, done) {
  const problem = h("div");
  const file = h("input", {type: "file", accept: ".npy,.npz,.safetensors,.gguf,.pt,.pth,.bin", on: {change: () => file.files[0] && send(file.files[0])}});
  const numbers = h("textarea", {rows: 4, spellcheck: "false", "aria-label": "Numbers of a vector"});
  const area = h("form", {class: "panel drop", hidden: true, on: {submit: (event) => {
    event.preventDefault();
    sendNumbers();
  }}},
  h("p", {}, "Drop a file of vectors here (npy, safetensors, GGUF, PyTorch), or ", h("label", {class: "field"}, "choose one", file)),
  h("label", {}, `Or paste ${page.info.d} numbers`, numbers),
  h("div", {class: "row"}, h("button", {}, "Look at it")), problem);
  const button = h("button", {type: "button", "aria-expanded": "false", on: {click: () => open(area.hidden)}}, "A vector of your own");

  function open(yes) {
    area.hidden = !yes;
    button.setAttribute("aria-expanded", String(yes));
    if (yes) numbers.focus();
  }

  async function take(body, params) {
    fill(problem);
    try {
      const {id, count} = await post("/api/vector", body, {params});
      open(false);
      done(id, count);
    } catch (error) {
      fill(problem, page.problem(error));
    }
  }

  const send = (one) => take(one, {name: one.name});
  const sendNumbers = () => take(numbers.value, {pasted: 1});

  const over = (event) => event.dataTransfer?.types.includes("Files") && event.preventDefault();
  const dropped = (event) => {
    if (!event.dataTransfer?.files.length) return;
    event.preventDefault();
    open(true);
    send(event.dataTransfer.files[0]);
  };
  document.addEventListener("dragover", over);
  document.addEventListener("drop", dropped);
  return {button, area, leave() {
    document.removeEventListener("dragover", over);
    document.removeEventListener("drop", dropped);
  }};
}

export const view = {name: "lists", title: "Lists", path: "/", defaults: DEFAULTS, show};
