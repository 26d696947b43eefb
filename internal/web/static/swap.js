// Lists change without a new page: links and forms of a list are fetched at
// the same address, with a header that asks for the frame's inside only, and
// what stands in #main is exchanged. Back and forward work, the address says
// what is shown, and where anything goes wrong the browser goes there itself.

const parts = "[data-part]";
let running = null;

export function start() {
  document.addEventListener("click", (e) => {
    const a = e.target.closest?.("a[href]");
    if (!a || e.defaultPrevented || e.button || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey) return;
    if (!a.closest(parts) || "plain" in a.dataset || a.target || a.hasAttribute("download")) return;
    const to = new URL(a.href);
    if (to.origin !== location.origin || to.pathname !== location.pathname) return;
    e.preventDefault();
    go(to, { from: a });
  });
  document.addEventListener("submit", (e) => {
    const form = e.target;
    if (e.defaultPrevented || form.method !== "get" || !form.closest(parts)) return;
    const to = new URL(form.action);
    if (to.origin !== location.origin || to.pathname !== location.pathname) return;
    e.preventDefault();
    to.search = query(form);
    go(to, { from: document.activeElement });
  });
  // A search box answers while it is typed in, a choice when it is made.
  let pause;
  document.addEventListener("input", (e) => {
    const form = e.target.closest?.("form.tools");
    if (!form || !form.closest(parts) || e.target.name !== "q") return;
    clearTimeout(pause);
    pause = setTimeout(() => form.requestSubmit(), 300);
  });
  document.addEventListener("change", (e) => {
    const form = e.target.closest?.("form.tools");
    if (form && form.closest(parts) && e.target.tagName === "SELECT") form.requestSubmit();
  });
  document.addEventListener("change", count);
  addEventListener("popstate", () => go(new URL(location.href), { push: false }));
}

function query(form) {
  const out = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (typeof value === "string" && value.trim() !== "") out.append(name, value.trim());
  }
  return out.toString();
}

// go shows an address in place of the page. push: it becomes the address of
// the tab. quiet: nobody asked for it, so focus and scrolling stay.
export async function go(to, { push = true, quiet = false, from = null } = {}) {
  running?.abort();
  const mine = (running = new AbortController());
  const main = document.getElementById("main");
  if (!quiet) main.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(to, { headers: { "Wardbook-Part": "main" }, signal: mine.signal, redirect: "manual" });
    if (!answer.ok || !answer.headers.get("Content-Type")?.startsWith("text/html")) throw new Error("no page");
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const next = page.getElementById("main");
    if (!next) throw new Error("no main");
    if (mine.signal.aborted) return;
    const keep = remember(from ?? document.activeElement);
    main.replaceChildren(...[...next.childNodes].map((n) => document.importNode(n, true)));
    for (const name of ["data-position"]) {
      if (next.hasAttribute(name)) main.setAttribute(name, next.getAttribute(name));
    }
    document.title = page.title;
    if (push && to.href !== location.href) history.pushState(null, "", to);
    restore(keep, quiet);
    document.dispatchEvent(new Event("wardbook:page"));
  } catch (err) {
    if (mine.signal.aborted) return;
    if (!quiet) location.assign(to);
  } finally {
    if (running === mine) main.removeAttribute("aria-busy");
  }
}

// Focus stays on the same thing of the new page: the same id, or the same link.
function remember(el) {
  if (!el || el === document.body) return null;
  const label = el.getAttribute("aria-label") || el.textContent.trim();
  return { id: el.id, tag: el.tagName, label, part: el.closest(parts)?.id, at: el.selectionStart, value: el.value, type: el.type };
}

function restore(keep, quiet) {
  if (!keep) return;
  let el = keep.id && document.getElementById(keep.id);
  if (!el && keep.part) {
    el = [...document.querySelectorAll(`#${CSS.escape(keep.part)} ${keep.tag.toLowerCase()}`)].find(
      (x) => (x.getAttribute("aria-label") || x.textContent.trim()) === keep.label,
    );
  }
  if (!el && !quiet) el = document.getElementById(keep.part)?.querySelector(".tablebox");
  if (!el) return;
  el.focus({ preventScroll: quiet });
  if (keep.type === "search" && el.type === "search") {
    el.value = keep.value; // what was typed while the answer came
    el.setSelectionRange(keep.at, keep.at);
  }
}

// How many rows are ticked.
function count(e) {
  if (e.target.type !== "checkbox" || !e.target.form?.matches(".bulk")) return;
  const n = document.querySelectorAll(`input[form="${CSS.escape(e.target.form.id)}"]:checked`).length;
  const label = e.target.form.querySelector("[data-count]");
  if (label) label.textContent = n === 1 ? "With 1 row:" : `With ${n} rows:`;
}
