"""The colour categories of mailboxes: an event carries a category's name, the mailbox its colour."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus

from resources.graph_client import GraphClient
from resources.graph_wire import Call, GraphError, Json, Reply, expect, user_path

NOT_ALLOWED = (
    "categories have no colours: the application may not manage them; grant it MailboxSettings.ReadWrite"
)


class MasterCategories:
    """The categories of a tenant's mailboxes. Remembers what it has made sure of."""

    def __init__(self, client: GraphClient) -> None:
        self._client = client
        self._known: set[tuple[str, str]] = set()

    def ensure(self, calendars: Iterable[str], presets: Mapping[str, str]) -> list[str]:
        """Make sure that each calendar has the categories; `presets` maps names to Outlook's preset colours.

        Colours are a nicety: what could not be done is returned as sentences for a person. Costs nothing for
        calendars and names that were seen to before. Raises SignInError.
        """
        wanted = {
            calendar: missing
            for calendar in dict.fromkeys(calendars)
            if (missing := [name for name in presets if (calendar, _key(name)) not in self._known])
        }
        if not wanted:
            return []
        readable, problems = self._learn(list(wanted))
        new = [
            (calendar, name)
            for calendar in readable
            for name in wanted[calendar]
            if (calendar, _key(name)) not in self._known
        ]
        calls = [
            Call("POST", _path(calendar), {"displayName": name, "color": presets[name]}, mailbox=calendar)
            for calendar, name in new
        ]
        for (calendar, name), reply in zip(new, self._client.batches(calls), strict=True):
            if isinstance(reply, GraphError) and reply.status != HTTPStatus.CONFLICT:
                problems[calendar] = reply
            else:
                self._known.add((calendar, _key(name)))
        return _sentences(problems)

    def _learn(self, calendars: list[str]) -> tuple[list[str], dict[str, GraphError]]:
        """Note which categories exist. Returns the calendars that could be read, and the others' errors."""
        calls = [Call("GET", _path(calendar), mailbox=calendar) for calendar in calendars]
        problems: dict[str, GraphError] = {}
        for calendar, reply in zip(calendars, self._client.batches(calls), strict=True):
            try:
                found = self._collect(reply)
            except GraphError as error:
                problems[calendar] = error
            else:
                self._known |= {(calendar, _key(category["displayName"])) for category in found}
        return [calendar for calendar in calendars if calendar not in problems], problems

    def _collect(self, reply: Reply) -> list[Json]:
        return self._client.collect(expect(reply))


def _path(calendar: str) -> str:
    return f"{user_path(calendar)}/outlook/masterCategories"


def _key(name: str) -> str:
    """Outlook takes names that differ in letter case alone for one."""
    return name.casefold()


def _sentences(problems: Mapping[str, GraphError]) -> list[str]:
    """One sentence a kind of problem, not one a mailbox."""
    forbidden = [error for error in problems.values() if error.status == HTTPStatus.FORBIDDEN]
    others = sorted({str(error) for error in problems.values() if error not in forbidden})
    sentences = [NOT_ALLOWED] if forbidden else []
    if others:
        count = len(problems) - len(forbidden)
        sentences.append(f"categories of {count} mailboxes could not be seen to: {'; '.join(others)}")
    return sentences
