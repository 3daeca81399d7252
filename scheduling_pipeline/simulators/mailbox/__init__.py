"""Where messages arrive: a mail server, Pushover's API and a Teams workflow, with a page to read them."""

from scheduling_pipeline.simulators.mailbox.app import MailboxSimulator

__all__ = ["MailboxSimulator"]
