// The review: rows edited in place, forms that follow the day, submissions that are watched.
"use strict";

// <a data-edit="7" href="/auto-schedule/rows/7"> opens the form of that page below its row or card.
document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-edit]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const open = document.querySelector("[data-editing]");
  const again = open?.dataset.editing === link.dataset.edit;
  open?.remove();
  if (again) return link.focus();
  const form = await placeForm(link.href);
  if (!form) return location.assign(link.href); // it can no longer be edited: its page says why
  const place = editor(link);
  place.querySelector("[data-inside]").append(form);
  place.addEventListener("keydown", (key) => {
    if (key.key !== "Escape") return;
    place.remove();
    link.focus();
  });
  form.querySelector("select").focus();
});

// Where the form goes: a row of its own in a table, else the end of the card.
function editor(link) {
  const row = link.closest("tr");
  const place = document.createElement(row ? "tr" : "div");
  place.dataset.editing = link.dataset.edit;
  if (row) {
    const cell = place.insertCell();
    cell.colSpan = row.cells.length;
    cell.dataset.inside = "";
    row.after(place);
  } else {
    place.append(Object.assign(document.createElement("div"), { className: "inside" }));
    place.firstChild.dataset.inside = "";
    link.closest("article, .move").append(place);
  }
  return place;
}

const placeForm = (address) => desk.part(address, "form[data-place]");

// Another day or time: who can do it then? Half a second after the last change.
let waiting = 0;
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-place]");
  if (!form || !["day", "start"].includes(event.target.name)) return;
  clearTimeout(waiting);
  waiting = setTimeout(async () => {
    const asked = new URLSearchParams();
    for (const name of ["day", "start", "employee_id"]) asked.set(name, form.elements[name].value);
    const fresh = await placeForm(`${form.dataset.place}?${asked}`);
    const old = form.elements.employee_id.closest("label");
    if (fresh) old.replaceWith(fresh.elements.employee_id.closest("label"));
  }, 500);
});

// A row's form is sent as JSON, so that what is refused is told where it was entered.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  const row = form.dataset.place?.match(/^\/auto-schedule\/rows\/(\d+)$/);
  if (!row || event.submitter?.name === "look") return;
  event.preventDefault();
  const value = (name) => form.elements[name].value;
  event.submitter.disabled = true;
  try {
    const done = await desk.ask("PUT", `/api/pending-schedule/${row[1]}`, {
      employee_id: value("employee_id"),
      schedule_datetime: `${value("day")}T${value("start")}`,
      revision: value("revision"),
      override: value("override") || null,
    });
    const review = new URLSearchParams(location.pathname === "/auto-schedule/review" ? location.search : "");
    review.set("run_id", done.updated_schedule.run_id);
    review.set("notice", done.approval_voided ? "approval-void" : "row-edited");
    review.set("edited", done.revision.slice(0, 12)); // another address, so that the page is loaded again
    location.assign(`/auto-schedule/review?${review}#row-${row[1]}`);
  } catch (problem) {
    if (!problem.code) throw problem;
    tell(form.querySelector("[data-refused]"), problem);
    if (problem.details?.override_possible) {
      form.elements.override.closest("label").hidden = false;
      form.elements.override.required = true;
      form.elements.override.focus();
    }
  } finally {
    event.submitter.disabled = false;
  }
});

function tell(place, problem) {
  const list = document.createElement("ul");
  const sentences = problem.details?.violations?.map((one) => one.message) ?? [problem.message];
  for (const sentence of new Set(sentences)) list.append(Object.assign(document.createElement("li"), { textContent: sentence }));
  const heading = problem.details?.override_possible ? "That needs a reason." : "That could not be done.";
  place.replaceChildren(Object.assign(document.createElement("strong"), { textContent: heading }), list);
  place.className = `note ${problem.details?.override_possible ? "warn" : "bad"}`;
  place.hidden = false;
}

// A form with data-once is sent once, however often its button is pressed.
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || !("once" in event.target.dataset)) return;
  if (event.target.dataset.once === "sent") event.preventDefault();
  event.target.dataset.once = "sent";
});

// A submission is watched until it is over; then the page is loaded again, with what failed.
for (const section of document.querySelectorAll("[data-progress]")) {
  const words = { api_submitted: ["good", "submitted"], api_failed: ["bad", "refused"], unknown: ["warn", "unknown"] };
  desk.follow(section.dataset.progress, (now) => {
    if (!["waiting", "running"].includes(now.state)) {
      location.replace(`${location.pathname}${location.search.replace(/[?&]notice=[^&]*/, "")}`);
      return true;
    }
    section.querySelector("[data-state]").textContent = now.state === "running" ? "under way" : "begins within seconds";
    section.querySelector("[data-done]").textContent = now.done;
    section.querySelector("[data-total]").textContent = now.total;
    section.querySelector("[data-counts]").textContent = `${now.api_submitted} submitted, ${now.api_failed} refused, ${now.api_unknown} unknown`;
    Object.assign(section.querySelector("progress"), { max: now.total || 1, value: now.done });
    section.querySelector("[data-latest]").replaceChildren(...now.latest.slice(0, 8).map((one) => {
      const item = document.createElement("li");
      const [kind, word] = words[one.status];
      item.append(
        Object.assign(document.createElement("span"), { className: `tag ${kind}`, textContent: word }),
        ` ${one.event} → ${one.employee || "taken off"}`,
      );
      return item;
    }));
    return false;
  });
}
