// Questions to the server. In a frame there are no cookies, so the secret comes in the fragment.

const fragment = new URLSearchParams(location.hash.slice(1));
const secret = fragment.get("secret");
if (secret) history.replaceState(null, "", location.pathname + location.search);

/** What the server says is wrong, in one line. */
export class Problem extends Error {}

export const framed = Boolean(secret);

function headers(more) {
  return secret ? {...more, "x-tokensphere-secret": secret} : {...more};
}

function address(path, params) {
  const query = new URLSearchParams(Object.entries(params ?? {}).filter(([, v]) => v !== undefined && v !== null));
  return query.size ? `${path}?${query}` : path;
}

async function answered(asking) {
  let reply;
  try {
    reply = await asking;
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem("the server does not answer: start tokensphere explore again");
  }
  if (reply.ok) return reply;
  let line = `the server answers ${reply.status}`;
  try {
    line = (await reply.json()).error ?? line;
  } catch { /* no JSON: the status must do */ }
  throw new Problem(line);
}

const begun = new Map(); // address -> what will answer

/** Ask for what will be needed; who first gets it takes this answer. */
export function begin(path, params) {
  const asking = fetch(address(path, params), {headers: headers()});
  asking.catch(() => {}); // told to who gets it
  begun.set(address(path, params), asking);
}

export async function get(path, params, {signal} = {}) {
  const where = address(path, params);
  const early = begun.get(where);
  begun.delete(where);
  const found = await (await answered(early ?? fetch(where, {signal, headers: headers()}))).json();
  signal?.throwIfAborted();
  return found;
}

export async function binary(path, params, {signal} = {}) {
  return (await answered(fetch(address(path, params), {signal, headers: headers()}))).arrayBuffer();
}

export async function post(path, body, {signal, params} = {}) {
  const raw = body instanceof Blob || body instanceof ArrayBuffer || typeof body === "string";
  const sent = raw ? body : JSON.stringify(body ?? {});
  const kind = raw ? "application/octet-stream" : "application/json";
  const asking = fetch(address(path, params), {method: "POST", signal, body: sent, headers: headers({"content-type": kind})});
  return (await answered(asking)).json();
}

const wait = (ms, signal) => new Promise((done, fail) => {
  const timer = setTimeout(done, ms);
  signal?.addEventListener("abort", () => { clearTimeout(timer); fail(new DOMException("", "AbortError")); }, {once: true});
});

/** Look at long work until it ends; resolves with its last state, throws what made it fail. */
export async function follow(id, told = () => {}, {signal, every = 250} = {}) {
  for (let pause = 60; ; pause = Math.min(2 * pause, every)) {
    const work = await get(`/api/work/${encodeURIComponent(id)}`, {}, {signal});
    told(work);
    if (work.state === "failed") throw new Problem(work.error ?? "the work failed");
    if (work.state === "done" || work.state === "stopped") return work;
    await wait(pause, signal);
  }
}

export const stop = (id) => post(`/api/work/${encodeURIComponent(id)}/stop`);

/** Save something the server makes; a frame without cookies fetches it first. */
export async function download(path, params, name) {
  const content = new Blob([await binary(path, params)]);
  save(content, name);
}

export function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
