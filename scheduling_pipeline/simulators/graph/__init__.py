"""A stand-in for the Microsoft identity platform and Microsoft Graph v1.0, with Outlook's calendars and the
document libraries of a SharePoint site.

It behaves on the wire as Microsoft's documentation says; where the service could do more than is simulated it
answers 501 instead of inventing something. State is kept in `graph.db` and `drive/` in the simulators' home.

Steering, besides the routes of `Control`: GET/PUT `/control/settings` (see `settings.Settings`); POST
`/control/move` {"mailbox", "event", "calendar"}, which moves an event as a person does in Outlook; and what
people do in the document library: PUT `/control/drive/files/{path}` with the file's bytes, DELETE the same
(both `?by=name`), POST `/control/drive/move` {"from", "to", "by"}. Paths begin below the library's root.

Faults (`Control`) match `METHOD /users/...` without version and query, in plain letters; a batch as a whole
is `POST /$batch`, and each request inside one is matched like a direct call. The download of a file is
`GET /download/{path}`, since its real address says nothing of the file and holds a secret:

- `http` {status, retry_after, code}: this answer, and no effect.
- `drop_reply`: the effect takes place, then the connection breaks; inside a batch the answer is a 504.
- `timeout` {seconds}: no effect and no answer until the client gives up or the seconds are over, then the
  connection breaks; inside a batch the answer is a 504 after the seconds.
- `slow` {seconds}: the answer takes so much longer, and keeps one of the mailbox's places meanwhile.
- `kill` {pid, when: before|after}: SIGKILL to that process before or after the effect.
- `expire_tokens`: all tokens issued so far are expired, and this call is answered 401.
- `cut` {share}: the effect takes place, and the connection ends after that share of the body, half of it
  unless it is given; inside a batch the answer is a 504.
- `wrong_content`: a downloaded file has one wrong byte.
- `wrong_hash`: the hash that Graph announces for a file, whose download matches, is wrong; each showing of
  the file uses the fault up once.
- `resync`: a delta call with a token is answered 410, as if the token had been forgotten.
- `identity` {status}: the token endpoint (`POST /{tenant}/oauth2/v2.0/token`) fails; no other kind does it.

The journal has an entry for each call, each request inside a batch and each download, with nothing that
people wrote but names of files: `method`, `path` (no query), `status`, `mailbox` (UPN), `batched`, `write`,
`answered` (false where the reply was withheld or cut; `status` is then what it would have been, or null
without an effect), and for downloads `bytes`, how many of the file were sent.
"""

from scheduling_pipeline.simulators.graph.app import GraphSimulator

__all__ = ["GraphSimulator"]
