// What pages need of a script; everything but live status works without it.
"use strict";

const PAUSES = [5, 30, 60, 120, 300]; // seconds, after one failure after the other
const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

const desk = {
  token: document.querySelector('meta[name="csrf-token"]')?.content ?? "",

  // The answer to a JSON request; throws an Error with the desk's own sentence, `code` and `details`.
  async ask(method, path, body) {
    const answer = await fetch(path, {
      method,
      headers: { Accept: "application/json", "Content-Type": "application/json", "X-CSRF-Token": desk.token },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const content = await answer.json();
    if (answer.ok) return content;
    throw Object.assign(new Error(content.error.message), content.error);
  },

  // The answer to a request; where there is none, or the desk is out of order, it asks again, ever less often.
  async reach(path, options) {
    for (let failures = 0; ; failures++) {
      const answer = await fetch(path, options).catch(() => null); // the network is away
      if (answer && answer.status < 500) return answer;
      await pause(PAUSES[Math.min(failures, PAUSES.length - 1)]);
    }
  },

  // The part of another page that a selector finds, if any.
  async part(path, selector, get = fetch) {
    const answer = await get(path, { headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    return page.querySelector(selector);
  },

  // Calls `show` with each new state at `path` until it returns true; unchanged ones cost a 304.
  async follow(path, show, seconds = 1) {
    let tag = "";
    for (;;) {
      const headers = { Accept: "application/json", ...(tag && { "If-None-Match": tag }) };
      const answer = await desk.reach(path, { headers, cache: "no-store" });
      if (answer.status === 401) return location.reload();
      if (answer.status === 200) {
        tag = answer.headers.get("ETag") ?? "";
        if (show(await answer.json())) return;
      } else if (answer.status !== 304) return;
      await pause(seconds);
    }
  },
};

// On wide screens the menu stands open; on a phone it opens when asked.
const wide = matchMedia("(min-width: 60rem)");
const menu = document.querySelector("[data-menu]");
if (menu) {
  const fit = () => { menu.open = wide.matches; };
  wide.addEventListener("change", fit);
  fit();
}

// What was done is said once: not again when the page is loaded again.
const here = new URL(location.href);
if (here.searchParams.has("notice")) {
  here.searchParams.delete("notice");
  history.replaceState(history.state, "", here);
}

// <form data-confirm="Really?"> asks first.
document.addEventListener("submit", (event) => {
  const question = event.target.dataset.confirm;
  if (question && !confirm(question)) event.preventDefault();
});

// <section id="x" data-load="/y"> becomes the part x of the page /y, which takes its time.
for (const place of document.querySelectorAll("[data-load]")) {
  desk.part(place.dataset.load, `#${place.id}`).then((part) => {
    if (!part) return;
    place.replaceWith(part);
    const wanted = document.getElementById(location.hash.slice(1));
    if (!part.contains(wanted)) return;
    wanted.classList.add("found"); // the browser looked for it before it was there
    wanted.scrollIntoView({ block: "center" });
  });
}

// <div data-follow="/api/auto-schedule/status/7"> shows a run while it lasts, then loads the page again.
for (const place of document.querySelectorAll("[data-follow]")) {
  desk.follow(place.dataset.follow, (run) => {
    place.querySelector("[data-status]").textContent = run.status;
    if (run.status === "running") return false;
    location.replace(location.pathname);
    return true;
  });
}
