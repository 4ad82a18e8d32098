"""Routes of training sessions, and of how far a region's training is."""

from fastapi import APIRouter, Depends, Response

from chassis.actor import require_region
from chassis.conditional import GivenIfMatch, OptionalIfMatch, etag_of
from chassis.idempotency import OnceDep
from chassis.pagination import known_parameters_only
from chassis.reading import ReaderDep
from contracts.access import Scope
from contracts.vocabulary import ElectionId, RegionCode
from services.registry.commands import trainings as commands
from services.registry.queries import people as queries
from services.registry.routes.doors import Agency, Reader, TpsReader
from services.registry.schemas.trainings import (
    AttendanceList,
    AttendanceReceipt,
    TrainingCode,
    TrainingCoverageOut,
    TrainingIn,
    TrainingOut,
    TrainingReceipt,
)

router = APIRouter(
    prefix="/v1/elections/{election}", tags=["officers"], dependencies=[Depends(known_parameters_only)]
)


@router.put("/trainings/{training}", status_code=201, response_model=TrainingReceipt)
async def change_training(
    election: ElectionId,
    training: TrainingCode,
    body: TrainingIn,
    agency: Agency,
    once: OnceDep,
    expected: OptionalIfMatch,
) -> Response:
    """Plan a training session, say that it was held or cancelled, or change what is known of it."""
    require_region(agency, body.region_code)
    return await once(
        agency,
        lambda uow, origin: commands.change_training(
            uow, training, body, expected=expected, actor=agency, origin=origin
        ),
        election=election,
        channel=body.channel,
        body=body,
    )


@router.post("/trainings/{training}/attendance", status_code=200, response_model=AttendanceReceipt)
async def record_attendance(
    election: ElectionId,
    training: TrainingCode,
    body: AttendanceList,
    agency: Agency,
    once: OnceDep,
    expected: GivenIfMatch,
) -> Response:
    """Record who attended a training session, line by line; a line again with the other word corrects it."""
    return await once(
        agency,
        lambda uow, origin: commands.record_attendance(
            uow, training, body, actor=agency, expected=expected, origin=origin
        ),
        election=election,
        channel=body.channel,
        body=body,
    )


@router.get("/trainings/{training}")
async def read_training(
    election: ElectionId, training: TrainingCode, reader: Reader, read: ReaderDep, response: Response
) -> TrainingOut:
    """Show a training session; its trainer only to callers who may change rosters."""
    with_names = Scope.REGISTRY_WRITE in reader.scopes
    out = await queries.training(read, election=election, code=training, reader=reader, with_names=with_names)
    response.headers["ETag"] = etag_of(out.version)
    return out


@router.get("/training-coverage/{code}")
async def read_training_coverage(
    election: ElectionId, code: RegionCode, reader: TpsReader, read: ReaderDep
) -> TrainingCoverageOut:
    """Show how far the training of a region's officers is, by duty."""
    return await queries.training_coverage(read, election=election, region=code)
