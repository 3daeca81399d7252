"""When WorkFossa's scripts have finished what they began: only then is a page worth reading.

Scripts fetch rows and equipment while a loader is shown. A label, a class or the rows that were there before
tell nothing: what counts is that the loader came and went, and that what is shown has changed since.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.async_api import BrowserContext, Request, Response

from resources.tab import RefusedPageError, Tab, TransientFaultError, refuse_error_status, translated
from scheduling_pipeline.work_orders.markup import LoginPageError

ROWS, ALL = ".work-list-item", "body"  # what is expected to change
PASSWORD = "input[type=password]"  # noqa: S105 - a selector

_UNCHANGED = "unchanged"
_SESSION_ENDED = (401, 419)  # what a script is told, where a person is shown the login form
_NOT_THE_SITES = ("ERR_BLOCKED_BY_CLIENT", "ERR_ABORTED")  # stopped by the guard, or by the page itself

# `state` is empty until the scripts are done. A login form may take the place of any page at any time. What
# was fetched may be just what was there before: after a while without any change there is none to wait for.
_WATCH = """
window.loaderWatch = (() => {
  const stillMs = 250, idleMs = 2000;
  let selector = ".work-list-item", before = "", loaded = false, changedAt = performance.now();
  const loading = () =>
    [...document.querySelectorAll(".loader-line")].some((line) => line.checkVisibility());
  const shown = () => [...document.querySelectorAll(selector)].map((part) => part.textContent).join();
  new MutationObserver(() => {
    changedAt = performance.now();
    loaded ||= loading();
  }).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
  return {
    hasLoaded: () => loaded,
    expect(expected) {
      selector = expected;
      before = shown();
      loaded = false;
      changedAt = performance.now();
    },
    state(clicked) {
      if (document.querySelector("input[type=password]")) return "login";
      if (loading()) return "";
      const now = shown(), stillFor = performance.now() - changedAt;
      if (now && now !== before && (loaded || stillFor > stillMs)) return "changed";
      const over = loaded ? stillFor > stillMs : clicked && stillFor > idleMs;
      return over ? "unchanged" : "";
    },
  };
})();
"""


async def watch_loader(context: BrowserContext) -> None:
    """Watch the loader in all pages that are opened from now on, from their very beginning."""
    await context.add_init_script(_WATCH)


async def open_loaded(tab: Tab, what: str, url: str) -> None:
    """Open a page, and wait until its rows are shown, or it is clear that it has none, or for a login form.

    A page whose loader was never seen is not believed to have none. Raises as the tab does, and
    LoginPageError.
    """
    with _noting_faults(tab, what) as faults:
        await tab.goto(what, url)
        await _wait(tab, what, faults, clicked=False)


async def click_loaded(tab: Tab, what: str, selector: str, expected: str) -> None:
    """Click something, and wait until what is `expected` to change has done so, or for a login form.

    A click that sets nothing going is no fault: then everything stays as it is. Raises as the tab does, and
    LoginPageError. Where anything may change, a request that failed is always a fault: what changed may be
    that the page says so.
    """
    with _noting_faults(tab, what) as faults:
        await translated(what, tab.page.evaluate("(expected) => loaderWatch.expect(expected)", expected))
        await translated(what, tab.page.click(selector))
        await _wait(tab, what, faults, clicked=True)
        if expected == ALL and faults:
            raise faults[0]


async def has_loaded(tab: Tab, what: str) -> bool:
    """Whether a loader was seen since the last click."""
    return bool(await translated(what, tab.page.evaluate("loaderWatch.hasLoaded()")))


async def _wait(tab: Tab, what: str, faults: list[Exception], *, clicked: bool) -> None:
    done = tab.page.wait_for_function("(clicked) => loaderWatch.state(clicked)", arg=clicked)
    state = await translated(what, (await translated(what, done)).json_value())
    if state == _UNCHANGED and faults:
        raise faults[0]


@contextmanager
def _noting_faults(tab: Tab, what: str) -> Iterator[list[Exception]]:
    """What went wrong with the requests of scripts, while this lasts: they hide the loader all the same."""
    page, faults = tab.page, list[Exception]()

    def note_answer(response: Response) -> None:
        if not _is_of_a_script(response.request):
            return
        if response.status in _SESSION_ENDED:
            faults.append(LoginPageError())
            return
        try:
            refuse_error_status(what, response.status, response.headers)
        except (TransientFaultError, RefusedPageError) as fault:
            faults.append(fault)

    def note_failure(request: Request) -> None:
        reason = request.failure or ""
        if _is_of_a_script(request) and not any(code in reason for code in _NOT_THE_SITES):
            faults.append(TransientFaultError(f"could not {what}: {reason.removeprefix('net::')}"))

    page.on("response", note_answer)
    page.on("requestfailed", note_failure)
    try:
        yield faults
    finally:
        page.remove_listener("response", note_answer)
        page.remove_listener("requestfailed", note_failure)


def _is_of_a_script(request: Request) -> bool:
    return request.resource_type in ("xhr", "fetch")
