"""Facilities by code, how far the desk has come with them, and what they asked for."""

from datetime import datetime
from uuid import UUID

from chassis.actor import Actor
from chassis.database import Connection
from contracts.registry_people_events import RequestState
from services.registry.errors import RequestUnknown
from services.registry.rules.facility_requests import cutoff_at, seconds_left
from services.registry.schemas.facilities import FacilityFacts, FacilityOut
from services.registry.schemas.facility_requests import (
    FacilityCoverage,
    FacilityRequestOut,
    FacilityStep,
    RequestStep,
    VoterCounts,
)
from services.registry.tables.definitions import facility_unknown
from services.registry.tables.frames import load_frame, parts_of


async def facility(connection: Connection, *, election: str, code: str, reader: Actor) -> FacilityOut:
    """Return a facility.

    Raises:
        FacilityUnknown: the election has no such facility, or not in the reader's regions.
    """
    row = await connection.fetchrow(
        """select f.*, e.rehearsal from facility f join election e on e.id = f.election
           where f.election = $1 and f.code = $2""",
        election,
        code,
    )
    if row is None or not reader.may_touch(row["region_code"]):
        raise facility_unknown(code)
    facts = {name: row[name] for name in FacilityFacts.model_fields}
    return FacilityOut.model_validate(
        {
            **facts,
            "facility_id": row["id"],
            "code": row["code"],
            "version": row["version"],
            "rehearsal": row["rehearsal"],
        }
    )


async def facility_request(
    connection: Connection,
    facility: FacilityOut,
    *,
    election: str,
    request_id: UUID,
    whole: bool,
    now: datetime,
) -> FacilityRequestOut:
    """Return a request with its life.

    Args:
        whole: whether the caller may see by which need voters ask, and why it was decided so.

    Raises:
        RequestUnknown: the facility made no such request.
    """
    row = await connection.fetchrow(
        "select * from facility_request where election = $1 and facility_id = $2 and id = $3",
        *(election, facility.facility_id, request_id),
    )
    if row is None:
        raise RequestUnknown(
            "The facility made no such request.",
            detail_id="Fasilitas ini tidak memiliki permintaan tersebut.",
        )
    steps = await connection.fetch(
        """select version, state, case when $2 then reason end as reason, recorded_at, actor as recorded_by
           from facility_request_step where request_id = $1 order by version""",
        request_id,
        whole,
    )
    codes = await connection.fetch(
        "select code from tps where id = any($1::uuid[]) order by code", row["tps_ids"]
    )
    voters = VoterCounts.model_validate(parts_of(row["voters"]))
    waits = row["state"] == RequestState.RECEIVED
    return FacilityRequestOut.model_validate(
        {
            **dict(row),
            "request_id": row["id"],
            "facility_code": facility.code,
            "voters": voters.total,
            "by_kind": voters if whole else None,
            "reason_code": row["reason_code"] if whole else None,
            "tps_codes": [each["code"] for each in codes],
            "late": "W-REQUEST-LATE" in row["findings"],
            "seconds_left": seconds_left(row["cutoff_at"], now) if waits else None,
            "steps": [RequestStep.model_validate(dict(step)) for step in steps],
            "rehearsal": facility.rehearsal,
        }
    )


async def coverage(
    connection: Connection, facility: FacilityOut, *, election: str, now: datetime
) -> FacilityCoverage:
    """Return how far the desk has come with a facility, and what became of its requests."""
    frame = await load_frame(connection, election)
    steps = await connection.fetch(
        """select status, happened_on, recorded_at, actor as recorded_by from facility_step
           where facility_id = $1 order by recorded_at, id limit 200""",
        facility.facility_id,
    )
    rows = await connection.fetch(
        """select state, count(*)::int as requests, coalesce(sum(granted), 0)::int as granted,
                  sum((select sum(value::int) from jsonb_each_text(voters)))::int as voters
           from facility_request where facility_id = $1 group by state""",
        facility.facility_id,
    )
    told = {RequestState(row["state"]): row for row in rows}
    cutoff = cutoff_at(frame.voting_date, facility.region_code, frame.settings)
    return FacilityCoverage(
        code=facility.code,
        version=facility.version,
        contact_status=facility.contact_status,
        cutoff_at=cutoff,
        seconds_left=seconds_left(cutoff, now),
        steps=[FacilityStep.model_validate(dict(step)) for step in steps],
        requests={state: told[state]["requests"] if state in told else 0 for state in RequestState},
        voters=sum(row["voters"] for state, row in told.items() if state is not RequestState.WITHDRAWN),
        granted=sum(row["granted"] for row in told.values()),
    )
