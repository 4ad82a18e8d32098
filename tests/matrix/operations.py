"""Every operation of the four services: what it asks of its caller, what it is about, and the request that is sent.

A body is the example of its description, with what the room has put in the place of its ids. A new operation without an
entry here fails the test; so does an entry without its operation.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from random import randrange
from typing import Any, Final
from uuid import uuid4

from tests.matrix.asks import Ask, Body

ROOT: Final = Path(__file__).parents[2]
KELURAHAN: Final = "32.71.06.1002"
TPS: Final = f"{KELURAHAN}.028"
CITY: Final = "32.71"
CSV: Final = "code,kind,name,region_code,address,contact_status\nrs-x,hospital,RS Contoh,32.71.06,Jalan Contoh 1,not_contacted\n"


_E = "/v1/elections/{election}"
_T = f"{_E}/tps/{{code}}"
_I, _P, _A, _K = (
    f"{_E}/incidents/{{incident_id}}",
    f"{_E}/problems/{{problem_id}}",
    f"{_E}/advice/{{advice_id}}",
    f"{_E}/tasks/{{task_id}}",
)
_FORM = f"{_T}/forms/{{contest}}"
_POST = f"{_E}/posts/{{code}}/{{duty}}/{{slot}}"
_REQUEST = f"{_E}/facilities/{{code}}/requests/{{request_id}}"
_AGENCY = "/v1/agencies/{agency}"
_CLIENT, _PERSON = f"{_AGENCY}/clients/{{client}}", f"{_AGENCY}/people/{{person}}"
KECAMATAN: Final = "32.71.06"


def _common(service: str, *, may: str, path: str, body: Body) -> dict[str, Ask]:
    """Return what every service has: batches of the field with what clashes in them, and its part of the audit trail.

    Args:
        may: what the command of the batch asks for.
        path: of the command, below the election.
        body: of the command.
    """
    command = {"id": "{new}", "path": path, "body": body}
    trail = f"GET {_E}/audit/{service}"
    return {
        f"POST {_E}/sync:batch": Ask(may, TPS, item=True, body={"device": "{device}", "items": [command]}),
        # It tells of the token's regions alone, whichever they are: test_hidden.py.
        f"GET {_E}/sync/conflicts": Ask("settle:conflicts", told_by_rows=True, of_purpose='"conflict_id":'),
        f"POST {_E}/sync/conflicts/{{conflict_id}}/settlements": Ask(
            "settle:conflicts", TPS, body={"decision": "first_stands", "reason": "Salah tekan (contoh)."}
        ),
        # Likewise; a check tells of hashes alone.
        f"{trail}/changes": Ask("audit", of_purpose='"seq":'),
        f"{trail}/changes/check": Ask("audit"),
        # The looks of the room are of callers for the whole nation, and told to those alone.
        f"{trail}/accesses": Ask("audit", told_by_rows=True),
        f"{trail}/accesses/check": Ask("audit", told_by_rows=True),
    }


_AT_TPS: Final = f"/tps/{TPS}"
THIRD: Final = f"{KELURAHAN}.030"
_VOTER: Final = {"voter_id": "{voter_id}"}
_RIGHTS: Final = {"regions": [CITY], "election": "{election}"}
_PATTERN: Final = {
    "name": "contoh",
    "risk_class": "low",
    "police": 2,
    "linmas": 20,
    "tps": 10,
    "source": "{new}",
}
_RULE: Final = {"id": "contoh", "stages": [], "text": "Example.", "text_id": "Contoh.", "source": "{new}"}
_REGISTRY: Final[Mapping[str, Ask]] = {
    **_common(
        "registry",
        may="check-in",
        path=f"{_AT_TPS}/check-ins",
        body={"channel": "app", "duty": "kpps", "slot": 1, "occurred_at": "2024-11-19T06:12:00+07:00"},
    ),
    f"GET {_E}/commands/{{key}}": Ask("follow:registry"),
    f"GET {_E}": Ask("see:registry"),
    f"PUT {_E}": Ask("govern", CITY, body={"name": "{new}"}, told_by_rows=True),
    f"GET {_E}/contests/{{contest}}": Ask("see:registry"),
    f"PUT {_E}/contests/{{contest}}": Ask("govern", CITY, body={"name": "{new}"}, told_by_rows=True),
    f"GET {_E}/region-groups/{{name}}": Ask("see:registry"),
    f"PUT {_E}/region-groups/{{name}}": Ask(
        "govern", CITY, body={"regions": [CITY], "title": "{new}"}, told_by_rows=True
    ),
    f"GET {_T}": Ask("see:registry", TPS),
    f"PUT {_T}": Ask("change:registry", TPS, body={"address": "{new}"}, told_by_rows=True),
    f"GET {_T}/history": Ask("see:registry", TPS),
    f"POST {_T}/relocation": Ask("change:registry", TPS),
    f"POST {_T}/renumbering": Ask("change:registry", TPS, body={"new_code": TPS}),
    f"GET {_T}/risks": Ask("see:registry", TPS),
    f"PUT {_T}/risks/{{kind}}": Ask("bring:lists", TPS),
    f"GET {_T}/officers": Ask("see:registry", TPS),
    f"PUT {_T}/officers/{{duty}}/{{slot}}": Ask("change:registry", TPS),
    f"DELETE {_T}/officers/{{duty}}/{{slot}}": Ask(
        "change:registry", TPS, before=f"PUT {_T}/officers/{{duty}}/{{slot}}"
    ),
    f"GET {_T}/relocations": Ask("see:registry", TPS),
    f"GET {_T}/checklist": Ask("see:registry", TPS),
    f"PUT {_T}/checklist/{{item}}": Ask("bring:lists", TPS, body={"source": "{new}"}),
    f"GET {_E}/posts/{{code}}": Ask("see:registry", TPS),
    f"PUT {_POST}": Ask("change:registry", TPS),
    f"POST {_POST}/steps": Ask("change:registry", TPS),
    f"GET {_POST}/history": Ask(
        "change:registry", TPS, told_by_rows=True, sign='"place_code"', of_purpose='"person":'
    ),
    f"POST {_POST}/screenings": Ask("screen", TPS),
    f"GET {_E}/screenings": Ask(
        "screen", TPS, query=f"?region={TPS}", told_by_rows=True, sign="place_code", of_purpose='"fitness":"'
    ),
    f"POST {_T}/check-ins": Ask("check-in", TPS),
    f"POST {_E}/check-ins:batch": Ask("check-in", TPS, item=True),
    f"POST {_POST}/end": Ask(
        "change:registry", TPS, body={"happened_on": "2024-11-18"}, before=f"PUT {_POST}"
    ),
    f"GET {_E}/trainings/{{training}}": Ask("see:registry", KECAMATAN),
    f"PUT {_E}/trainings/{{training}}": Ask("bring:lists", KECAMATAN, body={"topic": "{new}"}),
    f"POST {_E}/trainings/{{training}}/attendance": Ask(
        "bring:lists",
        KECAMATAN,
        body={"items": [{"place_code": TPS, "duty": "kpps", "slot": 1}]},
        told_by_rows=True,
    ),
    f"GET {_E}/training-coverage/{{code}}": Ask("see:registry", CITY, told_by_rows=True, sign='"named":1'),
    f"GET {_E}/personnel/{{operation}}/{{agency}}/{{code}}": Ask("see:registry", TPS),
    f"PUT {_E}/personnel/{{operation}}/{{agency}}/{{code}}": Ask(
        "bring:lists", TPS, body={"source": "{new}"}
    ),
    f"GET {_E}/facilities/{{code}}": Ask("see:registry", KECAMATAN),
    f"PUT {_E}/facilities/{{code}}": Ask("bring:lists", KECAMATAN, body={"address": "{new}"}),
    f"GET {_E}/facilities/{{code}}/coverage": Ask("see:registry", KECAMATAN),
    f"POST {_E}/facilities/{{code}}/requests": Ask("bring:lists", KECAMATAN, body={"letter_number": "{new}"}),
    f"GET {_REQUEST}": Ask("see:registry", KECAMATAN),
    f"PUT {_REQUEST}": Ask("bring:lists", KECAMATAN, body={"letter_number": "{new}"}),
    f"POST {_REQUEST}/decision": Ask("change:registry", KECAMATAN),
    f"POST {_REQUEST}/reopening": Ask("change:registry", KECAMATAN),
    f"POST {_REQUEST}/withdrawal": Ask("bring:lists", KECAMATAN),
    f"GET {_E}/guarding-rules": Ask("see:guarding", told_by_rows=True, of_purpose='"name":"contoh"'),
    f"PUT {_E}/guarding-rules": Ask("govern", CITY, body={"patterns": [_PATTERN]}, told_by_rows=True),
    f"GET {_T}/guarding": Ask(
        "see:guarding", TPS, told_by_rows=True, sign='"tps_code"', of_purpose='"name":"contoh"'
    ),
    f"GET {_E}/regions/{{code}}/guarding": Ask(
        "see:guarding", CITY, told_by_rows=True, sign='"tps":3', of_purpose='"name":"contoh"'
    ),
    f"GET {_E}/campaign-rules": Ask("see:registry"),
    f"PUT {_E}/campaign-rules": Ask("govern", CITY, body={"rules": [_RULE]}, told_by_rows=True),
    f"GET {_E}/outreach/{{code}}": Ask("see:registry", KELURAHAN, told_by_rows=True),
    f"PUT {_E}/outreach/{{code}}": Ask("bring:lists", KELURAHAN, body={"title": "{new}"}),
    # It is laid over the TPS of the token alone, of which there may be none.
    f"POST {_E}/risk-layers/imports": Ask("bring:lists", needs_grant=True),
    "GET /v1/regions/{code}/boundary": Ask("see:registry"),
    "GET /v1/region-codes/{of_list}/{code}": Ask("see:registry"),
    # One voter, named by what the desk calls the row; a second one moves, and both TPS are the caller's to change.
    f"POST {_E}/voters:find": Ask("bring:voters", TPS, body={"voter": _VOTER}),
    f"GET {_E}/voters/{{voter_id}}": Ask("bring:voters", TPS),
    f"POST {_E}/voters:correct": Ask("bring:voters", TPS, body={"voter": _VOTER}),
    f"POST {_E}/voters:correct-nik": Ask("bring:voters", TPS, body={"voter": _VOTER, "nik": "{other_nik}"}),
    f"POST {_E}/voters:export": Ask("bring:voters", TPS, body={"voter": _VOTER}),
    f"POST {_E}/voters:strike": Ask("bring:voters", TPS, body={"voter": _VOTER}),
    f"POST {_E}/voters:restore": Ask("bring:voters", TPS, body={"voter": _VOTER}),
    f"POST {_E}/voters:add-walk-in": Ask("bring:voters", TPS, body={"nik": "{walk_in_nik}"}),
    f"POST {_E}/voters:move": Ask(
        "bring:voters", KELURAHAN, body={"voter": {"nik": "{mover_nik}"}, "to_tps": THIRD}
    ),
    f"GET {_E}/regions/{{code}}/capacity": Ask(
        "bring:voters", CITY, told_by_rows=True, sign='"tps":3', of_purpose='"tps_without_list":1'
    ),
    f"GET {_E}/kelurahan/{{code}}/capacity-proposals": Ask("bring:voters", KELURAHAN, told_by_rows=True),
    f"POST {_T}/voters:split": Ask("bring:voters", KELURAHAN),
    f"POST {_T}/voters:merge": Ask("bring:voters", KELURAHAN),
    # The whole list's, and the keys of the desk with it.
    f"POST {_E}/voters:reseal": Ask("govern", CITY, told_by_rows=True),
    # An agency is whose who covers all that it may; the list tells of those alone: tests/services/registry/test_agencies.py.
    "GET /v1/agencies": Ask("govern", told_by_rows=True),
    f"GET {_AGENCY}": Ask("govern", CITY, gives=True),
    f"PUT {_AGENCY}": Ask("govern", CITY, body={"contact": "{new}"}, gives=True),
    f"GET {_CLIENT}": Ask("govern", CITY, gives=True),
    f"PUT {_CLIENT}": Ask("govern", CITY, body=_RIGHTS, gives=True),
    f"POST {_CLIENT}/secrets": Ask("govern", CITY, gives=True),
    f"DELETE {_CLIENT}/secrets/{{secret}}": Ask("govern", CITY, gives=True),
    f"GET {_AGENCY}/people": Ask("govern", CITY, gives=True),
    f"GET {_PERSON}": Ask("govern", CITY, gives=True),
    f"PUT {_PERSON}": Ask("govern", CITY, body=_RIGHTS, gives=True),
    f"DELETE {_PERSON}": Ask("govern", CITY, before=f"PUT {_PERSON}", gives=True),
    f"GET {_AGENCY}/devices": Ask("govern", CITY, gives=True),
    f"POST {_AGENCY}/devices": Ask(
        "govern", CITY, body={"client": "{client}", "person": "{person}"}, gives=True
    ),
    f"GET {_AGENCY}/devices/{{device}}": Ask("govern", CITY, gives=True),
    f"DELETE {_AGENCY}/devices/{{device}}": Ask("govern", CITY, gives=True),
    # The last, for it is revoked for good.
    f"DELETE {_CLIENT}": Ask("govern", CITY, gives=True),
    # What a file says is judged row by row, by the grants that it was sent with.
    f"POST {_E}/imports": Ask(
        "bring:lists", file=CSV, query="?kind=facilities&source=contoh", needs_grant=True
    ),
    f"GET {_E}/imports/{{import_id}}": Ask("bring:lists", CITY),
    f"GET {_E}/imports/{{import_id}}/rows": Ask("bring:lists", CITY),
    f"POST {_E}/voters/imports": Ask(
        "bring:voters", file="nik\nx\n", query="?source=contoh", needs_grant=True
    ),
    f"GET {_E}/voters/imports/{{import_id}}": Ask("bring:voters", CITY),
    f"GET {_E}/voters/imports/{{import_id}}/rows": Ask("bring:voters", CITY),
    # The nation's list of regions is everybody's.
    "GET /v1/regions": Ask("see:registry"),
    "GET /v1/regions/{code}": Ask("see:registry"),
    "GET /v1/regions/{code}/children": Ask("see:registry"),
}
_SCAN: Final = {
    "box_id": "{box_id}",
    "place": TPS,
    "scan_point": "tps",
    "from_party": "courier",
    "to_party": "kpps",
}
_LOGISTICS: Final[Mapping[str, Ask]] = {
    **_common("logistics", may="scan", path="/custody-scans", body=_SCAN | {"occurred_at": "{now}"}),
    f"GET {_E}/commands/{{key}}": Ask("follow:logistics"),
    f"POST {_T}/receipts": Ask("scan", TPS, body={"boxes": [], "items": [{"item": "ballot", "quantity": 1}]}),
    f"GET {_T}/supply": Ask("see:logistics", TPS),
    # The catalogue is of the election, whose region this service does not know.
    f"GET {_E}/catalogue": Ask("see:logistics", told_by_rows=True, of_purpose='"item":"ballot"'),
    f"PUT {_E}/catalogue/{{item}}": Ask("govern", CITY, told_by_rows=True),
    f"POST {_E}/boxes": Ask("change:logistics", TPS, body={"box_id": "{new}", "warehouse_id": None}),
    f"POST {_E}/boxes:batch": Ask(
        "change:logistics", TPS, item=True, body={"box_id": "{new}", "warehouse_id": None}
    ),
    f"GET {_E}/boxes/{{box_id}}": Ask("see:logistics", TPS),
    f"POST {_E}/discrepancies/{{discrepancy_id}}/resolution": Ask("change:logistics", TPS),
    f"POST {_E}/custody-scans": Ask("scan", TPS, body=_SCAN),
    f"POST {_E}/custody-scans:batch": Ask("scan", TPS, item=True, body=_SCAN | {"occurred_at": "{now}"}),
    f"GET {_E}/stray-scans/{{scan_id}}": Ask("see:logistics", TPS),
    f"POST {_E}/stray-scans/{{scan_id}}/settlement": Ask(
        "change:logistics", TPS, body={"settlement": "dismissed", "box_id": None}
    ),
    f"POST {_E}/warehouses": Ask("change:logistics", KELURAHAN, body={"region_code": KELURAHAN}),
    f"PUT {_E}/warehouses/{{warehouse_id}}": Ask(
        "change:logistics", KELURAHAN, body={"region_code": KELURAHAN}
    ),
    f"GET {_E}/warehouses/{{warehouse_id}}": Ask("see:logistics", KELURAHAN),
    f"POST {_E}/warehouses/{{warehouse_id}}/stock-counts": Ask("change:logistics", KELURAHAN),
    f"POST {_E}/shipments": Ask(
        "change:logistics",
        KELURAHAN,
        body={"region_code": KELURAHAN, "warehouse_id": "{warehouse_id}", "box_ids": ["{box_id}"]},
    ),
    f"GET {_E}/shipments/{{shipment_id}}": Ask("see:logistics", KELURAHAN),
    f"POST {_E}/shipments/{{shipment_id}}/dispatch": Ask("change:logistics", KELURAHAN),
    f"POST {_E}/shipments/{{shipment_id}}/arrival": Ask("scan", KELURAHAN),
    f"POST {_E}/shipments/{{shipment_id}}/cancellation": Ask("change:logistics", KELURAHAN),
    # The last, for what is void goes nowhere.
    f"POST {_E}/boxes/{{box_id}}/void": Ask("change:logistics", TPS),
}
_FLOOD: Final = {
    "category": "disaster",
    "severity": "high",
    "tps_code": TPS,
    "title": "Banjir (contoh)",
    "description": "Genangan (contoh)",
    "occurred_at": "{now}",
    "channel": "app",
}
_STEPS = ("acknowledgements", "actions", "closures", "reopenings", "reroutings", "corrections", "extensions")
_INCIDENTS: Final[Mapping[str, Ask]] = {
    **_common("incidents", may="report:incident", path="/incidents", body=_FLOOD),
    f"GET {_E}/commands/{{key}}": Ask("follow:incidents"),
    f"POST {_E}/incidents": Ask("report:incident", TPS),
    f"GET {_I}": Ask("see:incidents", TPS),
    **{f"POST {_I}/{step}": Ask("handle", TPS, "bpbd") for step in _STEPS},
    f"POST {_I}/duplicate-marks": Ask("handle", TPS, "bpbd", body={"duplicate_of": "{other_incident_id}"}),
    f"POST {_E}/problems": Ask("report:incident", "32.71.06"),
    f"GET {_P}": Ask("see:incidents", "32.71.06"),
    **{
        f"POST {_P}/{step}": Ask("handle", "32.71.06", "bpbd")
        for step in ("revisions", "resolutions", "reopenings")
    },
    **{
        f"POST {subject}/{kind}": Ask("handle", place)
        for subject, place in ((_I, TPS), (_P, "32.71.06"))
        for kind in ("advice", "tasks")
    },
    **{f"GET {subject}": Ask("see:incidents", TPS) for subject in (_A, _K)},
    **{
        f"POST {subject}/{step}": Ask("handle", TPS, "bpbd")
        for subject in (_A, _K)
        for step in ("settlements", "reopenings")
    },
    # Whoever reports is told by them who has it and until when, and most of them stand in no row.
    f"GET {_E}/incident-arrangements": Ask("see:incidents", told_by_rows=True),
    f"PUT {_E}/incident-clocks/{{category}}": Ask(
        "govern", CITY, body={"source": "{new}"}, told_by_rows=True
    ),
    # It is set for a region of its own in the path; a TPS has none, its kelurahan has.
    f"PUT {_E}/incident-routes/{{category}}/{{code}}": Ask(
        "govern", KELURAHAN, body={"source": "{new}"}, told_by_rows=True
    ),
}
_TURNOUT: Final[Mapping[str, Ask]] = {
    **_common(
        "turnout",
        may="report:turnout",
        path=f"{_AT_TPS}/milestones",
        body={"milestone": "opened", "occurred_at": "2024-11-27T07:00:00+07:00", "channel": "app"},
    ),
    f"GET {_E}/commands/{{key}}": Ask("follow:turnout"),
    f"POST {_T}/turnout-reports": Ask("report:turnout", TPS),
    f"POST {_E}/turnout-reports:batch": Ask("report:turnout", TPS, item=True, body={"men": "{number}"}),
    f"POST {_T}/milestones": Ask("report:turnout", TPS),
    f"GET {_T}/voting-day": Ask("see:turnout", TPS),
    f"POST {_FORM}/entries": Ask("enter", TPS),
    f"POST {_FORM}/adjudications": Ask("settle", TPS),
    f"POST {_FORM}/discards": Ask("enter", TPS),
    f"POST {_FORM}/returns": Ask("settle", TPS),
    f"GET {_FORM}": Ask("see:turnout", TPS),
}
BUSY: Final[Mapping[str, str]] = {
    "registry": "select from import where state in ('received', 'running')",
    "logistics": "select from tps_supply where stale",
    "incidents": "select where false",
    "turnout": "select where false",
}
"""What a service is still at in the background, which changes rows too."""
ASKS: Final[Mapping[str, Mapping[str, Ask]]] = {
    "registry": _REGISTRY,
    "logistics": _LOGISTICS,
    "incidents": _INCIDENTS,
    "turnout": _TURNOUT,
}

WITHOUT_TOKEN: Final[Mapping[str, Mapping[str, str]]] = {
    "registry": {
        f"GET {_E}/public/tps/{{code}}": "sees the TPS that it names; test_public.py",
        f"GET {_E}/public/tps/{{code}}/notice": "the same, to print; test_public.py",
        f"GET {_E}/public/calendar": "the frame of the election; test_public.py",
        f"GET {_E}/public/calendar.ics": "the same; test_public.py",
        f"GET {_E}/public/outreach": "what is to come, in the region that it names; test_public.py",
        "POST /v1/oauth/token": "gives what the application and the person may; tests/services/registry/test_tokens.py",
        "POST /v1/oauth/revoke": "ends the token that it is given; tests/services/registry/test_token_holders.py",
        "POST /v1/public/devices:redeem": "finds by a code; tests/services/registry/test_devices.py",
        f"GET {_E}/public/kelurahan/{{code}}/tps": "sees the kelurahan that it names; test_public.py",
        f"POST {_E}/public/voters:lookup": "where somebody votes, wherever it is; tests/services/registry/test_voter_lookups.py",
    },
    "incidents": {
        f"POST {_E}/public/incidents": "writes to the place that it names; test_public.py",
        f"GET {_E}/public/incidents/{{tracking_code}}": "finds by a secret; test_public.py",
    },
    "logistics": {},
    "turnout": {},
}
"""Operations that ask for no token, and what they see instead."""


@cache
def _described(service: str) -> Mapping[str, Any]:
    return json.loads((ROOT / "contracts" / "openapi" / f"{service}.json").read_text())


def _operation(service: str, operation: str) -> Mapping[str, Any]:
    """Return the description of an operation; the gateway's own route in each service has none."""
    method, path = operation.split(" ", 1)
    return _described(service)["paths"].get(path, {}).get(method.lower(), {})


