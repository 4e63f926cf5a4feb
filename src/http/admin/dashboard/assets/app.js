// Everything here is an extra: pages are whole without it.

const $ = (selector, within = document) => within.querySelector(selector);
const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
const LIVE = { "x-herdgate-live": "1" };

/* Times: told anew as they pass. */

const UNITS = [[86400, "d"], [3600, "h"], [60, "m"], [1, "s"]];

function coarse(seconds) {
  const fits = ([unit]) => (unit === 86400 ? seconds >= 2 * unit : seconds >= unit);
  const found = UNITS.find(fits);
  return found ? `${Math.floor(seconds / found[0])}${found[1]}` : "0s";
}

function tellTimes(within = document) {
  const now = Date.now();
  for (const time of $$("time[datetime]", within)) {
    const at = Date.parse(time.getAttribute("datetime"));
    const seconds = Math.abs(now - at) / 1000;
    const text = time.classList.contains("span") ? coarse(Math.max(0, (now - at) / 1000))
      : at > now ? `in ${coarse(seconds)}`
      : seconds < 1 ? "now" : `${coarse(seconds)} ago`;
    if (time.textContent !== text) time.textContent = text;
  }
}

/* Live: signals say that something changed, then the page asks for itself again. */

const live = {
  topics: new Set((document.body.dataset.topics ?? "").split(" ").concat("nodes", "config")),
  button: $("#live"),
  source: null,
  tag: null,
  paused: sessionStorage.getItem("paused") === "1",
  heard: 0,
  asking: false,
  again: false,

  start() {
    if (!this.button) return;
    this.button.hidden = false;
    this.button.addEventListener("click", () => this.pause(!this.paused));
    document.addEventListener("visibilitychange", () => this.follow());
    addEventListener("pagehide", () => this.stop());
    addEventListener("pageshow", () => this.follow());
    setInterval(() => {
      if (this.source && Date.now() - this.heard > 40000) { this.stop(); this.follow(); }
    }, 5000);
    this.follow();
  },

  follow() {
    if (document.hidden || this.paused) { this.stop(); this.show(this.paused ? "paused" : "off"); return; }
    if (this.source) return;
    this.heard = Date.now();
    this.source = new EventSource("/dashboard/events");
    const heard = (then) => (event) => { this.heard = Date.now(); then?.(event); };
    this.source.onopen = heard(() => this.show("live"));
    // The first signals tell where every topic stands, so whatever was missed is asked for.
    this.source.onmessage = heard(({ data }) => {
      if (this.topics.has(JSON.parse(data).topic)) this.ask();
    });
    this.source.addEventListener("beat", heard());
    this.source.onerror = () => this.show("degraded", "reconnecting");
  },

  stop() { this.source?.close(); this.source = null; },

  pause(paused) {
    this.paused = paused;
    sessionStorage.setItem("paused", paused ? "1" : "0");
    this.button.setAttribute("aria-pressed", String(!paused));
    this.follow();
  },

  show(state, word = state) {
    const shown = $("span", this.button);
    shown.className = `state s-${state}`;
    shown.textContent = word;
  },

  // One request at a time; what changes meanwhile is asked for once more.
  async ask() {
    if (this.asking) { this.again = true; return; }
    this.asking = true;
    try {
      const headers = this.tag ? { ...LIVE, "if-none-match": this.tag } : LIVE;
      const answer = await fetch(location.href, { headers, cache: "no-store" });
      if (answer.status === 401) { this.stop(); this.show("no", "signed out"); return; }
      if (answer.status === 200) {
        this.tag = answer.headers.get("etag");
        renew(new DOMParser().parseFromString(await answer.text(), "text/html"));
      }
    } catch { this.show("degraded", "reconnecting"); } finally {
      this.asking = false;
      if (this.again) { this.again = false; setTimeout(() => this.ask(), 500); }
    }
  },
};

function renew(page) {
  for (const old of $$("[data-live]")) {
    const fresh = page.getElementById(old.id);
    if (!fresh || old.innerHTML === fresh.innerHTML) continue;
    if (old.dataset.live === "rows") renewRows(old, fresh);
    else if (!isInUse(old)) replace(old, fresh);
    // What was empty has rows now: from here on they are renewed one by one.
    if (!fresh.hasAttribute("data-live")) old.removeAttribute("data-live");
  }
  tellTimes();
}

// Nobody's typing is taken away.
function isInUse(region) {
  const active = document.activeElement;
  return region.contains(active) && active.matches("input:not([type=checkbox]), textarea, select");
}

function replace(old, fresh) {
  const active = old.contains(document.activeElement) ? document.activeElement : null;
  const key = active && (active.id ? `#${CSS.escape(active.id)}` : active.getAttribute("href") && `a[href="${CSS.escape(active.getAttribute("href"))}"]`);
  const open = new Set($$("details[open][id]", old).map((details) => details.id));
  old.replaceChildren(...document.importNode(fresh, true).childNodes);
  for (const details of $$("details[id]", old)) if (open.has(details.id)) details.open = true;
  if (key) $(key, old)?.focus({ preventScroll: true });
}

