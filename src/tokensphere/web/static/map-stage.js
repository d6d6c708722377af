// The map's canvas: moving, zooming, choosing, by mouse, finger and keys, and what is drawn over the points.

import {css} from "./map-colors.js";
import {Scene} from "./map-draw.js";
import {polygon} from "./map-places.js";
import {h} from "./elements.js";

const MOST_NAMES = 40;
const RINGS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1];
const STEP = 60; // CSS pixels that an arrow key moves
const DEEPEST = 1e-4; // of what shows all

/**
 * `events`: hover(id, left, top), pick(id), chosen(ids), moved(), said(id).
 * `marks()` gives what is drawn over the points: {mark, near, list, lit, chosen, name(id), axes, rings}.
 */
export function stage(events, marks) {
  const points = h("canvas", {class: "points"});
  const over = h("canvas", {class: "over", tabindex: "0", role: "application", "aria-roledescription": "map",
    "aria-label": "Map of all tokens. Arrow keys move, plus and minus zoom, 0 shows all, Enter marks the token in the middle, v chooses all that are visible, Escape chooses none."});
  const node = h("div", {class: "stage"}, points, over);
  const context = over.getContext("2d");
  const scene = new Scene(points, drawOver);
  const pointers = new Map();
  let mode = "move";
  let drag = null; // {kind, from, view, path}
  let hovered = -1;

  const at = (event) => {
    const box = over.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };

  function look(view) {
    const width = Math.min(Math.max(view.width, scene.fit.width * DEEPEST), Math.max(scene.fit.width * 8, 4));
    scene.view = {x: view.x, y: view.y, width};
    scene.ask();
  }

  function zoom(factor, [left, top]) {
    const [x, y] = scene.toData(left, top);
    const {view} = scene;
    const width = Math.min(Math.max(view.width * factor, scene.fit.width * DEEPEST), Math.max(scene.fit.width * 8, 4));
    const share = width / view.width;
    look({x: x + (view.x - x) * share, y: y + (view.y - y) * share, width});
    events.moved();
  }

  function shift(dx, dy) {
    const unit = scene.ratio / scene.scale;
    look({...scene.view, x: scene.view.x - dx * unit, y: scene.view.y + dy * unit});
  }

  over.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoom(Math.exp(Math.max(-0.5, Math.min(0.5, event.deltaY * (event.deltaMode ? 0.06 : 0.0016)))), at(event));
  }, {passive: false});

  over.addEventListener("pointerdown", (event) => {
    if (event.button > 0) return;
    over.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, at(event));
    if (pointers.size === 2) { drag = null; return; }
    const kind = event.shiftKey && mode === "move" ? "lasso" : mode;
    drag = {kind, from: at(event), last: at(event), path: [at(event)], far: false};
    hover(-1);
  });

  over.addEventListener("pointermove", (event) => {
    const here = at(event);
    if (pointers.size === 2 && pointers.has(event.pointerId)) { pinch(event.pointerId, here); return; }
    if (!drag) {
      if (event.pointerType !== "touch") hover(scene.pick(...here), ...here);
      return;
    }
    const [dx, dy] = [here[0] - drag.last[0], here[1] - drag.last[1]];
    drag.far ||= Math.hypot(here[0] - drag.from[0], here[1] - drag.from[1]) > 4;
    drag.last = here;
    if (drag.kind === "move") shift(dx, dy);
    else {
      if (drag.kind === "lasso") drag.path.push(here);
      else drag.path = [drag.from, [here[0], drag.from[1]], here, [drag.from[0], here[1]]];
      drawOver();
    }
  });

  function pinch(id, here) {
    const [other] = [...pointers].filter(([key]) => key !== id).map(([, place]) => place);
    const before = pointers.get(id);
    pointers.set(id, here);
    const apart = (one) => Math.hypot(one[0] - other[0], one[1] - other[1]) || 1;
    zoom(apart(before) / apart(here), [(here[0] + other[0]) / 2, (here[1] + other[1]) / 2]);
    shift((here[0] - before[0]) / 2, (here[1] - before[1]) / 2);
  }

  function released(event) {
    pointers.delete(event.pointerId);
    if (!drag) return;
    const {kind, path, far, from} = drag;
    drag = null;
    if (!far) {
      const id = scene.pick(...from);
      if (id >= 0) events.pick(id);
      drawOver();
    } else if (kind === "move") events.moved();
    else if (path.length > 2) choose(path);
  }
  over.addEventListener("pointerup", released);
  over.addEventListener("pointercancel", (event) => { pointers.delete(event.pointerId); drag = null; drawOver(); });
  over.addEventListener("pointerleave", () => hover(-1));

  function choose(path) {
    events.chosen(scene.within(polygon(path.map(([left, top]) => scene.toData(left, top)))));
    drawOver();
  }

  function hover(id, left = 0, top = 0) {
    if (id < 0 && hovered < 0) return;
    const changed = id !== hovered;
    hovered = id;
    events.hover(id, left, top);
    if (changed) drawOver();
  }

  const middle = () => [over.clientWidth / 2, over.clientHeight / 2];
  const keys = {
    ArrowLeft: () => shift(STEP, 0), ArrowRight: () => shift(-STEP, 0),
    ArrowUp: () => shift(0, STEP), ArrowDown: () => shift(0, -STEP),
    "+": () => zoom(0.7, middle()), "=": () => zoom(0.7, middle()), "-": () => zoom(1 / 0.7, middle()),
    0: () => { look(scene.fit); events.moved(); },
    v: () => events.chosen(scene.visible()), Escape: () => events.chosen([]),
    Enter: () => { const id = scene.pick(...middle(), 40); if (id >= 0) events.pick(id); },
  };
  over.addEventListener("keydown", (event) => {
    if (event.metaKey || event.ctrlKey || event.altKey || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
    if (event.key.startsWith("Arrow")) events.moved();
    requestAnimationFrame(() => events.said(scene.pick(...middle(), 40)));
  });
  over.addEventListener("focus", () => drawOver());
  over.addEventListener("blur", () => drawOver());

  function place(id) {
    return scene.toScreen(scene.points[2 * id], scene.points[2 * id + 1]);
  }

  function drawOver() {
    const {ratio} = scene;
    if (over.width !== points.width || over.height !== points.height) {
      over.width = points.width;
      over.height = points.height;
    }
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, over.width, over.height);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    if (scene.points) drawMarks(context);
  }

  /** All that lies over the points, on any context. */
  function drawMarks(to) {
    const now = marks();
    const style = {soft: css("--soft"), line: css("--chance-line"), mark: css("--mark"), accent: css("--accent"), ink: css("--ink"), paper: css("--raised")};
    to.font = `12px ${css("--sans")}`;
    to.direction = "ltr";
    if (now.rings) rings(to, style);
    to.lineWidth = 1;
    for (const id of now.lit) ring(to, place(id), 4, style.ink, 1, style.paper);
    for (const {id, kept} of now.near) {
      to.setLineDash(kept ? [] : [4, 4]);
      to.strokeStyle = style.mark;
      to.lineWidth = 1.2;
      line(to, place(now.mark), place(id));
      to.setLineDash([]);
      ring(to, place(id), 5, style.mark, 1.5, style.paper);
    }
    for (const id of now.chosen) ring(to, place(id), 4, style.mark, 1.2, style.paper);
    for (const id of now.list) ring(to, place(id), 6, style.mark, 1.8, style.paper);
    if (now.mark >= 0) ring(to, place(now.mark), 9, style.mark, 2.5, style.paper);
    names(to, [now.mark, ...now.list, ...now.near.map(({id}) => id)], now.name, style);
    written(to, now.axes[1] && `y: ${now.axes[1]}`, 8, over.clientHeight - 24, style.soft, style.paper);
    written(to, now.axes[0] && `x: ${now.axes[0]}`, 8, over.clientHeight - 8, style.soft, style.paper);
    if (hovered >= 0) ring(to, place(hovered), 8, style.ink, 1.5, style.paper);
    if (drag && drag.kind !== "move" && drag.path.length > 1) {
      to.strokeStyle = style.mark;
      to.lineWidth = 1.5;
      to.beginPath();
      drag.path.forEach(([x, y], i) => (i ? to.lineTo(x, y) : to.moveTo(x, y)));
      to.closePath();
      to.stroke();
    }
    if (document.activeElement === over && over.matches(":focus-visible")) {
      const [x, y] = middle();
      to.strokeStyle = style.mark;
      to.lineWidth = 1.5;
      line(to, [x - 9, y], [x + 9, y]);
      line(to, [x, y - 9], [x, y + 9]);
    }
  }

  function rings(to, style) {
    const [x, y] = scene.toScreen(0, 0);
    const unit = scene.scale / scene.ratio;
    to.strokeStyle = style.line;
    to.lineWidth = 1;
    to.globalAlpha = 0.45;
    line(to, [x, -1], [x, over.clientHeight + 1]);
    line(to, [-1, y], [over.clientWidth + 1, y]);
    for (const one of RINGS) {
      const radius = one * unit;
      if (radius < 26 || radius > 4000) continue;
      to.globalAlpha = one === 1 ? 0.9 : 0.45;
      to.strokeStyle = style.line;
      to.lineWidth = 1;
      to.beginPath();
      to.arc(x, y, radius, 0, 2 * Math.PI);
      to.stroke();
      to.globalAlpha = 1;
      written(to, one === 1 ? "1: the sphere" : String(one), x + 4, y - radius - 3, style.soft, style.paper);
      to.globalAlpha = 0.45;
    }
    to.globalAlpha = 1;
  }

  /** Names beside their tokens, as many as do not cover each other. */
  function names(to, ids, name, style) {
    const taken = [];
    for (const id of [...new Set(ids)].filter((one) => one >= 0).slice(0, MOST_NAMES)) {
      const [x, y] = place(id);
      const text = name(id);
      if (!text || x < 0 || y < 0 || x > over.clientWidth || y > over.clientHeight) continue;
      const wide = to.measureText(text).width;
      const left = x + 11 + wide > over.clientWidth ? x - 11 - wide : x + 11;
      const box = [left, y - 9, left + wide, y + 7];
      if (taken.some((other) => box[0] < other[2] && box[2] > other[0] && box[1] < other[3] && box[3] > other[1])) continue;
      taken.push(box);
      written(to, text, left, y + 4, style.ink, style.paper);
    }
  }

  const watcher = new ResizeObserver(() => { scene.resize(); drawOver(); });
  watcher.observe(node);

  return {
    node, scene, look, redraw: drawOver, drawMarks,
    zoom: (factor) => zoom(factor, middle()),
    setMode(name) { mode = name; over.dataset.mode = name; },
    leave: () => watcher.disconnect(),
  };
}

function line(to, [x0, y0], [x1, y1]) {
  to.beginPath();
  to.moveTo(x0, y0);
  to.lineTo(x1, y1);
  to.stroke();
}

function ring(to, [x, y], radius, color, width, around) {
  for (const [ink, wide] of [[around, width + 2], [color, width]]) {
    to.strokeStyle = ink;
    to.lineWidth = wide;
    to.beginPath();
    to.arc(x, y, radius, 0, 2 * Math.PI);
    to.stroke();
  }
}

function written(to, text, x, y, color, around) {
  if (!text) return;
  to.lineWidth = 3;
  to.strokeStyle = around;
  to.lineJoin = "round";
  to.strokeText(text, x, y);
  to.fillStyle = color;
  to.fillText(text, x, y);
}
