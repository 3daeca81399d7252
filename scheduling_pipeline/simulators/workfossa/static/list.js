"use strict";

const list = document.querySelector(".work-list");
const picker = document.querySelector(".ks-select");
const label = picker.querySelector(".ks-select-selection");
const dropdown = picker.querySelector(".ks-select-dropdown");
const limit = picker.querySelector("input[name=limit]");
const previous = document.querySelector(".prev-page");
const next = document.querySelector(".next-page");
const stuck = picker.hasAttribute("data-stuck");
const query = new URLSearchParams(location.search);
let page = 1;

async function show(wanted) {
  query.set("page", wanted);
  query.set("limit", limit.value);
  const part = await fetchPart(`/app/work/list/rows?${query}`);
  if (!part) return;
  page = Number(part.dataset.page);
  previous.classList.toggle("disabled", "first" in part.dataset);
  next.classList.toggle("disabled", "last" in part.dataset);
  list.replaceChildren(...part.children);
}

function pick(size) {
  dropdown.style.display = "none";
  if (stuck) return;
  limit.value = size;
  label.firstChild.textContent = `Show ${size} `; // the class selected-item stays where it was
  show(1);
}

label.addEventListener("click", () => {
  dropdown.style.display = dropdown.style.display === "none" ? "" : "none";
});
for (const item of dropdown.querySelectorAll("li")) {
  item.addEventListener("click", () => pick(item.textContent.replace("Show ", "")));
}
for (const [anchor, step] of [[previous, -1], [next, 1]]) {
  anchor.addEventListener("click", (event) => {
    event.preventDefault();
    if (!anchor.classList.contains("disabled")) show(page + step);
  });
}
for (const radio of document.querySelectorAll("input[name=order_direction]")) {
  radio.addEventListener("change", () => {
    query.set("order_direction", radio.value);
    show(1);
  });
}
list.addEventListener("click", (event) => {
  if (!event.target.matches("a.more")) return;
  event.preventDefault();
  const footer = event.target.closest(".work-list-footer");
  footer.querySelector(".pre-wrap").style.display = "";
  footer.querySelector(".instructions-excerpt").style.display = "none";
});

show(1);
