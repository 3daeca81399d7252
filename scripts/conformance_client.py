"""The calls that conformance.py makes with msgraph-sdk, unmodified but for address, credential and CA.

Reads the simulators' addresses as JSON from standard input, and ends with an assertion error where the
simulator differs from what the SDK expects. Runs in the SDK's environment, not in the project's.
"""

# mypy: disable-error-code="import-not-found"

from __future__ import annotations

import asyncio
import datetime
import json
import ssl
import sys
from collections.abc import Awaitable
from urllib.parse import urlsplit

import httpx
from azure.identity import ClientSecretCredential
from kiota_abstractions.api_error import APIError
from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_abstractions.request_information import RequestInformation
from kiota_authentication_azure.azure_identity_authentication_provider import (
    AzureIdentityAuthenticationProvider,
)
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph.generated.models.body_type import BodyType
from msgraph.generated.models.category_color import CategoryColor
from msgraph.generated.models.date_time_time_zone import DateTimeTimeZone
from msgraph.generated.models.day_of_week import DayOfWeek
from msgraph.generated.models.event import Event
from msgraph.generated.models.event_type import EventType
from msgraph.generated.models.free_busy_status import FreeBusyStatus
from msgraph.generated.models.item_body import ItemBody
from msgraph.generated.models.location import Location
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.outlook_category import OutlookCategory
from msgraph.generated.models.patterned_recurrence import PatternedRecurrence
from msgraph.generated.models.recurrence_pattern import RecurrencePattern
from msgraph.generated.models.recurrence_pattern_type import RecurrencePatternType
from msgraph.generated.models.recurrence_range import RecurrenceRange
from msgraph.generated.models.recurrence_range_type import RecurrenceRangeType
from msgraph.generated.models.single_value_legacy_extended_property import SingleValueLegacyExtendedProperty
from msgraph.generated.models.user import User
from msgraph.generated.users.item.calendar_view.calendar_view_request_builder import (
    CalendarViewRequestBuilder,
)
from msgraph.generated.users.item.events.events_request_builder import EventsRequestBuilder
from msgraph.generated.users.users_request_builder import UsersRequestBuilder
from msgraph_core import GraphClientFactory
from msgraph_core.requests.batch_request_content import BatchRequestContent
from msgraph_core.requests.batch_request_item import BatchRequestItem
from msgraph_core.tasks.page_iterator import PageIterator

SCOPE = "https://graph.microsoft.com/.default"
TAG = "String {66f5a359-4659-4830-9070-00047ec6ac6e} Name Conformance"
ZONE = "Europe/Zurich"


def main() -> None:
    addresses = json.load(sys.stdin)
    asyncio.run(check(_client(addresses)))
    sys.stdout.write("msgraph-sdk: all calls as expected\n")


def _client(addresses: dict[str, str]) -> GraphServiceClient:
    host = urlsplit(addresses["graph_url"]).netloc
    credential = ClientSecretCredential(
        addresses["tenant"],
        addresses["client_id"],
        addresses["client_secret"],
        authority=f"https://{host}",
        disable_instance_discovery=True,
        connection_verify=addresses["ca_file"],
    )
    trusted = ssl.create_default_context(cafile=addresses["ca_file"])
    transport = GraphClientFactory.create_with_default_middleware(
        client=httpx.AsyncClient(verify=trusted, trust_env=False, base_url=addresses["graph_url"])
    )
    provider = AzureIdentityAuthenticationProvider(credential, scopes=[SCOPE], allowed_hosts=["localhost"])
    adapter = GraphRequestAdapter(provider, transport)
    adapter.base_url = addresses["graph_url"]
    return GraphServiceClient(request_adapter=adapter)


async def check(client: GraphServiceClient) -> None:
    """Read the directory, then create, read, recur, batch, patch and delete."""
    upn = await check_directory(client)
    await check_event(client, upn)
    await check_series(client, upn)
    await check_batch(client, upn)
    await check_categories(client, upn)


