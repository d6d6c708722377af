// Filled by the view's own module.

import {fill, h} from "./elements.js";

export const view = {
  name: "directions", title: "Directions", path: "/directions", defaults: {},
  show(root) {
    fill(root, h("h1", {}, "Directions"));
    return {};
  },
};
