"""Faults over HTTP: put in force, listed and removed while a sandbox runs in another process."""

from dataclasses import KW_ONLY, MISSING, fields
from typing import Any, Final, cast, get_args, get_type_hints

from aiohttp import web

from nemovideo.sandbox.faults import ActiveFault, Fault
from nemovideo.sandbox.routes.request_parsing import STATE
from nemovideo.sandbox.storage.records import Json

_TYPES: Final = {name: hint for name, hint in get_type_hints(Fault).items() if hint is not KW_ONLY}


async def list_faults(request: web.Request) -> web.StreamResponse:
    """GET /faults: the faults in force, each with how many requests it has hit."""
    return _listed(request)


async def add_fault(request: web.Request) -> web.StreamResponse:
    """POST /faults: put a fault in force; the newest takes precedence."""
    if request.content_type != "application/json":  # which no other website can send
        raise web.HTTPUnsupportedMediaType(text="Send the fault as application/json.")
    try:
        fault = _read_fault(await request.json())
    except ValueError as error:
        raise web.HTTPBadRequest(text=str(error)) from None
    request.app[STATE].faults.add([ActiveFault(fault)])
    return _listed(request, 201)


async def remove_faults(request: web.Request) -> web.StreamResponse:
    """DELETE /faults: remove them all, and let go on what they stall."""
    faults = request.app[STATE].faults
    faults.remove(faults.active)
    return _listed(request)


def _listed(request: web.Request, status: int = 200) -> web.Response:
    active = request.app[STATE].faults.active
    return web.json_response([_to_json(each) for each in active], status=status)


def _to_json(active: ActiveFault) -> Json:
    given = {each.name: getattr(active.fault, each.name) for each in fields(Fault)}
    defaults = {each.name: each.default for each in fields(Fault) if each.default is not MISSING}
    shown = {name: value for name, value in given.items() if value != defaults.get(name, MISSING)}
    return {**shown, "hits": active.hits}


def _read_fault(parsed: object) -> Fault:
    body = cast("dict[str, Any]", parsed if isinstance(parsed, dict) else {})
    if not body.keys() >= {"endpoint", "kind"}:
        raise ValueError('a fault is an object with "endpoint" and "kind"')
    for name, value in body.items():
        if name not in _TYPES:
            raise ValueError(f"a fault has no {name!r}; it has {', '.join(_TYPES)}")
        if not _is_of(_TYPES[name], value):
            raise ValueError(f"{name} cannot be {value!r}")
    return Fault(**body)


def _is_of(hint: object, value: object) -> bool:
    types = get_args(hint) or (hint,)
    if isinstance(value, int) and not isinstance(value, bool):
        return int in types or float in types
    return value in types if isinstance(value, str) and str not in types else type(value) in types
