// Schedules: cards that stay true, progress that is watched, a form that shows the next runs as it is filled in.
"use strict";

const PHASES = { initializing: "Starting", logging_in: "Logging in", scraping: "Reading", saving: "Saving" };

// <section id="schedule-7" data-schedule="/api/…/7"> follows its schedule; with data-sync, its run each second.
async function watch(card) {
  if ("sync" in card.dataset) {
    await desk.follow(`${card.dataset.schedule}/sync-progress`, (now) => {
      if (now.status !== "in_progress") return true;
      card.querySelector("[data-phase]").textContent = PHASES[now.phase];
      card.querySelector("[data-message]").textContent = now.message;
      card.querySelector("progress").value = now.percentage;
      return false;
    });
  } else {
    let answers = 0;
    await desk.follow(card.dataset.schedule, () => ++answers > 1, 5);
  }
  const fresh = await desk.part(location.pathname, `#${card.id}`, desk.reach);
  const focused = card.contains(document.activeElement) && document.activeElement.getAttribute("aria-label");
  if (!fresh) return card.remove(); // it was deleted
  card.replaceWith(fresh);
  if (focused) fresh.querySelector(`[aria-label="${focused}"]`)?.focus();
  watch(fresh);
}
document.querySelectorAll("[data-schedule]").forEach(watch);

// <section id="account" data-testing="/api/workfossa-account"> says how the test went as soon as it has ended;
// what somebody types meanwhile stays.
for (const section of document.querySelectorAll("[data-testing]")) {
  desk.follow(section.dataset.testing, (account) => {
    if (account.testing) return false;
    desk.part(location.pathname, `#${section.id}`, desk.reach).then((fresh) => fresh && section.replaceWith(fresh));
    return true;
  });
}

// <form data-preview="/api/…/preview"> shows the runs that it would make, a moment after each change.
for (const form of document.querySelectorAll("form[data-preview]")) {
  const next = document.querySelector("[data-next]");
  const why = document.querySelector("[data-why]");
  const runs = document.querySelector("[data-runs]");
  let waiting = 0;
  let latest = 0;
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const asked = ++latest;
      try {
        const coming = await desk.ask("POST", form.dataset.preview, scheduleOf(form));
        if (asked !== latest) return;
        next.textContent = coming.next_run_text;
        why.textContent = coming.next_run ? "" : `It does not run by itself: ${coming.why_not}.`;
        runs.replaceChildren(...coming.runs.slice(1).map(({ text }) => Object.assign(document.createElement("li"), { textContent: text })));
      } catch (error) {
        if (asked !== latest) return;
        next.textContent = error.message;
        why.textContent = "";
        runs.replaceChildren();
      }
    }, 150);
  });
}

// What a form says, as programs say it.
function scheduleOf(form) {
  const { elements } = form;
  const byCron = elements.cadence.value === "cron";
  return {
    schedule_type: elements.schedule_type.value,
    schedule_id: form.dataset.id ? Number(form.dataset.id) : null,
    ...(byCron ? { cron: elements.cron.value } : { interval_hours: Number(elements.interval_hours.value) }),
    active_hours: elements.restricted.checked
      ? { start: Number(elements.start.value), end: Number(elements.end.value) }
      : null,
    zone: elements.zone.value,
    holiday_country: elements.holiday_country.value || null,
    rest_days: elements.rest_days.value.split(/[\s,]+/).filter(Boolean),
    waits_for: Number(elements.waits_for?.value) || null,
    enabled: elements.enabled.checked,
  };
}

// <button data-copy="…" hidden> copies that, where a browser can.
for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = "Copied";
  });
}
