// A line in which tokens are typed, with those that fit below it (ARIA's combobox with a list).

import {fill, freshId, h, token} from "./elements.js";

const SIGNS = /(^|\s)[+\-−]\s/g;

/** Where the token begins that is being typed: after the last sign. */
function lastTerm(text) {
  let at = 0;
  for (const found of text.matchAll(SIGNS)) at = found.index + found[0].length;
  return at;
}

/** What begins with a space, or is in quotes, is sought as such; a word after a sign like the first one. */
function sought(text) {
  const at = lastTerm(text);
  const term = text.slice(at).replace(/^["']/, "");
  const lead = at > 0 && /^\s/.test(text) && !/^[\s␣]/.test(term) ? " " : "";
  return lead + term;
}

/**
 * `complete(text, signal)` gives tokens, `done(text)` takes what is entered. Tokens that are chosen are
 * written as the page shows them, with ␣ for a space.
 */
export function combobox({label, placeholder, complete, done}) {
  const id = freshId("tokens");
  const list = h("ul", {id, role: "listbox", class: "options", hidden: true, "aria-label": "Tokens that fit"});
  const input = h("input", {
    type: "text", role: "combobox", "aria-expanded": "false", "aria-controls": id, "aria-autocomplete": "list",
    autocomplete: "off", autocapitalize: "off", spellcheck: "false", placeholder, class: "token",
    on: {input: typed, keydown: key, blur: () => setTimeout(close, 150)},
  });
  const node = h("form", {class: "combobox", on: {submit: (event) => {
    event.preventDefault();
    enter();
  }}}, h("label", {class: "field"}, label, input), list, h("button", {}, "Look"));
  let asking = null;
  let found = [];
  let active = -1;

  async function typed() {
    asking?.abort();
    asking = new AbortController();
    const text = sought(input.value);
    if (!text.trim() && text !== " ") return close();
    try {
      found = await complete(text, asking.signal);
    } catch {
      return undefined;
    }
    active = -1;
    fill(list, found.map((one, i) => h("li", {role: "option", id: `${id}-${i}`, "aria-selected": "false",
      on: {mousedown: (event) => { event.preventDefault(); choose(i); }}}, token(one))));
    open(found.length > 0);
    return undefined;
  }

  function open(yes) {
    list.hidden = !yes;
    input.setAttribute("aria-expanded", String(yes));
    if (!yes) input.removeAttribute("aria-activedescendant");
  }

  function close() {
    open(false);
    active = -1;
  }

  function mark(next) {
    if (list.hidden || !found.length) return;
    list.children[active]?.setAttribute("aria-selected", "false");
    active = (next + found.length) % found.length;
    const option = list.children[active];
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({block: "nearest"});
    input.setAttribute("aria-activedescendant", option.id);
  }

  function choose(i) {
    const start = input.value.slice(0, lastTerm(input.value));
    const rest = start.trim() ? `${start.trimEnd()} ` : "";
    input.value = rest + written(found[i].shown);
    close();
    input.focus();
    if (!rest.trim()) enter();
  }

  /** A token in a sum: in quotes where it has signs of its own. */
  function written(shown) {
    return /^[^\s"'+\-−]+$/.test(shown) ? shown : `id:${found.find((one) => one.shown === shown).id}`;
  }

  function key(event) {
    if (event.key === "ArrowDown") list.hidden ? typed() : mark(active + 1);
    else if (event.key === "ArrowUp") mark(active < 0 ? found.length - 1 : active - 1);
    else if (event.key === "Escape") close();
    else if (event.key === "Tab" && active >= 0) choose(active);
    else if (event.key === "Enter" && active >= 0 && !list.hidden) choose(active);
    else return;
    event.preventDefault();
  }

  function enter() {
    asking?.abort();
    close();
    if (input.value) done(input.value);
  }

  return {node, input, set: (text) => { if (document.activeElement !== input) input.value = text; }};
}