// Rows that are there change where they stand. New ones wait until somebody wants to see them, or
// the list would jump under the pointer.
function renewRows(old, fresh) {
  const known = new Map($$(":scope > [id]", old).map((row) => [row.id, row]));
  const rows = $$(":scope > [id]", fresh);
  const news = rows.filter((row) => !known.has(row.id));
  for (const row of rows) {
    const there = known.get(row.id);
    if (there && there.innerHTML !== row.innerHTML && !there.contains(document.activeElement)) {
      there.replaceChildren(...document.importNode(row, true).childNodes);
    }
  }
  const pill = document.getElementById(old.dataset.pill);
  if (!known.size || !pill) { replace(old, fresh); return; }
  pill.classList.toggle("on", news.length > 0);
  pill.textContent = `${news.length}${news.length >= rows.length ? "+" : ""} new`;
  pill.onclick = () => {
    const ids = new Set(news.map((row) => row.id));
    replace(old, fresh);
    for (const row of $$(":scope > [id]", old)) row.classList.toggle("new", ids.has(row.id));
    pill.classList.remove("on");
    tellTimes(old);
  };
}

/* A log that is followed until its run ends, unless somebody scrolled up. */

function followLog() {
  const log = $("#log");
  if (!log?.dataset.from) return;
  let follows = true;
  log.addEventListener("scroll", () => {
    follows = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
    $("#log-state")?.toggleAttribute("hidden", follows);
  });
  const wrap = $("#log-wrap");
  if (wrap) {
    wrap.hidden = false;
    wrap.addEventListener("click", () => wrap.setAttribute("aria-pressed", String(log.classList.toggle("wrap"))));
  }
  const bottom = () => { if (follows) log.scrollTop = log.scrollHeight; };
  if (!location.hash) bottom();
  const look = async () => {
    if (document.hidden || live.paused) return;
    const answer = await fetch(`${log.dataset.more}?from=${log.dataset.from}&line=${log.dataset.line}`, { headers: LIVE, cache: "no-store" }).catch(() => null);
    if (answer?.status !== 200) return;
    const part = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("part");
    if (!part) return;
    log.append(...document.importNode(part, true).childNodes);
    log.dataset.from = part.dataset.from;
    log.dataset.line = part.dataset.line;
    bottom();
    if (part.dataset.ended) clearInterval(timer);
  };
  const timer = log.dataset.ended ? 0 : setInterval(look, 1000);
}

/* Copying, choosing many, asking before what cannot be undone. */

addEventListener("click", async (event) => {
  const copied = event.target.closest("[data-copy]");
  if (copied && !event.defaultPrevented && !copied.closest("a")) {
    await navigator.clipboard?.writeText(copied.dataset.copy).catch(() => {});
    const before = copied.textContent;
    copied.textContent = "copied";
    setTimeout(() => { copied.textContent = before; }, 900);
  }
});

addEventListener("change", ({ target }) => {
  if (target.matches("[data-all]")) {
    for (const box of $$("input[name=id]", target.form ?? target.closest("form"))) box.checked = target.checked;
  }
  if (target.matches("[data-all], input[name=id]")) countChosen(target.closest("form"));
});

function countChosen(form) {
  const count = $$("input[name=id]:checked", form).length;
  const shown = $("[data-chosen]", form);
  if (shown) shown.textContent = count ? `${count} chosen` : "none chosen";
}

/* Keys. */

let going = false;

function moveBy(step) {
  const rows = $$("main tbody tr").filter((row) => $("a[href]", row));
  if (!rows.length) return;
  const here = rows.findIndex((row) => row.classList.contains("here"));
  const next = rows[Math.max(0, Math.min(rows.length - 1, here < 0 ? (step > 0 ? 0 : rows.length - 1) : here + step))];
  rows[here]?.classList.remove("here");
  next.classList.add("here");
  $("a[href]", next).focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

const keys = {
  "/": () => ($("[data-filter]") ?? $("[data-find]"))?.focus(),
  "?": () => $("#keys").showModal(),
  j: () => moveBy(1),
  k: () => moveBy(-1),
  r: () => { const again = $("[data-again]"); if (again) again.click(); else live.ask(); },
  t: () => $("#theme").click(),
  p: () => live.pause(!live.paused),
};

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, textarea, select")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if ($("#keys")?.open) return;
  if (going) {
    going = false;
    const to = $(`[data-go="${CSS.escape(event.key)}"]`);
    if (to) { event.preventDefault(); location.assign(to.href); }
    return;
  }
  if (event.key === "g") { going = true; setTimeout(() => { going = false; }, 1500); return; }
  const act = keys[event.key];
  if (act) { event.preventDefault(); act(); }
});

$("#help")?.removeAttribute("hidden");
$("#help")?.addEventListener("click", keys["?"]);
setInterval(tellTimes, 1000);
tellTimes();
live.start();
followLog();
