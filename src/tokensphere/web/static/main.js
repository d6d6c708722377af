// The frame of the page: which view the address names, and what all views need.

import {framed, get} from "./ask.js";
import {copyButton} from "./copy.js";
import {count, fill, h} from "./elements.js";
import {view as lists} from "./lists.js";

/** The start page is there at once; the others are fetched when somebody goes there. */
const VIEWS = [
  lists,
  {name: "directions", title: "Directions", path: "/directions", load: () => import("./directions.js")},
  {name: "map", title: "Map", path: "/map", load: () => import("./map.js")},
  {name: "survey", title: "Survey", path: "/survey", load: () => import("./survey.js")},
  {name: "rate", title: "Rate", path: "/rate", load: () => import("./rate.js")},
];
const root = document.getElementById("view");
const status = document.getElementById("status");

let current = null; // {view, shown}

const page = {
  info: null,

  /** Say something to those who look and to those who listen. */
  say(text) {
    status.textContent = text;
  },

  /** The same outside of the page. */
  how({command, python}) {
    const block = (title, text) => text && h("div", {}, h("div", {class: "row"}, h("strong", {}, title), copyButton("Copy", () => text)),
      h("pre", {tabindex: "0"}, text));
    fill(document.getElementById("ways"), block("Terminal", command), block("Python", python),
      h("div", {class: "row"}, h("strong", {}, "Link"), copyButton("Copy the link", () => location.href),
        h("span", {class: "small"}, "opens the same view wherever tokensphere explore runs with this model, at its own address")));
  },

  /** Change the address, and with it what is shown; `null` takes a parameter out. */
  go(changes, {replace = false, view = null, keep = true} = {}) {
    const target = VIEWS.find((one) => one.name === view) ?? current.view;
    if (target.load) {
      fetched(target).then(() => page.go(changes, {replace, view, keep}));
      return;
    }
    const before = target === current.view && keep ? given() : {};
    const params = {...before, ...changes};
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(params)) {
      if (value === null || value === undefined || String(value) === target.defaults[name]) continue;
      query.set(name, String(value));
    }
    const address = query.size ? `${target.path}?${query}` : target.path;
    if (replace) history.replaceState(null, "", address);
    else history.pushState(null, "", address);
    arrive();
  },

  problem(error) {
    if (error.name === "AbortError") return null;
    return h("p", {class: "problem", role: "alert"}, error.message);
  },
};

function given() {
  return Object.fromEntries(new URLSearchParams(location.search));
}

/** Fetch a view; those that follow find it in its place. */
async function fetched(view) {
  try {
    const {view: whole} = await view.load();
    VIEWS[VIEWS.findIndex((one) => one.name === view.name)] = whole;
  } catch {
    fill(root, h("p", {class: "problem", role: "alert"}, "the server does not answer: start tokensphere explore again"));
    throw new Error(`the view ${view.name} could not be fetched`);
  }
}

function arrive() {
  const view = VIEWS.find((one) => one.path === location.pathname) ?? lists;
  if (view.load) {
    fetched(view).then(arrive);
    return;
  }
  if (current?.view !== view) {
    current?.shown.leave?.();
    document.title = `${view.title} · tokensphere`;
    for (const link of document.querySelectorAll("#views a")) {
      if (link.dataset.view === view.name) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    root.replaceChildren();
    root.className = `view-${view.name}`;
    fill(document.getElementById("ways"));
    current = {view, shown: {}};
    current.shown = view.show(root, page);
  }
  current.shown.update?.({...view.defaults, ...given()});
}

function follows(event) {
  return event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
}

/** Links between views load nothing anew. */
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href^='/']");
  if (!link || link.hasAttribute("download") || !follows(event)) return;
  const url = new URL(link.href);
  if (!VIEWS.some((one) => one.path === url.pathname)) return;
  event.preventDefault();
  history.pushState(null, "", url.pathname + url.search);
  arrive();
  root.focus({preventScroll: true});
});

window.addEventListener("popstate", arrive);

const THEMES = ["auto", "light", "dark"];
const theme = document.getElementById("theme");

function setTheme(name) {
  if (name === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
  theme.textContent = `Theme: ${name}`;
  try {
    localStorage.setItem("tokensphere-theme", name);
  } catch { /* a frame may have no storage */ }
}

function keptTheme() {
  try {
    return localStorage.getItem("tokensphere-theme") ?? "auto";
  } catch {
    return "auto";
  }
}

theme.addEventListener("click", () => {
  const now = document.documentElement.dataset.theme ?? "auto";
  setTheme(THEMES[(THEMES.indexOf(now) + 1) % THEMES.length]);
});

async function start() {
  setTheme(THEMES.includes(keptTheme()) ? keptTheme() : "auto");
  fill(document.getElementById("views"),
    VIEWS.map((one) => h("a", {href: one.path, "data-view": one.name}, one.title)));
  try {
    page.info = await get("/api/info");
  } catch (error) {
    fill(root, page.problem(error));
    return;
  }
  const {model, n, d} = page.info;
  fill(document.getElementById("model"), h("bdi", {}, model), ` · ${count(n)} tokens × ${d}`);
  if (framed) document.documentElement.dataset.framed = "";
  arrive();
  performance.mark("usable");
}

start();
