"""Pages of the list as the site shows them, written down part by part. All people and places are invented."""

from __future__ import annotations

from collections.abc import Iterable

URL = "https://fossa.example/app/work/list"

LOGIN = """<html><body id="home"><form name="login"><input type="hidden" name="_token" value="x">
<input type="email" name="email"><input type="password" name="password">
<input type="submit" value="Log In"></form></body></html>"""

ADDRESS = """<div>Route 88 12</div><!----> <div>Marlow Springs NC 28406</div> <div>Alder County</div>"""
ITEMS = """<div><div>Meter Calibration</div>
<div>8 x All Dispensers <span class="text-muted">(2861)</span></div></div>"""
PENDING = """<div title="0 / 1">0 / 1</div>
<a href="/app/work/{number}/visits/9{number}/" title="Next Visit">03/05/2026 (anytime)</a>
<div class="text-muted">Due: 03/12/2026</div>"""
FINISHED = """<div><s>1 / 1</s> <i class="fa fa-check"></i></div><div>03/05/2026</div>"""


def row(
    number: int = 110001,
    *,
    address: str = ADDRESS,
    items: str = ITEMS,
    visits: str = PENDING,
    instructions: str = "Calibrate all dispensers.",
    extra: str = "",
    badge: str = '<span class="work-status-open">Work Created</span>',
) -> str:
    """One row of the list, with a contact that nobody may read."""
    return f"""<div class="bg-gray-50"><div class="row py-2 work-list-item w-{number}">
<div class="col"><label><input type="checkbox"> <a href="/app/work/{number}/">
      W-{number}
   </a></label>
<div class="wo-category-show"><div><div style="display: none">Meter Calibration</div></div>
<div><div style="display: none">Post Construction</div></div></div>
<div class="work-status-badge">{badge}</div>
<div>Reason: Annual calibration</div>{extra}
<div class="work-creator">Paula Personal • 02/02/2026 09:30am</div></div>
<div class="col"><div class="address">
<div><a href="/app/customers/4101/">Halewood Fuel Stops</a></div>
<div><a href="/app/customers/locations/51000/">#1234</a></div><div>Marlow Springs Crossing</div>
<div class="address-info">{address}</div></div>
<div class="contact"><div>Carl Contact</div><div>Account: A-99</div><div>Terms: Net 30</div></div></div>
<div class="col"><div class="row"><div class="col">{items}</div>
<div class="col">{visits.replace("{number}", str(number))}</div></div></div>
<div class="col-12"><div class="pre-wrap" style="display: none">{instructions}</div>
<div>{instructions[:40]} <a href="#">more...</a></div></div>
</div></div>"""


def page(*rows: str, size: int = 100, more: bool = False) -> str:
    """The list. Its page-size menu goes on marking the first entry, whichever was picked."""
    end = "" if more else " disabled"
    return f"""<html><body><div class="ks-select"><input type="text" name="limit" style="display: none">
<div class="ks-select-selection">Show {size} <span></span></div>
<div class="ks-select-dropdown" style="display: none"><ul><li class="selected-item">Show 25</li>
<li>Show 50</li><li>Show 100</li></ul></div></div>
<a href="#" class="prev-page disabled"></a><a href="#" class="next-page{end}"></a>
<div class="loader-line" style="display: none"></div>
<div class="work-list">{"".join(rows)}</div></body></html>"""


def pages_of(numbers: Iterable[int], size: int) -> list[str]:
    """A list of orders on as many pages as it takes."""
    rows = [row(number) for number in numbers]
    starts = range(0, max(len(rows), 1), size)
    return [page(*rows[n : n + size], size=size, more=n + size < len(rows)) for n in starts]
