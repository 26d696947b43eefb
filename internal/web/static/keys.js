// Keys. J and K go through the rows of the page's first list, Enter opens one,
// X ticks it, / searches, ? lists the keys. A page gives more of them with
// data-key="a" on a link or button. Each of them acts alone, so a person can
// switch them all off (WCAG 2.1.4): then body has data-keys="off".

const rows = "#main :is(.table tbody tr, .mail li, .work li)";

export function start() {
  document.addEventListener("keydown", (e) => {
    if (e.defaultPrevented || e.ctrlKey || e.metaKey || e.altKey || e.isComposing) return;
    if (document.body.dataset.keys === "off" || typing(e.target)) return;
    const act = actions[e.key] ?? own(e.key);
    if (act && act(e) !== false) e.preventDefault();
  });
  document.addEventListener("wardbook:page", list);
  list();
}

function typing(el) {
  return el.isContentEditable || el.matches?.("input:not([type=checkbox], [type=radio]), select, textarea") || document.querySelector("dialog[open], [popover]:popover-open:not(#nav)");
}

const actions = {
  j: () => move(1),
  k: () => move(-1),
  x: () => current()?.querySelector("input[type=checkbox]")?.click() ?? false,
  "/": () => {
    const box = document.querySelector("#main input[type=search]") ?? document.getElementById("search");
    if (!box) return false;
    box.focus();
    box.select();
  },
  "?": () => document.getElementById("keys")?.showPopover() ?? undefined,
};

function own(key) {
  const el = [...document.querySelectorAll("#main [data-key]")].find((x) => x.dataset.key === key && x.offsetParent !== null && !x.disabled);
  return el && (() => el.click());
}

function current() {
  return document.activeElement?.closest?.(rows);
}

function move(step) {
  const all = [...document.querySelectorAll(rows)].filter((r) => r.querySelector("a[href]"));
  if (!all.length) return false;
  const at = all.indexOf(current() ?? document.querySelector(`${rows}[aria-current]`));
  const next = at < 0 ? all[step > 0 ? 0 : all.length - 1] : all[Math.min(Math.max(at + step, 0), all.length - 1)];
  next.querySelector("a[href]").focus();
  next.scrollIntoView({ block: "nearest" });
}

// The list of keys names those that the page itself has.
function list() {
  const dl = document.getElementById("keys-list");
  if (!dl) return;
  dl.querySelectorAll("[data-own]").forEach((x) => x.remove());
  const seen = new Set();
  for (const el of document.querySelectorAll("#main [data-key]")) {
    if (seen.has(el.dataset.key)) continue;
    seen.add(el.dataset.key);
    const dt = document.createElement("dt");
    const key = document.createElement("kbd");
    key.textContent = el.dataset.key.toUpperCase();
    dt.append(key);
    const dd = document.createElement("dd");
    dd.textContent = el.getAttribute("aria-label") || el.textContent.replace(/\s+/g, " ").trim();
    dt.dataset.own = dd.dataset.own = "";
    dl.append(dt, dd);
  }
}
