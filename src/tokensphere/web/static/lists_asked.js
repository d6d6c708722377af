// What the start page asks the server for, from the parameters of its address.

export const DEFAULTS = {seed: "0", index: "0", n: "3", k: "10", similarity: "cosine", centered: "0", forms: "0"};
const DRAWN = ["seed", "index", "n"];
export const SHAPE = ["tokens", "vector", "row", ...DRAWN];

export function asksRandom({tokens, vector, row}) {
  return !tokens && !vector && !row;
}

export function paramsOf(params) {
  return Object.fromEntries(Object.entries(params).filter(([name]) => asksRandom(params) || !DRAWN.includes(name)));
}
