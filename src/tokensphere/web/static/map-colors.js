// Colours for numbers and groups: told apart by all kinds of eyes, on light and on dark ground.

/** `rgb(1, 2, 3)` or `#123456` as the number that stands in the picture's memory. */
export function packed(css) {
  const hex = css.trim();
  if (hex.startsWith("#")) {
    const full = hex.length === 4 ? [...hex.slice(1)].map((c) => c + c).join("") : hex.slice(1, 7);
    const value = Number.parseInt(full, 16);
    return rgb(value >> 16, (value >> 8) & 255, value & 255);
  }
  const [r, g, b] = hex.match(/\d+(\.\d+)?/g).map(Number);
  return rgb(r, g, b);
}

export function rgb(r, g, b) {
  return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
}

/** Between two packed colours. */
export function mixed(one, other, share) {
  const part = (shift) => Math.round(((one >> shift) & 255) * (1 - share) + ((other >> shift) & 255) * share);
  return rgb(part(0), part(8), part(16));
}

// Eleven hues after Okabe & Ito (2008) and Tol (2021), darker ones for light ground, lighter ones for dark.
const GROUPS = {
  light: ["#0072b2", "#d55e00", "#009e73", "#aa4499", "#b38600", "#332288", "#cc3311", "#117733", "#882255", "#56a0c9", "#6b6b2a"],
  dark: ["#4db2f0", "#ff9145", "#3fd6a5", "#e58ad6", "#f0d24a", "#a99bff", "#ff7b6b", "#8fd18f", "#f2a0b8", "#a8dcff", "#c9c97a"],
};
// From low to high, of even steps in lightness: cividis (Nuñez, Anderton & Renslow 2018), turned round on dark ground.
const NUMBERS = {
  light: ["#e8d34a", "#bcae6c", "#948e77", "#6d7075", "#45546e", "#1f3a6d", "#00204d"],
  dark: ["#33507f", "#57678a", "#7c7f8b", "#a09a86", "#c6b777", "#eed65d", "#fff1a0"],
};

export function isDark() {
  const theme = document.documentElement.dataset.theme;
  return theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

export function css(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** What the picture's ground, ink and marks are now. */
export function palette() {
  return {paper: packed(css("--raised")), ink: packed(css("--accent")), selected: packed(css("--mark"))};
}

export const groupColor = (i) => GROUPS[isDark() ? "dark" : "light"][i % 11];
export const ramp = () => NUMBERS[isDark() ? "dark" : "light"];
export const faint = () => mixed(packed(css("--raised")), packed(css("--chance-line")), 0.45);

/** A packed colour for each token, and which are drawn behind the others. */
export function colorsOf(legend, values) {
  const colors = new Uint32Array(values.length);
  if (legend.what === "group") {
    const known = legend.groups.map((_, i) => packed(groupColor(i)));
    const none = faint();
    const behind = new Uint8Array(values.length);
    for (let i = 0; i < values.length; i += 1) {
      const group = values[i];
      colors[i] = group === 255 ? none : known[group];
      behind[i] = group === 255 ? 1 : 0;
    }
    return {colors, behind};
  }
  const stops = ramp().map(packed);
  const steps = Array.from({length: 256}, (_, i) => {
    const at = (i / 255) * (stops.length - 1);
    const low = Math.min(Math.floor(at), stops.length - 2);
    return mixed(stops[low], stops[low + 1], at - low);
  });
  const low = legend.q01;
  const span = legend.q99 - low || 1;
  const none = faint();
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i];
    colors[i] = value === value ? steps[Math.max(0, Math.min(255, Math.round((255 * (value - low)) / span)))] : none;
  }
  return {colors, behind: null};
}
