// A table of any length: only the rows that are looked at are in the page (ARIA's grid).

import {fill, freshId, h} from "./elements.js";

const WINDOW = 100; // rows that are asked for together
const KEPT = 60; // windows that are kept
const OVERSCAN = 4; // rows drawn beyond either edge
const HIGHEST = 12_000_000; // pixels; browsers draw nothing far beyond
const SETTLED = 70; // ms without scrolling before rows are asked for

/**
 * A grid whose rows come in windows.
 *
 * `ask(first, count, signal)` gives `{total, rows}`, `columns()` are `{key, title, kind, cell(row)}` where `kind`
 * is a class, `open(row)` is called with a row that is clicked or entered, `sortBy(key)` with a head that is.
 */
export function virtualTable({label, columns, ask, open, sortBy, height, told = () => {}}) {
  const id = freshId("grid");
  const head = h("div", {role: "rowgroup", class: "grid-head"});
  const body = h("div", {role: "rowgroup", class: "grid-body"});
  const node = h("div", {id, role: "grid", class: "grid", tabindex: "0", "aria-label": label, on: {
    scroll: () => later(), keydown: key, focus: () => draw(),
  }}, head, body);
  const windows = new Map(); // number -> rows, or the controller of who asks for them
  const drawn = new Map(); // index -> element
  let total = 0;
  let active = 0;
  let opened = null;
  let order = {};
  let version = 0;
  let framed = 0;
  let timer = 0;

  const resized = new ResizeObserver(() => later());
  resized.observe(node);

  const rowHeight = () => height();
  const inside = () => node.clientHeight - head.offsetHeight;
  const full = () => total * rowHeight();
  const shown = () => Math.min(full(), HIGHEST);

  /** Where the view is in a table of full height; a very long one is scrolled in larger steps. */
  function offset() {
    const room = shown() - inside();
    return room <= 0 ? 0 : (node.scrollTop * (full() - inside())) / room;
  }

  function scrollTo(place) {
    const room = full() - inside();
    node.scrollTop = room <= 0 ? 0 : (place * (shown() - inside())) / room;
  }

  function later() {
    framed ||= requestAnimationFrame(() => { framed = 0; draw(); });
  }

  function draw() {
    const high = rowHeight();
    const top = offset();
    const first = Math.max(Math.floor(top / high) - OVERSCAN, 0);
    const last = Math.min(Math.ceil((top + inside()) / high) + OVERSCAN, total);
    for (const [index, row] of drawn) {
      if (index < first || index >= last) {
        row.remove();
        drawn.delete(index);
      }
    }
    const before = node.scrollTop - top;
    for (let index = first; index < last; index += 1) {
      let row = drawn.get(index);
      const record = at(index);
      if (!row || row.record !== record) {
        const made = rowOf(index, record);
        if (row) row.replaceWith(made);
        else body.append(made);
        drawn.set(index, made);
        row = made;
      }
      row.style.transform = `translateY(${before + index * high}px)`;
    }
    mark();
    clearTimeout(timer);
    timer = setTimeout(() => want(first, last), windows.size ? SETTLED : 0);
  }

  function at(index) {
    const rows = windows.get(Math.floor(index / WINDOW));
    return Array.isArray(rows) ? rows[index % WINDOW] : undefined;
  }

  function rowOf(index, record) {
    const cells = columns().map((one) => h("div", {role: "gridcell", class: `cell ${one.kind ?? ""}`, "data-title": one.title},
      record ? one.cell(record) : one.key === "name" ? h("span", {class: "soft"}, "…") : null));
    const row = h("div", {
      role: "row", id: `${id}-${index}`, class: `grid-row${index % 2 ? " odd" : ""}`, "aria-rowindex": index + 2,
      on: {click: () => { activate(index); enter(); }},
    }, cells);
    row.record = record;
    return row;
  }

  function mark() {
    for (const [index, row] of drawn) {
      row.classList.toggle("active", index === active);
      row.setAttribute("aria-selected", String(row.record !== undefined && row.record.row === opened));
    }
    if (drawn.has(active)) node.setAttribute("aria-activedescendant", `${id}-${active}`);
    else node.removeAttribute("aria-activedescendant");
  }

  /** Ask for the windows of some rows, and for no others any longer. */
  function want(first, last) {
    const from = Math.floor(first / WINDOW);
    const to = Math.floor(Math.max(last - 1, first) / WINDOW);
    for (const [number, one] of windows) {
      if (!Array.isArray(one) && (number < from || number > to)) {
        one.abort();
        windows.delete(number);
      }
    }
    for (let number = from; number <= to; number += 1) if (!windows.has(number) && total) fetchWindow(number);
  }

  async function fetchWindow(number) {
    const asking = new AbortController();
    windows.set(number, asking);
    const asked = version;
    try {
      const found = await ask(number * WINDOW, WINDOW, asking.signal);
      if (asked !== version) return;
      windows.delete(number);
      windows.set(number, found.rows);
      for (const old of windows.keys()) {
        if (windows.size <= KEPT) break;
        if (Array.isArray(windows.get(old)) && old !== number) windows.delete(old);
      }
      draw();
    } catch (error) {
      if (asked !== version) return;
      windows.delete(number);
      if (error.name !== "AbortError") told(error);
    }
  }

  function activate(index) {
    if (!total) return;
    active = Math.min(Math.max(index, 0), total - 1);
    const high = rowHeight();
    const top = offset();
    if (active * high < top) scrollTo(active * high);
    else if ((active + 1) * high > top + inside()) scrollTo((active + 1) * high - inside());
    draw();
  }

  function enter() {
    const record = at(active);
    if (record) open(record);
  }

  function key(event) {
    if (event.target !== node || event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(Math.floor(inside() / rowHeight()) - 1, 1);
    const steps = {ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -total, End: total};
    if (event.key in steps) activate(active + steps[event.key]);
    else if (event.key === "Enter" || event.key === " ") enter();
    else return;
    event.preventDefault();
  }

  function drawHead() {
    fill(head, h("div", {role: "row", class: "grid-row", "aria-rowindex": 1}, columns().map((one) => {
      const sorted = order.by === one.sort;
      const way = sorted ? (order.down ? "descending" : "ascending") : one.sort ? "none" : null;
      return h("div", {role: "columnheader", class: `cell ${one.kind ?? ""}`, "aria-sort": way},
        one.sort
          ? h("button", {type: "button", class: "head", tabindex: "-1", on: {click: () => sortBy(one.sort)}}, one.title,
            h("span", {class: "way", "aria-hidden": "true"}, sorted ? (order.down ? " ▼" : " ▲") : ""))
          : one.title);
    })));
  }

  /** Show another table: the rows that were asked for are forgotten. */
  async function load(sorting) {
    order = sorting;
    version += 1;
    const asked = version;
    for (const one of windows.values()) if (!Array.isArray(one)) one.abort();
    const asking = new AbortController();
    node.setAttribute("aria-busy", "true");
    windows.clear();
    windows.set(0, asking);
    try {
      const found = await ask(0, WINDOW, asking.signal);
      if (asked !== version) return null;
      windows.set(0, found.rows);
      total = found.total;
      active = 0;
      body.style.height = `${shown()}px`;
      node.setAttribute("aria-rowcount", total + 1);
      node.setAttribute("aria-colcount", columns().length);
      drawHead();
      for (const row of drawn.values()) row.remove();
      drawn.clear();
      node.scrollTop = 0;
      draw();
      return found;
    } finally {
      if (asked === version) node.setAttribute("aria-busy", "false");
    }
  }

  return {
    node,
    load,
    opened(row) {
      opened = row;
      mark();
    },
    /** The height of rows, or their columns, are others now. */
    changed() {
      body.style.height = `${shown()}px`;
      for (const row of drawn.values()) row.remove();
      drawn.clear();
      drawHead();
      draw();
    },
    leave() {
      version += 1;
      clearTimeout(timer);
      resized.disconnect();
      for (const one of windows.values()) if (!Array.isArray(one)) one.abort();
    },
  };
}
