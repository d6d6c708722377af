// Hundreds of thousands of points on a canvas without a graphics card: each is written into the picture's
// memory, in a random order of tokens that never changes, so that none lies on top for its id.

import {mixed, rgb} from "./map-colors.js";
import {shuffled} from "./map-places.js";

const NOBODY = 0;
const MOST_PIXELS = 4_000_000;
const FEW = 0.02; // of the tokens
const DARKEST = 48; // tokens in a pixel, from which on it has all ink

export class Scene {
  /** Draws on `canvas`; `changed()` is called after each frame. */
  constructor(canvas, changed = () => {}) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d", {alpha: false, willReadFrequently: true}); // in memory: it is written as a whole
    this.changed = changed;
    this.n = 0;
    this.view = {x: 0, y: 0, width: 2}; // the middle, and how much of the data the shorter side shows
    this.fit = {...this.view}; // with all tokens on the canvas
    this.colors = null; // Uint32Array of n packed colours; null: how many tokens a pixel has
    this.behind = null; // Uint8Array of n: 1 for tokens that are drawn first
    this.selected = null; // Uint8Array of n
    this.palette = {paper: rgb(255, 255, 255), ink: rgb(0, 0, 0), selected: rgb(255, 0, 0)};
    this.waiting = false;
    this.frame = () => { this.waiting = false; this.draw(); };
  }

  /** The places of all tokens: x and y in turn, NaN where there is none. */
  setPoints(points) {
    if (this.n !== points.length / 2) this.shuffle = shuffled(points.length / 2);
    this.n = points.length / 2;
    this.points = points;
    const low = [Infinity, Infinity];
    const high = [-Infinity, -Infinity];
    for (let i = 0; i < points.length; i += 1) {
      const value = points[i];
      if (value !== value) continue;
      const side = i & 1;
      if (value < low[side]) low[side] = value;
      if (value > high[side]) high[side] = value;
    }
    this.box = low[0] <= high[0] ? {low, high} : {low: [-1, -1], high: [1, 1]};
    this.arrange();
  }

  /** The order in which tokens are drawn, with their places beside each other in memory. */
  arrange() {
    const {n, shuffle, behind, points} = this;
    this.order = new Uint32Array(n);
    let at = 0;
    for (const first of behind ? [1, 0] : [null]) {
      for (let k = 0; k < n; k += 1) {
        const i = shuffle[k];
        if (first !== null && behind[i] !== first) continue;
        if (points[2 * i] !== points[2 * i]) continue;
        this.order[at] = i;
        at += 1;
      }
    }
    this.order = this.order.subarray(0, at);
    this.front = behind ? this.order.findIndex((i) => behind[i] === 0) : -1; // where those begin that are not behind
    const few = this.front >= 0 && at - this.front < FEW * at;
    this.large = few ? this.front : at; // a few among very many are drawn larger
    this.placed = new Float32Array(2 * at);
    for (let k = 0; k < at; k += 1) {
      this.placed[2 * k] = points[2 * this.order[k]];
      this.placed[2 * k + 1] = points[2 * this.order[k] + 1];
    }
    this.arrangeColors();
  }

  setPalette(palette) {
    this.palette = palette;
    this.shades = null;
    this.ask();
  }

  setColors(colors, behind = null) {
    this.colors = colors;
    const same = behind === this.behind;
    this.behind = behind;
    if (same) this.arrangeColors();
    else if (this.n) this.arrange();
  }

  arrangeColors() {
    if (!this.order) return;
    this.placedColors = null;
    if (this.colors) {
      this.placedColors = new Uint32Array(this.order.length);
      for (let k = 0; k < this.order.length; k += 1) this.placedColors[k] = this.colors[this.order[k]];
    }
    this.ask();
  }

  /** Fit the canvas to its place on the page. */
  resize() {
    const {clientWidth, clientHeight} = this.canvas;
    const wanted = Math.min(window.devicePixelRatio || 1, 2);
    const most = Math.sqrt(MOST_PIXELS / Math.max(clientWidth * clientHeight, 1));
    this.ratio = Math.min(wanted, most);
    const width = Math.max(Math.round(clientWidth * this.ratio), 1);
    const height = Math.max(Math.round(clientHeight * this.ratio), 1);
    if (this.canvas.width === width && this.canvas.height === height && this.image) return;
    this.canvas.width = width;
    this.canvas.height = height;
    this.image = this.context.createImageData(width, height);
    this.pixels = new Uint32Array(this.image.data.buffer);
    this.ids = new Uint32Array(width * height);
    this.counts = new Uint16Array(width * height);
    this.ask();
  }

  /** Pixels for a unit of the data. */
  get scale() {
    return Math.min(this.canvas.width, this.canvas.height) / this.view.width;
  }

  /** Where a place of the data lies, in CSS pixels of the canvas. */
  toScreen(x, y) {
    const {scale, view, canvas, ratio} = this;
    return [(canvas.width / 2 + (x - view.x) * scale) / ratio, (canvas.height / 2 - (y - view.y) * scale) / ratio];
  }

  toData(left, top) {
    const {scale, view, canvas, ratio} = this;
    return [view.x + (left * ratio - canvas.width / 2) / scale, view.y - (top * ratio - canvas.height / 2) / scale];
  }

  /** Side of a point, in pixels. */
  get size() {
    const base = this.n > 150_000 ? 1 : this.n > 15_000 ? 1.5 : 3;
    const grown = base * Math.max(this.fit.width / this.view.width, 0.5) ** 0.4 * this.ratio;
    return Math.max(1, Math.min(Math.round(grown), Math.round(7 * this.ratio)));
  }

  ask() {
    if (this.waiting || !this.image) return;
    this.waiting = true;
    requestAnimationFrame(this.frame);
  }

  draw() {
    if (!this.image) return;
    const {pixels, ids} = this;
    pixels.fill(this.palette.paper);
    ids.fill(NOBODY);
    if (this.placed) {
      if (this.placedColors) this.splat();
      else this.splatCounts();
      if (this.selected) this.splatSelected();
    }
    this.context.putImageData(this.image, 0, 0);
    this.changed();
  }

  splat() {
    this.splatColors(0, this.large, this.size);
    this.splatColors(this.large, this.order.length, Math.max(this.size, Math.round(4 * this.ratio)));
  }

  splatColors(first, end, size) {
    const {placed, placedColors, order, pixels, ids} = this;
    const {width, height} = this.canvas;
    const scale = this.scale;
    const left = width / 2 - this.view.x * scale - size / 2 + 0.5;
    const top = height / 2 + this.view.y * scale - size / 2 + 0.5;
    const right = width - size;
    const bottom = height - size;
    for (let k = first, at = 2 * first; k < end; k += 1, at += 2) {
      const x = left + placed[at] * scale;
      const y = top - placed[at + 1] * scale;
      if (!(x >= 0 && y >= 0 && x <= right && y <= bottom)) continue;
      let place = (y | 0) * width + (x | 0);
      const color = placedColors[k];
      const id = order[k] + 1;
      for (let row = 0; row < size; row += 1, place += width) {
        for (let column = 0; column < size; column += 1) {
          pixels[place + column] = color;
          ids[place + column] = id;
        }
      }
    }
  }

  /** The more tokens a pixel has, the more ink; steps are of equal ratio. */
  splatCounts() {
    const {placed, order, pixels, ids, counts, size} = this;
    const {width, height} = this.canvas;
    counts.fill(0);
    const scale = this.scale;
    const left = width / 2 - this.view.x * scale - size / 2 + 0.5;
    const top = height / 2 + this.view.y * scale - size / 2 + 0.5;
    const right = width - size;
    const bottom = height - size;
    for (let k = 0, at = 0; k < order.length; k += 1, at += 2) {
      const x = left + placed[at] * scale;
      const y = top - placed[at + 1] * scale;
      if (!(x >= 0 && y >= 0 && x <= right && y <= bottom)) continue;
      let place = (y | 0) * width + (x | 0);
      const id = order[k] + 1;
      for (let row = 0; row < size; row += 1, place += width) {
        for (let column = 0; column < size; column += 1) {
          counts[place + column] += 1;
          ids[place + column] = id;
        }
      }
    }
    const shades = this.shades ?? this.makeShades();
    const last = shades.length - 1;
    for (let place = 0; place < counts.length; place += 1) {
      if (counts[place]) pixels[place] = shades[counts[place] < last ? counts[place] : last];
    }
  }

  makeShades() {
    const {paper, ink} = this.palette;
    const share = (tokens) => Math.min(1, 0.34 + 0.66 * (Math.log1p(tokens) / Math.log1p(DARKEST)));
    this.shades = Uint32Array.from({length: DARKEST + 1}, (_, tokens) => mixed(paper, ink, share(tokens)));
    return this.shades;
  }

  splatSelected() {
    const {placed, order, pixels, selected} = this;
    const {width, height} = this.canvas;
    const size = Math.max(this.size, Math.round(2 * this.ratio));
    const scale = this.scale;
    const left = width / 2 - this.view.x * scale - size / 2 + 0.5;
    const top = height / 2 + this.view.y * scale - size / 2 + 0.5;
    for (let k = 0, at = 0; k < order.length; k += 1, at += 2) {
      if (!selected[order[k]]) continue;
      const x = left + placed[at] * scale;
      const y = top - placed[at + 1] * scale;
      if (!(x >= 0 && y >= 0 && x <= width - size && y <= height - size)) continue;
      let place = (y | 0) * width + (x | 0);
      for (let row = 0; row < size; row += 1, place += width) {
        for (let column = 0; column < size; column += 1) pixels[place + column] = this.palette.selected;
      }
    }
  }

  /** The token at a place of the canvas in CSS pixels, or the nearest within `reach` of it; −1 for none. */
  pick(left, top, reach = 6) {
    if (!this.ids) return -1;
    const {width, height} = this.canvas;
    const x = Math.round(left * this.ratio);
    const y = Math.round(top * this.ratio);
    const far = Math.round(reach * this.ratio);
    let best = -1;
    let apart = Infinity;
    for (let row = Math.max(y - far, 0); row <= Math.min(y + far, height - 1); row += 1) {
      for (let column = Math.max(x - far, 0); column <= Math.min(x + far, width - 1); column += 1) {
        const id = this.ids[row * width + column];
        if (id === NOBODY) continue;
        const square = (row - y) ** 2 + (column - x) ** 2;
        if (square < apart) { apart = square; best = id - 1; }
      }
    }
    return best;
  }

  /** The tokens on the canvas now. */
  visible() {
    const [x0, y1] = this.toData(0, 0);
    const [x1, y0] = this.toData(this.canvas.clientWidth, this.canvas.clientHeight);
    return this.within((x, y) => x >= x0 && x <= x1 && y >= y0 && y <= y1);
  }

  /** The tokens whose place is as `inside(x, y)` says, by id. */
  within(inside) {
    const found = [];
    for (let i = 0; i < this.n; i += 1) {
      const x = this.points[2 * i];
      if (x === x && inside(x, this.points[2 * i + 1])) found.push(i);
    }
    return found;
  }
}
