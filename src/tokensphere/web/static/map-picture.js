// The map as a picture: points, marks, and below them what it is.

import {h} from "./elements.js";
import {css} from "./map-colors.js";

const FOOT = 26; // CSS pixels

/** A PNG of a stage, with a line of text below it. */
export function picture({scene, drawMarks}, text) {
  const {width, height} = scene.canvas;
  const {ratio} = scene;
  const made = h("canvas", {width, height: height + FOOT * ratio});
  const context = made.getContext("2d");
  context.fillStyle = css("--raised");
  context.fillRect(0, 0, made.width, made.height);
  context.drawImage(scene.canvas, 0, 0);
  context.scale(ratio, ratio);
  drawMarks(context);
  context.font = `12px ${css("--sans")}`;
  context.fillStyle = css("--soft");
  context.fillText(text, 8, height / ratio + 17, width / ratio - 16);
  return new Promise((done) => made.toBlob(done, "image/png"));
}