async def check_directory(client: GraphServiceClient) -> str:
    organization = await client.organization.get()
    assert organization and organization.value and organization.value[0].verified_domains
    query = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters(
        select=["id", "userPrincipalName", "accountEnabled", "mail"], top=5, filter="accountEnabled eq true"
    )
    first = await client.users.get(RequestConfiguration(query_parameters=query))
    assert first and first.value and len(first.value) == 5 and first.odata_next_link
    names: list[str] = []
    pages = PageIterator(first, client.request_adapter)

    def note(user: User) -> bool:
        names.append(user.user_principal_name)
        return True

    await pages.iterate(note)
    assert len(names) == len(set(names)) > 5
    upn = next(user.user_principal_name for user in first.value if user.mail)
    user = await client.users.by_user_id(upn).get()
    assert user and user.user_principal_name == upn
    return str(upn)


def _lesson(subject: str, start: str, end: str) -> Event:
    return Event(
        subject=subject,
        body=ItemBody(content_type=BodyType.Text, content="Room by the stairs"),
        start=DateTimeTimeZone(date_time=start, time_zone=ZONE),
        end=DateTimeTimeZone(date_time=end, time_zone=ZONE),
        location=Location(display_name="Room 1"),
        show_as=FreeBusyStatus.Busy,
        categories=["Lesson"],
        single_value_extended_properties=[SingleValueLegacyExtendedProperty(id=TAG, value=subject)],
        transaction_id=f"conformance-{subject}",
    )


async def check_event(client: GraphServiceClient, upn: str) -> None:
    events = client.users.by_user_id(upn).events
    immutable = RequestConfiguration()
    immutable.headers.add("Prefer", 'IdType="ImmutableId"')
    made = await events.post(_lesson("single", "2026-03-10T10:00:00", "2026-03-10T11:00:00"), immutable)
    assert made and made.id and made.subject == "single" and made.type == EventType.SingleInstance
    again = await events.post(_lesson("single", "2026-03-10T10:00:00", "2026-03-10T11:00:00"), immutable)
    assert again and again.id == made.id

    query = EventsRequestBuilder.EventsRequestBuilderGetQueryParameters(
        filter=f"singleValueExtendedProperties/any(ep: ep/id eq '{TAG}' and ep/value eq 'single')",
        expand=[f"singleValueExtendedProperties($filter=id eq '{TAG}')"],
    )
    configuration = RequestConfiguration(query_parameters=query)
    configuration.headers.add("Prefer", f'outlook.timezone="{ZONE}"')
    found = await events.get(configuration)
    assert found and found.value and len(found.value) == 1
    event = found.value[0]
    assert event.start and event.start.date_time == "2026-03-10T10:00:00.0000000"
    assert event.single_value_extended_properties[0].value == "single"
    assert event.location.display_name == "Room 1" and event.show_as == FreeBusyStatus.Busy

    stale = RequestConfiguration()
    stale.headers.add("If-Match", event.additional_data["@odata.etag"])
    one = events.by_event_id(made.id)
    changed = await one.patch(Event(subject="changed"), stale)
    assert changed and changed.subject == "changed" and changed.change_key != event.change_key
    assert changed.location.display_name == "Room 1"
    assert (await refused(one.patch(Event(subject="again"), stale))) == (412, "ErrorIrresolvableConflict")
    await one.delete()
    assert (await refused(one.get())) == (404, "ErrorItemNotFound")


