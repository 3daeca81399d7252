"""Runs the simulators as a process of their own, until SIGINT or SIGTERM.

    python -m scheduling_pipeline.simulators --home DIR [--sparksource-port N] [--graph-port N]
        [--google-port N] [--crossmark-port N] [--workfossa-port N] [--mailbox-port N] [--mail-port N]

Prints one line of JSON when they listen: `sparksource_url`, `graph_url`, `google_url`, `crossmark_url`,
`workfossa_url`, `mailbox_url`, `authority`, `ca_file`, `tenant`, `client_id`, `pid`, the `environment` that
points the pipeline at them, and what people have of their own: the `workfossa_accounts` (email, password,
name) and the keys of `pushover` (user, token).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

from scheduling_pipeline.simulators.crossmark.demo import DemoStore
from scheduling_pipeline.simulators.reports import DemoFolder
from scheduling_pipeline.simulators.school import DemoSchool
from scheduling_pipeline.simulators.server import Simulators
from scheduling_pipeline.simulators.workfossa.demo import DemoOrders


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m scheduling_pipeline.simulators")
    parser.add_argument("--home", type=Path, required=True, help="folder for state, clock, journals and keys")
    parser.add_argument("--sparksource-port", type=int, default=0, help="0: any free port")
    parser.add_argument("--graph-port", type=int, default=0, help="0: any free port")
    parser.add_argument("--google-port", type=int, default=0, help="0: any free port")
    parser.add_argument("--crossmark-port", type=int, default=0, help="0: any free port")
    parser.add_argument("--workfossa-port", type=int, default=0, help="0: any free port")
    parser.add_argument("--mailbox-port", type=int, default=0, help="0: any free port")
    parser.add_argument("--mail-port", type=int, default=0, help="0: any free port")
    options = parser.parse_args()
    simulators = Simulators(
        options.home,
        DemoSchool(),
        sparksource_port=options.sparksource_port,
        graph_port=options.graph_port,
        google_port=options.google_port,
        crossmark_port=options.crossmark_port,
        workfossa_port=options.workfossa_port,
        mailbox_port=options.mailbox_port,
        mail_port=options.mail_port,
        drops=DemoFolder(),
        store=DemoStore(),
        orders=DemoOrders(),
    )
    channels = simulators.mailbox.settings
    addresses = {
        "sparksource_url": simulators.sparksource_url,
        "graph_url": simulators.graph_url,
        "google_url": simulators.google_url,
        "crossmark_url": simulators.crossmark_url,
        "workfossa_url": simulators.workfossa_url,
        "mailbox_url": simulators.mailbox_url,
        "authority": simulators.authority,
        "ca_file": str(simulators.ca_file),
        "tenant": simulators.graph.settings.tenant,
        "client_id": simulators.graph.settings.client_id,
        "pid": os.getpid(),
        "environment": simulators.environment,
        "workfossa_accounts": [asdict(account) for account in simulators.workfossa.orders.accounts],
        "pushover": {"user": channels.pushover_user, "token": channels.pushover_token},
    }
    sys.stdout.write(json.dumps(addresses) + "\n")
    sys.stdout.flush()
    simulators.serve_forever()


if __name__ == "__main__":
    main()
