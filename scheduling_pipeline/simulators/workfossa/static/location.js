"use strict";

const tabs = document.querySelectorAll(".nav-link");
const equipment = document.querySelector("#equipment");
const blocks = new WeakMap(); // of each group's heading: the page has them only while the group is open

async function choose(tab) {
  for (const other of tabs) {
    other.classList.toggle("active", other === tab);
    document.querySelector(other.hash).style.display = other === tab ? "" : "none";
  }
  if (!tab.dataset.source) return;
  const part = await fetchPart(`${location.pathname.replace(/\/$/, "")}/${tab.dataset.source}`);
  if (!part) return;
  for (const heading of part.querySelectorAll(".equipment-group-heading")) {
    const kept = heading.parentElement.querySelector("template");
    blocks.set(heading, kept.content.firstElementChild);
    kept.remove();
  }
  equipment.replaceChildren(...part.children);
}

for (const tab of tabs) {
  tab.addEventListener("click", (event) => {
    event.preventDefault();
    choose(tab);
  });
}

equipment.addEventListener("click", (event) => {
  if (event.target.matches(".modal button")) {
    event.target.closest(".modal").remove();
    return;
  }
  const heading = event.target.closest(".equipment-group-heading");
  if (!heading) return;
  event.preventDefault();
  const open = heading.getAttribute("aria-expanded") === "true";
  heading.setAttribute("aria-expanded", String(!open));
  if (open) blocks.get(heading).remove();
  else heading.after(blocks.get(heading));
});