def example_of(service: str, operation: str) -> Any:
    """Return the body that the description of an operation shows, or None where it has none."""
    content = _operation(service, operation).get("requestBody", {}).get("content", {})
    shape = content.get("application/json", {}).get("schema", {}).get("$ref", "").rpartition("/")[2]
    if not shape:
        return None
    return json.loads(json.dumps(_described(service)["components"]["schemas"][shape]["examples"][0]))


def takes_version(service: str, operation: str) -> bool:
    """Say whether an operation takes If-Match, and not only where somebody cares to send one."""
    parameters = _operation(service, operation).get("parameters", [])
    return any(
        p["name"].lower() == "if-match" and "whatever is there is" not in p["description"] for p in parameters
    )


def body_of(service: str, operation: str, ask: Ask, things: Mapping[str, str]) -> Any:
    """Return the body of a request, new each time where its ids are to be new."""
    body = example_of(service, operation)
    if body is None:
        return _filled(ask.body, things) if ask.body else None  # of a route that no document shows
    target = body["items"][0] if ask.item else body
    for name, value in ask.body.items():
        target[name] = _filled(value, things)
        if target[name] is None:
            del target[name]
    if ask.item:
        body["items"] = [target | {"id": str(uuid4())}]
    return body


def _filled(value: Any, things: Mapping[str, str]) -> Any:
    if isinstance(value, Mapping):
        return {name: _filled(each, things) for name, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, things) for each in value]
    if isinstance(value, str) and value.startswith("{"):
        made = {"{new}": str(uuid4()), "{number}": randrange(1, 97)}
        return made[value] if value in made else things[value[1:-1]]
    return value
