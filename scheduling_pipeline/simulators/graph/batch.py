"""JSON batching: `POST /$batch` at most twenty requests, run in parallel or as `dependsOn` says."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import jsonschema_rs

from scheduling_pipeline.simulators.graph.errors import GraphError, NoAnswer, bad_request
from scheduling_pipeline.simulators.graph.wire import Call, Reply, split_url

LARGEST = 20
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_FORMAT = jsonschema_rs.validator_for(
    {
        "type": "object",
        "required": ["requests"],
        "properties": {
            "requests": {
                "type": "array",
                "minItems": 1,
                "items": {
                    "type": "object",
                    "required": ["id", "method", "url"],
                    "properties": {
                        "id": {"type": "string", "minLength": 1},
                        "method": {"type": "string", "pattern": "^(?i:" + "|".join(_METHODS) + ")$"},
                        "url": {"type": "string", "minLength": 1},
                        "headers": {"type": ["object", "null"], "additionalProperties": {"type": "string"}},
                        "dependsOn": {"type": ["array", "null"], "items": {"type": "string"}},
                        "body": {},
                    },
                },
            }
        },
    }
)

Answerer = Callable[[Call], Awaitable[Reply]]
Step = dict[str, Any]


async def run_batch(call: Call, answer: Answerer) -> Reply:
    """The reply to a batch: 200 with one reply for each step, in the order in which the steps ended."""
    steps = _checked(call.body, call.base)
    tasks: dict[str, asyncio.Task[bool]] = {}
    responses: list[dict[str, Any]] = []

    async def run(step: Step) -> bool:
        parents = [await tasks[parent] for parent in step.get("dependsOn") or ()]
        reply = await _answered(call, step, answer) if all(parents) else _failed_dependency()
        responses.append(_response(step["id"], reply))
        return reply.status < 400  # noqa: PLR2004 - HTTP: an error

    for step in steps:  # the format check lets a step depend on earlier ones only
        tasks[step["id"]] = asyncio.create_task(run(step))
    await asyncio.gather(*tasks.values())
    return Reply(200, {"responses": responses})


def _checked(body: Any, base: str) -> list[Step]:  # noqa: ANN401 - whatever a client sent
    """The steps of a batch, with relative addresses; one that breaks the format is refused as a whole.

    Microsoft's SDK for Python writes the service's full address: that is taken as the relative one.
    """
    error = next(_FORMAT.iter_errors(body), None)
    if error is not None:
        raise bad_request(f"Invalid batch payload format. {error.message}")
    steps: list[Step] = body["requests"]
    if len(steps) > LARGEST:
        raise bad_request(
            f"Number of batch requests exceeds the maximum of {LARGEST}.", "MaximumValueExceeded"
        )
    seen: set[str] = set()
    for step in steps:
        if step["id"] in seen:
            raise bad_request(f"Duplicate request id : {step['id']}")
        for parent in step.get("dependsOn") or ():
            if parent not in seen:
                raise bad_request(f"Request {step['id']} depends on {parent}, which does not come before it.")
        seen.add(step["id"])
        step["url"] = "/" + step["url"].removeprefix(base).removeprefix("/")
        if "://" in step["url"].partition("?")[0]:
            raise bad_request(f"Request {step['id']}: the url must be relative.")
        headers = {name.lower() for name in step.get("headers") or ()}
        if step["method"].upper() in ("POST", "PUT", "PATCH") and not (
            "content-type" in headers and "body" in step
        ):
            raise bad_request(
                f"Write request id : {step['id']} does not contain Content-Type header or body."
            )
    return steps


async def _answered(call: Call, step: Step, answer: Answerer) -> Reply:
    path, query = split_url(step["url"])
    headers = {name.lower(): value for name, value in (step.get("headers") or {}).items()}
    headers.setdefault("client-request-id", call.headers.get("client-request-id", step["id"]))
    try:
        return await answer(
            Call(step["method"].upper(), path, query, headers, step.get("body"), call.base, batched=True)
        )
    except NoAnswer as silence:
        await asyncio.sleep(silence.seconds)
        error = GraphError(504, "UnknownError", "The upstream service did not answer in time.")
        return Reply(504, {"error": {"code": error.code, "message": error.message}})


def _failed_dependency() -> Reply:
    return Reply(
        424, {"error": {"code": "FailedDependency", "message": "A request that this one depends on failed."}}
    )


def _response(step_id: str, reply: Reply) -> dict[str, Any]:
    response: dict[str, Any] = {"id": step_id, "status": reply.status, "headers": reply.headers}
    if reply.body is not None:
        response["headers"] = reply.headers | {"Content-Type": "application/json"}
        response["body"] = reply.body
    return response
