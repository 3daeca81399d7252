"""Pushover's message API. Our own few calls, as they check keys, say why a message was refused, and can be
pointed at another server."""

from __future__ import annotations

import httpx

from resources.patience import NOT_SENT
from scheduling_pipeline.notifications.channels import Pushover
from scheduling_pipeline.notifications.outbox import Sent
from scheduling_pipeline.notifications.parts import Part

MESSAGES, VALIDATE = "/1/messages.json", "/1/users/validate.json"
EMERGENCY = 2
CALL_AGAIN = {"retry": "60", "expire": "3600"}  # seconds between calls, and until nobody is called any more


def send_pushover(http: httpx.Client, base_url: str, keys: Pushover, part: Part) -> Sent:
    """Send one message, which is HTML."""
    form = {
        "token": keys.token,
        "user": keys.user,
        "title": part.title,
        "message": part.body,
        "priority": str(keys.priority),
        "html": "1",
        **({"sound": keys.sound} if keys.sound else {}),
        **(CALL_AGAIN if keys.priority == EMERGENCY else {}),
    }
    return _post(http, base_url + MESSAGES, form)


def validate_pushover(http: httpx.Client, base_url: str, keys: Pushover) -> Sent:
    """Whether Pushover knows application and user; nothing is sent."""
    return _post(http, base_url + VALIDATE, {"token": keys.token, "user": keys.user})


def _post(http: httpx.Client, url: str, form: dict[str, str]) -> Sent:
    try:
        answer = http.post(url, data=form)
    except NOT_SENT as error:
        return Sent("again", f"Pushover cannot be reached ({type(error).__name__})")
    except httpx.HTTPError as error:
        return Sent("unknown", f"no answer from Pushover ({type(error).__name__}): it may have arrived")
    said = _said(answer)
    if answer.is_success and said.get("status") == 1:
        return Sent("sent")
    errors = said.get("errors")
    why = ", ".join(map(str, errors)) if isinstance(errors, list) else f"HTTP status {answer.status_code}"
    refused = answer.is_client_error and answer.status_code != httpx.codes.TOO_MANY_REQUESTS
    return Sent("refused" if refused else "again", f"Pushover: {why}")


def _said(answer: httpx.Response) -> dict[str, object]:
    try:
        said = answer.json()
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
