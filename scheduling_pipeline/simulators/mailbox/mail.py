"""The mail server: takes mail for anybody, without a password, over plain SMTP."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, Envelope, Session

from scheduling_pipeline.simulators.control import Control
from scheduling_pipeline.simulators.mailbox.store import Store


class MailHandler:
    """What becomes of mail. The faults are `smtp` (an answer with `code`, such as 451 or 550) and
    `drop_reply` (the mail arrives, the connection ends without an answer); their path is `SMTP /mail`."""

    def __init__(self, control: Control, store: Store) -> None:
        self._control = control
        self._store = store

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: ARG002, N802 - aiosmtpd's names
        fault = self._control.fault("SMTP", "/mail", "smtp", "drop_reply")
        reply = "250 OK"
        if fault is not None and fault.kind == "smtp":
            reply = f"{fault.params.get('code', 451)} {fault.params.get('text', 'try again later')}"
        else:
            self._keep(envelope)
        self._control.record({"method": "SMTP", "path": "/mail", "status": int(reply[:3])})
        if fault is not None and fault.kind == "drop_reply" and server.transport is not None:
            server.transport.close()
        return reply

    def _keep(self, envelope: Envelope) -> None:
        message = message_from_bytes(envelope.original_content or b"", EmailMessage, policy=policy.default)
        text = message.get_body(("plain", "html"))
        self._store.add(
            self._control.clock.now(),
            "email",
            ", ".join(envelope.rcpt_tos),
            str(message["subject"] or ""),
            str(text.get_content()) if text else "",
        )


def mail_protocol(control: Control, store: Store) -> SMTP:
    """One connection's protocol, for `loop.create_server`."""
    return SMTP(MailHandler(control, store), hostname="localhost", enable_SMTPUTF8=True)
