// A map that takes minutes is made when somebody asks for it.

import {follow, post, stop} from "./ask.js";
import {progressOf} from "./card.js";
import {fill, h} from "./elements.js";

/**
 * Fill `place` with what it takes. `found` is what the server says of a map that it does not have, `params`
 * names the map, `done()` is called when it is there.
 */
export function offer(place, found, {page, params, signal, done}) {
  const bar = h("div", {});
  const start = h("button", {type: "button", class: "main", on: {click: async () => {
    try {
      watch((await post("/api/map/umap", {}, {params})).work);
    } catch (error) {
      fill(bar, page.problem(error));
    }
  }}}, "Make it");

  async function watch(id) {
    const halt = h("button", {type: "button", on: {click: () => stop(id)}}, "Stop");
    try {
      const work = await follow(id, (state) => fill(bar, progressOf(state), halt), {signal});
      if (work.state === "stopped") fill(bar, h("p", {class: "small"}, "Stopped; the neighbours that were found are kept."), start);
      else done();
    } catch (error) {
      fill(bar, page.problem(error), start);
    }
  }

  fill(bar, found.can ? start : h("p", {}, "It needs one more package: ", h("code", {}, "pip install 'tokensphere[umap]'")));
  fill(place, h("div", {class: "panel"},
    h("p", {}, "A map by UMAP is made from every token's exact nearest. It takes a few minutes, runs in the background, and is kept for the next time."), bar));
  if (found.work) watch(found.work);
}
