// A test message: what becomes of it is shown as soon as it is known.
"use strict";

const test = document.querySelector("[data-message]");
if (test) {
  desk.follow(test.dataset.message, (message) => {
    if (!message.settled) return false;
    desk.part(location.href, "#test", desk.reach).then((part) => part && document.getElementById("test").replaceWith(part));
    return true;
  }, 2);
}
