// The map: every token a point, in the plane of two directions, of principal components, or by UMAP.

import {binary, get, post} from "./ask.js";
import {combobox} from "./combobox.js";
import {count, figure, fill, h, token} from "./elements.js";
import {colorsOf, palette} from "./map-colors.js";
import {fillSettings, readAxis, shownAxis, toolbar} from "./map-controls.js";
import {offer} from "./map-offer.js";
import {picture} from "./map-picture.js";
import {legendPart, selectionPart, tokenPart} from "./map-panel.js";
import {stage} from "./map-stage.js";

const DEFAULTS = {kind: "plane", x: "random:0:0", y: "random:0:1", centered: "0", by: "", at: "", mark: "", list: "", sel: ""};
const MOST_IN_ADDRESS = 60; // chosen tokens
const MOST_RINGED = 200; // chosen tokens that have a ring each

function show(root, page) {
  const began = performance.now();
  let params = {};
  let now = {map: "", by: "", mark: "", list: "", sel: null};
  let about = null;
  let colors = {legend: null, values: null};
  let names = null; // how all tokens are shown
  let near = [];
  let list = {tokens: [], near: []};
  let chosen = [];
  let asking = new AbortController();
  let judging = new AbortController();

  const view = stage({hover, pick: (id) => page.go({mark: id}), chosen: choose, moved: later(() => page.go({at: written()}, {replace: true})), said}, marks);
  const {scene} = view;

  const complete = async (text, signal) => (await get("/api/complete", {text}, {signal})).tokens;
  const typedAxis = (name, label) => combobox({label, placeholder: "seed 0, index 5, or a token", complete, done: (text) => page.go({[name]: readAxis(text), at: null})});
  const x = typedAxis("x", "x");
  const y = typedAxis("y", "y");
  const search = combobox({label: "Mark a token", placeholder: " Paris", complete, done: find});
  const nearest = combobox({label: "Light a list: the tokens nearest to", placeholder: "seed 0, index 5, or a token", complete, done: (text) => page.go({list: readAxis(text)})});
  const axes = h("div", {class: "row axes"}, x.node, y.node, h("button", {type: "button", on: {click: another}}, "Another random pair"));
  const settings = h("div", {class: "row settings"});
  const tip = h("div", {class: "tip", hidden: true});
  const message = h("div", {class: "message"});
  const keptText = h("p", {class: "kept", "aria-live": "polite"});
  const legend = h("div", {class: "legend-place"});
  const tokenPlace = h("div", {});
  const setPlace = h("div", {});
  const help = h("p", {class: "small soft help"}, "Drag to move, turn the wheel to zoom, click a token to mark it, draw a line around tokens to choose them (Lasso, or with the shift key). Keys: arrows, + −, 0 all, Enter marks the token in the middle, v chooses what is visible.");
  const ofList = h("span", {class: "group", hidden: true},
    h("button", {type: "button", on: {click: () => choose(list.tokens.map((one) => one.id))}}, "Choose these"),
    h("button", {type: "button", on: {click: () => page.go({list: null})}}, "No list"));
  const offered = h("div", {class: "offer"});
  const tools = toolbar(view, {choose, png: () => picture(view, caption()), go: (to) => {
    view.look(to);
    page.go({at: written()}, {replace: true});
  }});
  view.node.append(tip, offered);

  const wide = matchMedia("(min-width: 40rem)"); // where all that one can set stands open
  const controls = h("details", {class: "controls", open: wide.matches}, h("summary", {}, "Which map, colours, axes, tokens"),
    h("div", {class: "row top"}, settings, axes), h("div", {class: "row ask"}, search.node, nearest.node, ofList));

  fill(root, h("h1", {}, "All tokens on a map"),
    controls, message,
    h("div", {class: "map"}, h("div", {class: "picture"}, view.node, tools.node, help),
      h("aside", {class: "beside-map", "aria-label": "Beside the map"}, keptText, legend, tokenPlace, setPlace)));
  applyTheme();

  function another() {
    const [, seed, index] = params.y.startsWith("random:") ? params.y.split(":") : ["", "0", "1"];
    const next = Number(index) + 1;
    page.go({x: `random:${seed}:${next}`, y: `random:${seed}:${next + 1}`, at: null});
  }

  async function find(text) {
    try {
      const found = await complete(text);
      if (found.length) page.go({mark: found[0].id});
      else await get("/api/map/near", {...mapParams(), token: text});
    } catch (error) {
      fill(message, page.problem(error));
    }
  }

  const mapParams = () => ({kind: params.kind, x: params.x, y: params.y, centered: params.centered});
  const written = () => {
    const {x: cx, y: cy, width} = scene.view;
    const short = (value) => String(Number(value.toPrecision(5)));
    return JSON.stringify(scene.view) === JSON.stringify(scene.fit) ? null : [cx, cy, width].map(short).join(",");
  };

  function marks() {
    const id = params.mark === "" ? -1 : Number(params.mark);
    return {
      mark: id >= 0 && id < scene.n ? id : -1, near, list: list.tokens.map((one) => one.id), lit: list.near,
      chosen: chosen.length <= MOST_RINGED ? chosen.filter((one) => one < scene.n) : [],
      name: (one) => names?.[one] ?? "", axes: about?.axes ?? [], rings: params.kind === "plane",
    };
  }

  function hover(id, x0, y0) {
    tip.hidden = id < 0;
    if (id < 0) return;
    const lines = [h("div", {}, token({id, shown: names?.[id] ?? "…"}), h("span", {class: "soft"}, ` id ${id}`))];
    if (params.kind !== "umap") lines.push(h("div", {class: "soft"}, `x ${figure(scene.points[2 * id])}, y ${figure(scene.points[2 * id + 1])}`));
    if (colors.values) lines.push(h("div", {class: "soft"}, valueOf(id)));
    fill(tip, lines);
    const wide = view.node.clientWidth;
    tip.style.left = x0 > wide / 2 ? "auto" : `${x0 + 14}px`;
    tip.style.right = x0 > wide / 2 ? `${wide - x0 + 14}px` : "auto";
    tip.style.top = `${Math.min(y0 + 12, view.node.clientHeight - 80)}px`;
  }

  function valueOf(id) {
    const value = colors.values[id];
    if (colors.legend.what === "number") return `${colors.legend.words} ${figure(value)}`;
    return value === 255 ? "none of the groups" : colors.legend.groups[value].name;
  }

  function said(id) {
    if (id >= 0 && names) page.say(`In the middle: ${names[id]}, id ${id}${colors.values ? `, ${valueOf(id)}` : ""}. ${count(scene.visible().length)} tokens are visible.`);
  }

  async function update(given) {
    params = given;
    axes.hidden = params.kind !== "plane";
    tools.sphere.hidden = params.kind !== "plane";
    x.set(shownAxis(params.x));
    y.set(shownAxis(params.y));
    nearest.set(params.list ? shownAxis(params.list) : "");
    if (!settings.contains(document.activeElement) || now.by !== params.by) fillSettings(settings, params, colors.choices, page);
    asking.abort();
    asking = new AbortController();
    const {signal} = asking;
    try {
      fill(message);
      if (now.map !== JSON.stringify(mapParams())) await loadMap(signal);
      if (now.map !== JSON.stringify(mapParams())) return;
      place();
      await Promise.all([loadColors(signal), loadMark(signal), loadList(signal), loadSet(signal)]);
      await loadRest(signal);
    } catch (error) {
      const told = page.problem(error);
      if (told) fill(message, told);
    }
  }

  async function loadMap(signal) {
    const asked = mapParams();
    const start = performance.now();
    const both = params.kind === "umap" ? [get("/api/map", asked, {signal})]
      : [get("/api/map", asked, {signal}), binary("/api/map/points", asked, {signal})];
    let [found, points] = await Promise.all(both);
    page.how(found.how);
    fill(keptText);
    if (found.missing) {
      now.map = "";
      view.node.classList.add("old");
      offer(offered, found, {page, params: asked, signal, done: () => update(params)});
      return;
    }
    points ??= await binary("/api/map/points", asked, {signal});
    about = found;
    fill(offered);
    view.node.classList.remove("old");
    scene.setPoints(new Float32Array(points));
    const {low, high} = scene.box;
    const reach = Math.max(...low.map(Math.abs), ...high.map(Math.abs));
    scene.fit = params.kind === "plane" ? {x: 0, y: 0, width: 2.1 * reach}
      : {x: (low[0] + high[0]) / 2, y: (low[1] + high[1]) / 2, width: 1.06 * Math.max(high[0] - low[0], high[1] - low[1])};
    now.map = JSON.stringify(asked);
    now.mark = now.list = "?";
    scene.resize();
    scene.draw();
    performance.measure("map", {start, end: performance.now()});
    if (!root.dataset.first) {
      root.dataset.first = "1";
      performance.measure("map first frame", {start: began, end: performance.now()});
    }
    root.dataset.map = now.map;
    view.node.querySelector(".over").setAttribute("aria-description", `${about.axes[0]} to the right, ${about.axes[1]} upwards; ${about.n_tokens} tokens.`);
  }

  function place() {
    const [cx, cy, width] = params.at.split(",").map(Number);
    view.look(params.at && width > 0 && Number.isFinite(cx + cy) ? {x: cx, y: cy, width} : scene.fit);
  }

  async function loadColors(signal) {
    const key = `${params.by}|${params.by.startsWith("cosine") || params.by === "cluster" ? params.centered : ""}`;
    if (now.by === key && colors.applied) return;
    if (params.by) {
      const asked = {by: params.by, centered: params.centered};
      const meaning = await get("/api/map/legend", asked, {signal});
      const raw = await binary("/api/map/column", asked, {signal});
      colors = {...colors, legend: meaning, values: meaning.what === "number" ? new Float32Array(raw) : new Uint8Array(raw)};
    } else colors = {...colors, legend: null, values: null};
    now.by = key;
    colors.applied = true;
    paint();
  }

  function paint() {
    if (colors.values) {
      const made = colorsOf(colors.legend, colors.values);
      scene.setColors(made.colors, made.behind);
    } else scene.setColors(null);
    fill(legend, legendPart(colors.legend, (group) => {
      const found = [];
      colors.values.forEach((one, id) => { if (one === group) found.push(id); });
      choose(found);
    }));
  }

  async function loadMark(signal) {
    const key = `${params.mark}|${now.map}`;
    if (now.mark === key || !now.map) return;
    now.mark = key;
    near = [];
    if (params.mark === "") {
      fill(tokenPlace);
    } else {
      const found = await get("/api/map/near", {...mapParams(), id: params.mark}, {signal});
      near = found.near;
      fill(tokenPlace, tokenPart(found, (id) => page.go({mark: id}), () => page.go({mark: null})));
      page.say(`Marked: ${found.token.shown}. Nearest: ${near.slice(0, 5).map((one) => one.shown).join(", ")}`);
    }
    view.redraw();
  }

  async function loadList(signal) {
    const key = `${params.list}|${params.centered}`;
    if (now.list === key) return;
    now.list = key;
    list = params.list ? await get("/api/map/list", {list: params.list, centered: params.centered}, {signal}) : {tokens: [], near: []};
    ofList.hidden = !list.tokens.length;
    if (list.tokens.length) page.say(`Lit: the ${list.tokens.length} tokens nearest to ${list.title}, and their true neighbours.`);
    view.redraw();
  }

  async function loadSet(signal) {
    if (now.sel === params.sel) return;
    now.sel = params.sel;
    if (params.sel === "large") {
      if (chosen.length) return;
      fill(setPlace, h("section", {class: "panel chosen"}, h("p", {class: "small"},
        `A set of more than ${MOST_IN_ADDRESS} tokens does not fit into a link: draw the line around it again.`)));
      return;
    }
    chosen = params.sel ? params.sel.split(".").map(Number) : [];
    judging.abort();
    judging = new AbortController();
    await cardOf(judging.signal);
  }

  /** Choose tokens; few of them stand in the address. */
  function choose(ids) {
    chosen = ids;
    const text = ids.length > MOST_IN_ADDRESS ? "large" : ids.join(".");
    if (text !== "large" && text !== (params.sel ?? "")) { page.go({sel: text || null}); return; }
    now.sel = text;
    if (params.sel !== text) page.go({sel: text});
    judging.abort();
    judging = new AbortController();
    cardOf(judging.signal).catch((error) => {
      const told = page.problem(error);
      if (told) fill(setPlace, told);
    });
  }

  async function cardOf(signal) {
    const start = performance.now();
    scene.selected = chosen.length ? new Uint8Array(scene.n) : null;
    for (const id of chosen) if (id < scene.n) scene.selected[id] = 1;
    scene.ask();
    if (!chosen.length) { fill(setPlace); return; }
    if (chosen.length < 3) {
      fill(setPlace, h("section", {class: "panel chosen"}, h("p", {class: "small"}, `${chosen.length} of the 3 or more tokens that a set needs: choose more.`)));
      return;
    }
    const mine = chosen;
    setPlace.setAttribute("aria-busy", "true");
    const found = await post("/api/map/selection", new Uint32Array(mine).buffer, {signal});
    if (mine !== chosen) return;
    const regions = h("p", {class: "small regions"});
    fill(setPlace, selectionPart(found, {ids: mine, regions, clear: () => choose([]), mark: (id) => page.go({mark: id})}));
    setPlace.setAttribute("aria-busy", "false");
    performance.measure("map card", {start, end: performance.now()});
    page.say(`${count(found.size)} tokens: ${found.chance.words}. ${found.shared.words}.`);
    const beside = await get("/api/map/regions", {...mapParams(), size: found.size, coherence: found.coherence}, {signal});
    fill(regions, `Of ${beside.regions} regions of this map with as many tokens, around random tokens, ${Math.round(100 * beside.share)} % are as alike.`);
  }

  /** What can wait until the first picture stands. */
  async function loadRest(signal) {
    if (!now.map) return;
    if (!names) {
      names = new TextDecoder().decode(await binary("/api/map/tokens", {}, {signal})).split("\n");
      view.redraw();
    }
    if (!keptText.textContent) {
      const found = await get("/api/map/kept", mapParams(), {signal});
      fill(keptText, `${found.text[0].toUpperCase()}${found.text.slice(1)}.`);
    }
    if (!colors.choices) {
      colors.choices = await get("/api/map/choices", {}, {signal});
      fillSettings(settings, params, colors.choices, page);
      await get("/api/map/ready", {}, {signal});
    }
    root.dataset.ready = now.map;
  }

  function caption() {
    const colored = colors.legend ? ` · colour: ${colors.legend.words}` : "";
    return `${page.info.model} · x: ${about.axes[0]} · y: ${about.axes[1]}${colored}`;
  }

  function applyTheme() {
    scene.setPalette(palette());
    if (colors.applied) paint();
    view.redraw();
  }
  const themes = new MutationObserver(applyTheme);
  themes.observe(document.documentElement, {attributes: true, attributeFilter: ["data-theme"]});
  const opens = () => { controls.open = wide.matches; };
  wide.addEventListener("change", opens);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", applyTheme);

  return {
    update,
    leave() {
      asking.abort();
      judging.abort();
      view.leave();
      themes.disconnect();
      wide.removeEventListener("change", opens);
      dark.removeEventListener("change", applyTheme);
    },
  };
}

/** Called once when nothing has asked for it for a while. */
function later(run, ms = 250) {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(run, ms);
  };
}

export const view = {name: "map", title: "Map", path: "/map", defaults: DEFAULTS, show};
