"use strict";

// Fetches part of a page while the loader is shown. Only the newest request counts: its answer is the part, or
// undefined where another came after it. An answer that is no such part takes the place of the whole page, as
// the login form does once the session has ended.
let newest = 0;

async function fetchPart(address) {
  const loader = document.querySelector(".loader-line");
  const mine = ++newest;
  loader.style.display = "";
  const answer = await fetch(address, { headers: { "X-Requested-With": "XMLHttpRequest" } });
  const text = await answer.text();
  if (mine !== newest) return undefined;
  if (answer.redirected) {
    location.assign(answer.url);
    return undefined;
  }
  const part = new DOMParser().parseFromString(text, "text/html").querySelector(".fragment");
  if (part === null && answer.ok) {
    document.open();
    document.write(text);
    document.close();
    return undefined;
  }
  loader.style.display = "none";
  return part;
}