async def check_series(client: GraphServiceClient, upn: str) -> None:
    user = client.users.by_user_id(upn)
    series = _lesson("series", "2026-03-16T08:00:00", "2026-03-16T09:00:00")
    series.recurrence = PatternedRecurrence(
        pattern=RecurrencePattern(
            type=RecurrencePatternType.Weekly,
            interval=1,
            days_of_week=[DayOfWeek.Monday],
            first_day_of_week=DayOfWeek.Monday,
        ),
        range=RecurrenceRange(
            type=RecurrenceRangeType.EndDate,
            start_date=datetime.date(2026, 3, 16),
            end_date=datetime.date(2026, 4, 13),
            recurrence_time_zone=ZONE,
        ),
    )
    master = await user.events.post(series)
    assert master and master.type == EventType.SeriesMaster
    assert master.recurrence.range.end_date == datetime.date(2026, 4, 13)
    query = CalendarViewRequestBuilder.CalendarViewRequestBuilderGetQueryParameters(
        start_date_time="2026-03-16T00:00:00+01:00", end_date_time="2026-04-20T00:00:00+02:00"
    )
    view = await user.calendar_view.get(RequestConfiguration(query_parameters=query))
    assert view and view.value
    starts = [event.start.date_time[:16] for event in view.value]
    assert starts == [
        "2026-03-16T07:00",
        "2026-03-23T07:00",
        "2026-03-30T06:00",
        "2026-04-06T06:00",
        "2026-04-13T06:00",
    ]
    assert {event.type for event in view.value} == {EventType.Occurrence}
    assert {event.series_master_id for event in view.value} == {master.id}
    await user.events.by_event_id(view.value[1].id).delete()
    left = await user.calendar_view.get(RequestConfiguration(query_parameters=query))
    assert left and left.value and len(left.value) == 4
    await user.events.by_event_id(master.id).delete()


async def check_batch(client: GraphServiceClient, upn: str) -> None:
    events = client.users.by_user_id(upn).events
    content = BatchRequestContent()
    for hour in range(8, 11):
        lesson = _lesson(f"batch {hour}", f"2026-03-11T{hour:02}:00:00", f"2026-03-11T{hour:02}:45:00")
        information = events.to_post_request_information(lesson)
        content.add_request(str(hour), _item(client, information, str(hour)))
    content.add_request(
        "21", _item(client, events.by_event_id("nonsense").to_get_request_information(), "21")
    )
    replies = await client.batch.post(content)
    # The SDK reads the status of each reply; of a JSON body it makes nothing.
    assert replies.get_response_status_codes() == {"8": 201, "9": 201, "10": 201, "21": 400}
    query = EventsRequestBuilder.EventsRequestBuilderGetQueryParameters(
        filter="startswith(subject,'batch')", orderby=["start/dateTime desc"]
    )
    made = await events.get(RequestConfiguration(query_parameters=query))
    assert made and [event.subject for event in made.value] == ["batch 10", "batch 9", "batch 8"]
    for event in made.value:
        await events.by_event_id(event.id).delete()


def _item(client: GraphServiceClient, information: RequestInformation, key: str) -> BatchRequestItem:
    information.path_parameters["baseurl"] = client.request_adapter.base_url
    item = BatchRequestItem(request_information=information, id=key)
    item.headers = {"Content-Type": "application/json"}
    return item


async def check_categories(client: GraphServiceClient, upn: str) -> None:
    categories = client.users.by_user_id(upn).outlook.master_categories
    made = await categories.post(OutlookCategory(display_name="Lesson", color=CategoryColor.Preset3))
    assert made and made.id and made.color == CategoryColor.Preset3
    twice = await refused(
        categories.post(OutlookCategory(display_name="lesson", color=CategoryColor.Preset4))
    )
    assert twice and twice[0] == 409
    listed = await categories.get()
    assert listed and [category.display_name for category in listed.value] == ["Lesson"]
    await categories.by_outlook_category_id(made.id).delete()


async def refused(call: Awaitable[object]) -> tuple[int | None, str | None] | None:
    """Status and code of the error that a call ends with; None when it ends well."""
    try:
        await call
    except ODataError as error:
        return error.response_status_code, error.error.code if error.error else None
    except APIError as error:
        return error.response_status_code, None
    return None


if __name__ == "__main__":
    main()
