"""A stand-in for Google's identity platform and the Calendar API v3.

It behaves on the wire as Google's documentation says. State is kept in `google.db` (calendars) and
`google-identity.db` (tokens) in the simulators' home, with the service account's key file,
`google-service-account.json`.

Steering, besides the routes of `Control`: GET/PUT `/control/settings` (see `settings.Settings`); POST
`/control/consent` {"email", "scopes"} answers a `refresh_token`, as if that person had gone through the
consent page (for the calendar scope unless others are given); POST `/control/revoke` {"email"} ends all that
the person allowed.

Latency is that of an HTTP request: a batch waits once, however many calls it holds.

Faults (`Control`) match `METHOD /calendars/...` without prefix and query, in plain letters. A batch as a
whole is `POST /batch/calendar/v3`, and each call inside one is matched like a direct one. They strike calls
that have a good token and are within quota:

- `http` {status, reason, retry_after}: this answer, and no effect; inside a batch for that call alone.
- `drop_reply`: the effect takes place, then the connection breaks; inside a batch the whole batch takes
  effect and gets no answer.
- `lose_request`: no effect, and the connection breaks; inside a batch the calls before it took effect, those
  behind it did not.
- `kill` {pid, when: before|after}: SIGKILL to that process before or after the effect.
- `expired_token`: the call's access token is expired from now on, and the call is answered 401.
- `identity` {status}: the token endpoint (`POST /token`) fails; no other kind does it.

The journal has entries of two kinds. `call`, for each call to the API, direct or in a batch: `method`, `path`
(below /calendar/v3, no query), `caller`, `quota_user`, `status`, `cost` (units of quota), `answered`. `http`,
for each HTTP request to the API or the token endpoint: `method`, `path`, `status`, `answered`, and `caller`
where it was about a token. `answered` is false where the reply was withheld; `status` is then what it would
have been, or null without an effect.
"""
