// Fields whose values are in the address: they stay where they are while the page fills, and keep what is typed.

import {field, h} from "./elements.js";

function made(page, label, input, value = () => input.value) {
  input.addEventListener("change", () => page.go(changed(input, value())));
  return {
    node: input.type === "checkbox" ? h("label", {class: "field"}, input, label) : field(label, input),
    /** What the address says, unless something else is being typed. */
    set(now) {
      const typing = document.activeElement === input && input.value !== input.dataset.was;
      if (input.type === "checkbox") input.checked = now === "1";
      else if (!typing) {
        if (input.tagName === "SELECT" && ![...input.options].some((one) => one.value === now)) input.append(h("option", {value: now}, now));
        input.value = now;
        input.dataset.was = now;
      }
    },
  };
}

const changed = (input, value) => ({[input.name]: value, bin: null, lists: null});

export const whole = (page, label, name, least) =>
  made(page, label, h("input", {type: "number", name, min: least, step: 1}));

export const text = (page, label, name) => made(page, label, h("input", {type: "text", name, size: 14, spellcheck: "false"}));

export const choice = (page, label, name, known) =>
  made(page, label, h("select", {name}, known.map(([value, words]) => h("option", {value}, words))));

export function yes(page, label, name) {
  const input = h("input", {type: "checkbox", name});
  return made(page, label, input, () => (input.checked ? "1" : "0"));
}
