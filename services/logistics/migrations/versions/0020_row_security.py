"""Let rows be seen and written only by whoever holds a region that covers them: the second wall behind the service's own."""

from alembic import op

from chassis.policies import ACCESS_FUNCTIONS, admit, protect

revision = "0020"
down_revision = "0015"

_BOX = {"box_id": "box.box_id"}


def upgrade() -> None:
    """Make the policies; what the registry told of TPS is looked up by everybody and written by the service alone."""
    for statement in (
        *ACCESS_FUNCTIONS,
        *protect("command_conflict", code="place"),
        *protect("tps_ref", everybody_reads=True),
        *protect("tps_supply", tps_id="tps_id"),
        *protect("item_held", tps_id="tps_id"),
        *protect("kecamatan_need", code="region_code"),
        *protect("warehouse", code="region_code"),
        *protect("stock", parents={"warehouse_id": "warehouse.warehouse_id"}),
        *protect("shipment", code="region_code"),
        *protect("box", tps_id="tps_id"),
        *admit("box", tps_of="from tps_ref r where r.tps_id = box.tps_id"),
        # Who sees a shipment sees its whole manifest; who sees a box sees that a shipment has it.
        *protect("shipment_box", parents={"shipment_id": "shipment.shipment_id", **_BOX}),
        *protect("custody_scan", parents=_BOX),
        *admit(
            "custody_scan",
            tps_of="from box b join tps_ref r using (tps_id) where b.box_id = custody_scan.box_id",
        ),
        *protect("box_receipt", parents=_BOX),
        *protect("discrepancy", parents=_BOX),
        *protect("stray_scan", code="place"),
        *admit("stray_scan", code="place"),
    ):
        op.execute(statement)
