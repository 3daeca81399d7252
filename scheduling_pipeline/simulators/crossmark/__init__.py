"""A stand-in for Crossmark's planner: who works which event at a store, and when.

It behaves on the wire as recorded traffic shows: a PHP session, JSON that is called HTML, failures told in a
200. What was written through it is kept in `crossmark.db`, its sessions in `crossmark-sessions.db`, in the
simulators' home; all else is the store's (`model.Store`), at the simulated time. An event is Unstaffed,
Scheduled once somebody is sent, In Progress while they are there, and Submitted two hours later; what nobody
did is Expired after its last day. Submitted, Expired and Canceled events take no visit; a reissued one does.

People find a login page at `/`, and without a login the week's planning at `/demo` (?week=YYYY-MM-DD).

Steering, besides the routes of `Control`: GET/PUT `/control/settings` (see `settings.Settings`: expiry of
sessions, kind of login answer, upsert, largest page); GET `/control/visits`, who is sent where and when.

Faults (`Control`) match `METHOD /path` without the last slash and strike calls that have a live session, or
need none. For any call:

- `http` {status 503, text, retry_after, when: before|after}: this answer, without an effect or after it.
- `login_page`: the login page with a 200, and no effect. `expired_session`: the session ends first.
- `refused` {text, key: error|message}: `ok` 0, and no effect.
- `lose_request`, `drop_reply` {seconds 0}: no effect, or the effect; then the connection breaks, at once or
  after a silence. `slow_reply` {seconds 8}: the effect at once, the answer late.
- `kill` {pid, when: before|after}: SIGKILL to that process before or after the effect.

For what writes: `no_effect`, the answer of a success that did not take place. For scheduling: `no_event`, a
success without `MVScheduledEvent`; `wrong_echo` {minutes 60, or fields}, a success that tells something else
than was done; `wrong_write` {minutes 60, or fields}, a success that did something else than was asked, and
tells so. For the listing: `truncated_listing` {keep 0.5}, fewer events than the total; `shrunken_listing`
{keep 0}, fewer events, or none, and a total that fits them.

The journal notes each call but those of `/control` and `/demo`: `method`, `path`, `query`, `form` and `json`
(no password), `status`, `answered`, the `fault` that struck it, and its `effect`: what it `did` (scheduled,
unscheduled, reissued) with `mplan`, `rep`, `start` (UTC) and the id of the `schedule`.
"""

from scheduling_pipeline.simulators.crossmark.app import CrossmarkSimulator
from scheduling_pipeline.simulators.crossmark.fixed import FixedStore
from scheduling_pipeline.simulators.crossmark.model import Condition, Location, Mplan, Rep, Store, Visit
from scheduling_pipeline.simulators.crossmark.settings import Settings

__all__ = [
    "Condition",
    "CrossmarkSimulator",
    "FixedStore",
    "Location",
    "Mplan",
    "Rep",
    "Settings",
    "Store",
    "Visit",
]
