// Live events: the server says that something happened in the organization,
// and the page asks for it. A list or a page about running work is fetched
// anew by itself; any other page says that there is news. Nobody's typing,
// ticks or place on the page are taken away.

import { go } from "./swap.js";

let source = null;
let waiting = null;

export function start() {
  const main = document.getElementById("main");
  if (!main || !main.dataset.position || !document.getElementById("news")) return;
  if (new URL(location.href).searchParams.has("at")) return; // the past does not change
  document.addEventListener("visibilitychange", listen);
  addEventListener("pagehide", hush);
  addEventListener("pageshow", listen);
  document.addEventListener("wardbook:page", () => news(false));
  listen();
}

// A hidden tab does not listen: browsers allow few connections to one server.
function listen() {
  if (document.hidden) return hush();
  if (source) return;
  source = new EventSource("/events");
  source.addEventListener("book", (e) => book(Number(e.data)));
  source.addEventListener("job", (e) => job(JSON.parse(e.data)));
}

function hush() {
  source?.close();
  source = null;
}

function book(position) {
  const main = document.getElementById("main");
  if (!(position > Number(main.dataset.position))) return;
  clearTimeout(waiting);
  waiting = setTimeout(() => (main.querySelector("[data-live], .job") && idle() ? refresh() : news(true)), 400);
}

function refresh() {
  go(new URL(location.href), { push: false, quiet: true });
}

// idle reports whether nothing that a person did on the page would be lost.
function idle() {
  const main = document.getElementById("main");
  const at = document.activeElement;
  if (main.contains(at) && at.matches("input, select, textarea")) return false;
  if (main.querySelector(":popover-open, dialog[open], input[type=checkbox]:checked")) return false;
  return ![...main.querySelectorAll("form[method=post] :is(input:not([type=hidden], [type=checkbox], [type=radio]), textarea)")].some((x) => x.value !== x.defaultValue);
}

function news(there) {
  const box = document.getElementById("news");
  box.hidden = !there;
  if (!there) return box.replaceChildren();
  if (box.childElementCount) return;
  const text = document.createElement("span");
  text.textContent = "The book has grown since this page was made.";
  const show = document.createElement("button");
  show.type = "button";
  show.textContent = "Show it as it is now";
  show.addEventListener("click", () => (idle() ? refresh() : location.reload()));
  box.append(text, show);
}

function job(j) {
  for (const el of document.querySelectorAll(`[data-job="${CSS.escape(j.id)}"]`)) {
    if (el.dataset.state !== j.state && (["done", "failed", "cancelled"].includes(j.state) || el.dataset.state === "queued")) {
      el.dataset.state = j.state;
      if (idle()) refresh();
      continue;
    }
    const bar = el.querySelector("progress");
    if (bar && j.total > 0) {
      bar.max = j.total;
      bar.value = j.done;
    }
    const note = el.querySelector("[data-job-note]");
    if (note) note.textContent = j.total > 0 ? `${j.note} ${j.done.toLocaleString("en")} of ${j.total.toLocaleString("en")}` : j.note;
  }
}
