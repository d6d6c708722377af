// One list after the other: yes or no. Nothing here knows of which urn a list is; the server does.

import {get, post} from "./ask.js";
import {count, fill, h, token} from "./elements.js";

/** Rates lists from `first` on; calls `ended` when the server has ended the ratings. */
export function rateLists(root, page, session, first, ended) {
  let list = first;
  let seen = performance.now(); // when the list was shown, less pauses
  let paused = null;
  let busy = false;
  let gone = false;
  let told = ""; // below the list

  const place = h("h1", {});
  const bar = h("progress", {"aria-label": "rated"});
  const tokens = h("ol", {class: "rated-list"});
  const said = h("p", {class: "said small", "aria-hidden": "true"});
  const heard = h("p", {class: "hidden", role: "status", "aria-live": "polite"});
  const message = h("div", {class: "message"});
  const button = (text, key, name, run) => h("button", {type: "button", class: name, "aria-keyshortcuts": key, on: {click: run}},
    text, " ", h("kbd", {"aria-hidden": "true"}, key === "Backspace" ? "⌫" : key));
  const no = button("No, a hodgepodge", "0", "verdict no", () => say(false));
  const yes = button("Yes, they share something", "1", "verdict yes", () => say(true));
  const back = button("Back", "Backspace", "quiet", () => move(list.at - 1));
  const undo = button("Undo", "u", "quiet", takeBack);
  const pause = button("Pause", "p", "quiet", () => hold(paused === null));
  const end = h("button", {type: "button", class: "quiet", on: {click: askEnd, blur: () => sure(false)}}, "End here");
  const rating = h("div", {class: "rating"}, tokens, said);
  const verdicts = h("div", {class: "row verdicts", role: "group", "aria-label": "Do they share something?"}, no, yes);

  fill(root,
    h("div", {class: "row rate-head"}, place, bar),
    h("p", {class: "soft lead"}, "Do many of these tokens share something: a topic, a kind of word, a form? Go by your first impression."),
    message, h("div", {class: "panel rate-panel"}, rating, verdicts),
    h("div", {class: "row"}, back, undo, pause, end, h("a", {href: "/rate", class: "soft small"}, "Later: go on from the list of ratings")), heard);
  page.how({});
  put(first);

  function put(found) {
    list = found;
    if (found.ended) {
      leave();
      ended();
      return;
    }
    const done = found.at >= found.total;
    fill(place, done ? "All lists are rated" : `List ${count(found.at + 1)} of ${count(found.total)}`);
    bar.max = found.total;
    bar.value = found.rated;
    fill(tokens, found.tokens?.map((one) => h("li", {}, token(one))));
    tokens.hidden = done;
    told = done ? "See what came of it, or go back."
      : found.share === null ? "\u00a0" : found.share ? "You said: yes" : "You said: no";
    fill(said, told);
    for (const one of [no, yes]) one.disabled = done;
    for (const [one, share] of [[no, false], [yes, true]]) one.setAttribute("aria-pressed", String(found.share === share));
    back.disabled = found.at === 0;
    undo.disabled = found.rated === 0;
    end.disabled = found.rated === 0;
    end.className = done ? "main" : "quiet";
    sure(false);
    seen = performance.now();
    if (done) end.focus({preventScroll: true});
    fill(heard, done ? "All lists are rated." : `List ${found.at + 1} of ${found.total}: ${found.tokens.map((one) => one.shown).join(", ")}`);
    const at = found.at === found.rated ? null : found.at;
    if (new URLSearchParams(location.search).get("at") !== (at === null ? null : String(at))) page.go({at}, {replace: true});
  }

  /** One question at a time; what is pressed meanwhile is not counted. */
  async function ask(asking) {
    if (busy || gone) return;
    busy = true;
    try {
      const found = await asking();
      fill(message);
      if (!gone && found) put(found);
    } catch (error) {
      fill(message, page.problem(error));
    } finally {
      busy = false;
    }
  }

  function say(share) {
    if (paused !== null || list.tokens === null) return;
    const seconds = Math.round((performance.now() - seen) / 100) / 10;
    ask(() => post("/api/rate/verdict", {session, at: list.at, share, seconds}));
  }

  function takeBack() {
    if (paused === null && list.rated) ask(() => post("/api/rate/undo", {session}));
  }

  function move(at) {
    if (paused === null && at >= 0 && at <= list.rated && at !== list.at) ask(() => get("/api/rate/list", {session, at}));
  }

  function hold(yes_) {
    if (yes_ === (paused !== null)) return;
    if (yes_) paused = performance.now();
    else {
      seen += performance.now() - paused;
      paused = null;
    }
    rating.classList.toggle("paused", yes_);
    tokens.setAttribute("aria-hidden", String(yes_));
    fill(said, yes_ ? "Paused: no time is counted." : told);
    for (const one of [no, yes]) one.disabled = yes_ || list.tokens === null;
    pause.firstChild.textContent = yes_ ? "Go on" : "Pause";
    fill(heard, yes_ ? "Paused: the list is hidden, and no time is counted." : "Going on.");
  }

  function sure(asked) {
    const left = list.total - list.rated;
    if (asked) end.dataset.sure = "1";
    else delete end.dataset.sure;
    fill(end, left === 0 ? "See what came of it" : asked ? `End with ${count(left)} not rated?` : "End here");
  }

  function askEnd() {
    if (list.rated < list.total && !end.dataset.sure) {
      sure(true);
      fill(heard, "Press again to end: then you learn the urns, and verdicts stay as they are.");
      return;
    }
    ask(async () => {
      await post("/api/rate/finish", {session});
      return {...list, ended: true};
    });
  }

  const KEYS = {
    1: () => say(true), 0: () => say(false), y: () => say(true), n: () => say(false),
    Backspace: () => move(list.at - 1), ArrowLeft: () => move(list.at - 1), ArrowRight: () => move(list.at + 1),
    u: takeBack, p: () => hold(paused === null),
  };

  function keys(event) {
    if (event.target.closest("input, textarea, select") || event.metaKey || event.ctrlKey || event.altKey || event.repeat) return;
    const run = KEYS[event.key];
    if (!run) return;
    event.preventDefault();
    run();
  }
  document.addEventListener("keydown", keys);

  function leave() {
    gone = true;
    document.removeEventListener("keydown", keys);
  }

  return {
    leave,
    /** The address names another list. */
    update({at}) {
      const wanted = at === undefined ? list.rated : Number(at);
      if (wanted !== list.at) move(Math.min(Math.max(wanted, 0), list.rated));
    },
  };
}
