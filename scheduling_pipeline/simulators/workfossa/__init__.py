"""A stand-in for WorkFossa: the work orders of the people who log in, as its pages show them.

The site is a page with scripts: a login form with a token of its own, the dashboard, the list of orders, a
page for each order, visit, customer and location. The list comes without rows; a script fetches them
(`/app/work/list/rows`) while the loader is shown, and fetches them anew when a page size is picked, an anchor
leads to another page, or the direction changes. The equipment tab of a location does so too, and its groups
have no blocks until they are opened. Who has which orders comes from `model.Orders`, at the simulated time;
nothing is written through the site. Only sessions are kept, in `workfossa-sessions.db`.

The list knows `work_visit_completion` (`none`: open, `all`: completed, else all that is not closed),
`visit_scheduled` (`scheduled`) and `order_direction`, filters packed as value||sub||label; it is in the order
of the visits' days. What the account has nothing to do with is a 404.

`/demo` tells, without a login, who can log in and what happens to their orders when.

Steering, besides the routes of `Control`: GET/PUT `/control/settings` (see `settings.Settings`: how sessions
end, loading time, modal); GET `/control/orders`, what each account has now.

Faults (`Control`) match `METHOD /path` without the last slash and strike requests that have a live session,
or need none; one fault strikes a request:

- any: `http` {status 503, text, retry_after}; `drop` {seconds 0}, the connection breaks at once or after a
  silence; `slow` {seconds 8}; `kill` {pid, when: before|after}, SIGKILL to that process; `login_page`, the
  login form with a 200 while the session lives; `expired_session`, the session ends first
- `POST /login`: `login_refused` {text "Invalid credentials."}, whatever the password
- `GET /app/work/list`: `page_size_stuck`, no page size can be picked: the label stays
- `GET /app/work/list/rows`: `page_size_ignored`, 25 rows whatever the label says; `repeated_page`, the page
  before the one asked for; `empty_list`; `endless_loader` {seconds 3600}, no rows ever come;
  `missing_address_lines` {lines street, cross_street, city, county}; `missing_visit_link` {orders: ids, else
  all of the page}
- `GET /app/customers/locations/N/equipment`: `no_dispensers`; `lost_dispensers` {keep 0.5}, fewer blocks than
  the heading says; `modal`; `endless_loader`

The journal notes each request but those of `/control`, `/demo` and `/static`: `method`, `path`, `query`,
`account`, `status` (None without an answer), the `fault` that struck it, and whether it is `forbidden`: a
read-only client sends nothing but GET and the login form.
"""

from scheduling_pipeline.simulators.workfossa.app import WorkFossaSimulator
from scheduling_pipeline.simulators.workfossa.fixed import FixedOrders
from scheduling_pipeline.simulators.workfossa.model import (
    Account,
    Contact,
    Customer,
    Dispenser,
    Item,
    Location,
    Orders,
    Visit,
    WorkOrder,
)
from scheduling_pipeline.simulators.workfossa.settings import Settings

__all__ = [
    "Account",
    "Contact",
    "Customer",
    "Dispenser",
    "FixedOrders",
    "Item",
    "Location",
    "Orders",
    "Settings",
    "Visit",
    "WorkFossaSimulator",
    "WorkOrder",
]
