// Filled by the view's own module.

import {fill, h} from "./elements.js";

export const view = {
  name: "rate", title: "Rate", path: "/rate", defaults: {},
  show(root) {
    fill(root, h("h1", {}, "Rate"));
    return {};
  },
};
