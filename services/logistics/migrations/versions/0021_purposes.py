"""Let rows be seen and written only by whoever is there for them: the second wall judges the scope too."""

from alembic import op

from chassis.policies import of_no_region, serve, serve_machinery, step
from contracts.access import Scope

revision = "0021"
down_revision = "0020"

_SEES, _SCANS, _WRITES = Scope.LOGISTICS_READ, Scope.LOGISTICS_SCAN, Scope.LOGISTICS_WRITE
_OF_A_BOX = ("custody_scan", "box_receipt", "discrepancy")


def upgrade() -> None:
    """Make the policies; a hand-over changes a box and its shipment, and only some steps of theirs are a hand-over."""
    for statement in (
        *serve_machinery(),
        *of_no_region("election_ref"),
        # What the registry told, the service alone writes.
        *(line for table in ("election_ref", "tps_ref") for line in serve(table, changed=())),
        *serve("catalogue_item", changed=[Scope.DESK_ADMIN], seen=[_SEES, _SCANS, _WRITES]),
        # Who changes the catalogue marks what is to be computed anew.
        *serve("tps_supply", added=(), changed=[_SCANS, Scope.DESK_ADMIN], seen=[_SEES, _WRITES]),
        *serve("kecamatan_need", changed=(), seen=[_SEES, _SCANS, _WRITES]),
        *serve("item_held", changed=[_SCANS], seen=[_SEES, _WRITES]),
        *(
            line
            for table in ("warehouse", "stock")
            for line in serve(table, changed=[_WRITES], seen=[_SEES, _SCANS])
        ),
        *(
            line
            for table in ("shipment", "shipment_box", "box")
            for line in serve(table, added=[_WRITES], changed=[_WRITES, _SCANS], seen=[_SEES])
        ),
        *(line for table in _OF_A_BOX for line in serve(table, changed=[_WRITES, _SCANS], seen=[_SEES])),
        *serve("stray_scan", added=[_SCANS], changed=[_SCANS, _WRITES], seen=[_SEES]),
        step(
            "shipment", "leaving", when="new.state <> old.state and new.state <> 'arrived'", changed=[_WRITES]
        ),
        step("box", "voiding", when="new.state <> old.state and new.state = 'void'", changed=[_WRITES]),
        # That a missing box was found is settled by whoever receives it.
        step(
            "discrepancy",
            "settling",
            when="new.resolution is distinct from old.resolution and new.resolution <> 'found'",
            changed=[_WRITES],
        ),
        step("stray_scan", "settling", when="new.state <> old.state", changed=[_WRITES]),
    ):
        op.execute(statement)
