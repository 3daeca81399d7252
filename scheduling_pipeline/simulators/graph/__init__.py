"""A stand-in for the Microsoft identity platform and Microsoft Graph v1.0, as far as calendars need them.

It behaves on the wire as Microsoft's documentation says; where the service could do more than is simulated it
answers 501 instead of inventing something. State is kept in `graph.db` in the simulators' home.

Steering, besides the routes of `Control`: GET/PUT `/control/settings` (see `settings.Settings`), and POST
`/control/move` {"mailbox", "event", "calendar"}, which moves an event as a person does in Outlook.

Faults (`Control`) match `METHOD /users/...` without version and query; a batch as a whole is `POST /$batch`,
and each request inside one is matched like a direct call:

- `http` {status, retry_after, code}: this answer, and no effect.
- `drop_reply`: the effect takes place, then the connection breaks; inside a batch the answer is a 504.
- `timeout` {seconds}: no effect and no answer until the client gives up or the seconds are over, then the
  connection breaks; inside a batch the answer is a 504 after the seconds.
- `slow` {seconds}: the answer takes so much longer, and keeps one of the mailbox's places meanwhile.
- `kill` {pid, when: before|after}: SIGKILL to that process before or after the effect.
- `expire_tokens`: all tokens issued so far are expired, and this call is answered 401.
- `identity` {status}: the token endpoint (`POST /{tenant}/oauth2/v2.0/token`) fails; no other kind does it.

The journal has an entry for each call and each request inside a batch, without anything that people wrote:
`method`, `path` (no query), `status`, `mailbox` (UPN), `batched`, `write`, and `answered` (false where the
reply was withheld; `status` is then what it would have been, or null without an effect).
"""

from scheduling_pipeline.simulators.graph.app import GraphSimulator

__all__ = ["GraphSimulator"]
