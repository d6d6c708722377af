// Filled by the view's own module.

import {fill, h} from "./elements.js";

export const view = {
  name: "survey", title: "Survey", path: "/survey", defaults: {},
  show(root) {
    fill(root, h("h1", {}, "Survey"));
    return {};
  },
};
