// Work in the background: how far it is, what is known so far, and a way to stop it.

import {follow, stop} from "./ask.js";
import {fill, h} from "./elements.js";

/** A panel that is there while work goes on. */
export function working(page) {
  const bar = h("progress", {"aria-label": "how far it is"});
  const said = h("p", {class: "soft"});
  const button = h("button", {type: "button", on: {click: () => halt()}}, "Stop");
  const node = h("section", {class: "panel working-on", hidden: true, "aria-label": "work in the background"},
    h("div", {class: "row"}, bar, button), said);
  let id = null;
  async function halt() {
    button.disabled = true;
    fill(said, "stopping at the end of this step …");
    try { await stop(id); } catch (error) { fill(said, page.problem(error)); }
  }
  function told(work) {
    if (work.total) { bar.max = work.total; bar.value = Math.min(work.done, work.total); }
    const far = work.total && work.state === "running" ? `${Math.floor((100 * work.done) / work.total)} %, ${work.seconds.toFixed(0)} s. ` : "";
    if (!button.disabled) fill(said, `${far}${work.state === "waiting" ? "waiting for other work to end" : work.said || work.title}`);
  }
  return {
    node,
    /** Show it until it ends; its last state. With `focus` whoever started it by a key can stop it by one. */
    async on(work, signal, {focus = false} = {}) {
      id = work;
      node.hidden = false;
      button.disabled = false;
      bar.removeAttribute("value");
      if (focus) button.focus();
      try {
        return await follow(work, told, {signal});
      } finally {
        if (!signal.aborted) node.hidden = true;
      }
    },
    hide() { node.hidden = true; },
  };
}
