"""The outside systems as the settings describe them, for Dagster and for the command line alike.

`Secrets` says where a secret comes from: Dagster gets a reference to the environment, a command the value.
"""

from __future__ import annotations

from collections.abc import Callable

from dagster import EnvVar
from pydantic import SecretStr

from resources.crossmark import Crossmark
from resources.google import Google
from resources.graph import Graph
from resources.notifications import Notifications
from resources.sharepoint import SharePoint
from resources.sparksource import SparkSource
from resources.workfossa import WorkFossa
from scheduling_pipeline.settings import Settings

Secrets = Callable[[str, SecretStr], str]  # a variable's name and its value


def referred(variable: str, _secret: SecretStr) -> str:
    """A reference to the environment: the value must not show in the Dagster UI."""
    return EnvVar(variable)


def revealed(_variable: str, secret: SecretStr) -> str:
    """The value itself."""
    return secret.get_secret_value()


def graph_of(settings: Settings, secrets: Secrets) -> Graph:
    """Microsoft Graph, as the application that reads the directory and writes calendars."""
    graph = settings.graph
    return _graph(
        settings,
        graph.tenant_id or EnvVar("AZURE_TENANT_ID"),
        graph.client_id or EnvVar("AZURE_CLIENT_ID"),
        secrets("AZURE_CLIENT_SECRET", graph.client_secret),
    )


def sparksource_of(settings: Settings, secrets: Secrets) -> SparkSource:
    """The booking site."""
    site = settings.sparksource
    return SparkSource(
        base_url=site.url or EnvVar("SPARKSOURCE_URL"),
        username=site.user or EnvVar("SPARKSOURCE_USER"),
        password=secrets("SPARKSOURCE_PASS", site.password),
        session_file=str(settings.home / "sparksource" / "session.json"),
        evidence_dir=str(settings.home / "sparksource" / "evidence"),
        chromium=site.chromium,
        page_timeout=site.page_timeout_seconds,
        attendee_concurrency=site.attendee_concurrency,
    )


def sharepoint_of(settings: Settings, secrets: Secrets) -> SharePoint:
    """The SharePoint folder, read by the application of `[scheduler]`, or else by that of `[graph]`."""
    flow = settings.scheduler
    graph = graph_of(settings, secrets)
    if flow.client_id:
        secret = secrets("SCHEDULER_CLIENT_SECRET", flow.client_secret)
        graph = _graph(settings, flow.tenant_id, flow.client_id, secret)
    return SharePoint(
        graph=graph,
        site_url=flow.sharepoint_site_url or EnvVar("SCHEDULER_SHAREPOINT_SITE_URL"),
        folders=list(flow.sharepoint_folder),
        downloads=flow.downloads,
        max_bytes=flow.max_file_bytes,
    )


def google_of(settings: Settings, secrets: Secrets) -> Google:
    """Google, as the OAuth client that people consent to and the service account that owns calendars."""
    google = settings.google
    return Google(
        client_id=google.client_id or EnvVar("GOOGLE_CLIENT_ID"),
        client_secret=secrets("GOOGLE_CLIENT_SECRET", google.client_secret),
        service_account_file=str(google.service_account_file)
        if google.service_account_file
        else EnvVar("GOOGLE_SERVICE_ACCOUNT_FILE"),
        token_key=secrets("GOOGLE_TOKEN_KEY", google.token_key),
        api_url=google.api_url,
        token_url=google.token_url,
        auth_url=google.auth_url,
        ca_bundle=google.ca_bundle,
        user_calls_per_minute=google.user_calls_per_minute,
        calls_per_minute=google.calls_per_minute,
    )


def crossmark_of(settings: Settings, secrets: Secrets) -> Crossmark:
    """The planner of field events; its times are in the stores' zone."""
    planner = settings.crossmark
    return Crossmark(
        base_url=planner.url,
        username=planner.user or EnvVar("CROSSMARK_USER"),
        password=secrets("CROSSMARK_PASSWORD", planner.password),
        zone=settings.roster.zone,
        timeout=planner.timeout_seconds,
        session_seconds=planner.session_seconds,
        ca_bundle=planner.ca_bundle,
    )


def notifications_of(settings: Settings, secrets: Secrets) -> Notifications:
    """Who is told what; what is not set is left out, and nobody is told by that way."""
    told = settings.notifications

    def if_set(variable: str, secret: SecretStr) -> str:
        return secrets(variable, secret) if secret.get_secret_value() else ""

    return Notifications(
        urls=if_set("NOTIFICATIONS_URLS", told.urls),
        mail_server=if_set("NOTIFICATIONS_MAIL_SERVER", told.mail_server),
        key=if_set("WORK_ORDERS_KEY", settings.work_orders.key),
        pushover_url=told.pushover_url,
        teams_hosts=list(told.teams_hosts),
        ca_bundle=told.ca_bundle,
    )


def workfossa_of(settings: Settings) -> WorkFossa:
    """The site of the work orders. Whose account it is used with is said with each use."""
    site, orders = settings.workfossa, settings.work_orders
    return WorkFossa(
        base_url=site.url,
        page_timeout=site.page_timeout_seconds,
        login_timeout=site.login_timeout_seconds,
        chromium=site.chromium,
        attempts=orders.attempts,
        retry_seconds=orders.retry_seconds,
        location_attempts=orders.location_attempts,
        location_retry_seconds=orders.location_retry_seconds,
    )


def _graph(settings: Settings, tenant_id: str, client_id: str, client_secret: str) -> Graph:
    return Graph(
        tenant_id=tenant_id,
        client_id=client_id,
        client_secret=client_secret,
        authority=settings.graph.authority,
        base_url=settings.graph.graph_url,
        ca_bundle=settings.graph.ca_bundle,
    )
