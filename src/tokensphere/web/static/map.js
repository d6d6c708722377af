// Filled by the view's own module.

import {fill, h} from "./elements.js";

export const view = {
  name: "map", title: "Map", path: "/map", defaults: {},
  show(root) {
    fill(root, h("h1", {}, "Map"));
    return {};
  },
};
