"""Make the machinery's tables, and those of needs, boxes, shipments, warehouses and stray scans."""

from alembic import op

from chassis.machinery import MACHINERY_DDL

revision = "0001"
down_revision = None

_STATES = "('packed', 'in_transit', 'at_warehouse', 'at_kecamatan', 'at_kelurahan', 'at_tps', 'void')"
_PARTIES = "('warehouse', 'courier', 'ppk', 'pps', 'kpps')"
_POINTS = "('warehouse', 'kecamatan', 'kelurahan', 'tps')"
_OUTCOMES = "('accepted', 'short', 'damaged', 'seal_mismatch', 'missing')"
_KINDS = "('short', 'damaged', 'seal_mismatch', 'missing', 'wrong_place')"

_KNOWN = (
    """create table election_ref (
        election text primary key,
        due_days_before int not null check (due_days_before between 0 and 30),
        settings text not null
    )""",
    """create table tps_ref (
        tps_id uuid primary key,
        election text not null,
        tps_code text not null,
        kecamatan text not null,
        zone text not null,
        voting_date date not null,
        dpt int not null check (dpt >= 0),
        contests text[] not null,
        active boolean not null
    )""",
    "create index tps_ref_by_code on tps_ref (election, tps_code)",
    "create index tps_ref_by_kecamatan on tps_ref (election, kecamatan)",
)
_SUPPLIES = (
    """create table catalogue_item (
        election text not null,
        item text not null,
        name text not null,
        name_id text not null,
        unit text not null,
        per text not null check (per in ('tps', 'contest', 'kecamatan_contest')),
        quantity int not null check (quantity >= 0),
        reserve_ratio numeric check (reserve_ratio between 0 and 1),
        sealed boolean not null,
        source text not null,
        verified boolean not null,
        of_election boolean not null,
        position int not null,
        version bigint not null,
        primary key (election, item)
    )""",
    """create table tps_supply (
        tps_id uuid primary key references tps_ref,
        election text not null,
        version bigint not null,
        stale boolean not null,
        due_at timestamptz,
        boxes int not null check (boxes >= 0),
        needs text not null
    )""",
    "create index tps_supply_stale on tps_supply (election, tps_id) where stale",
    """create table kecamatan_need (
        election text not null,
        region_code text not null,
        version bigint not null,
        needs text not null,
        primary key (election, region_code)
    )""",
    """create table item_held (
        tps_id uuid not null references tps_supply,
        item text not null,
        contest text not null,
        quantity int not null check (quantity >= 0),
        counted_at timestamptz not null,
        recorded_at timestamptz not null,
        actor text not null,
        channel text not null,
        primary key (tps_id, item, contest)
    )""",
)
_WAREHOUSES = (
    """create table warehouse (
        warehouse_id uuid primary key,
        election text not null,
        region_code text not null,
        name text not null,
        address text not null,
        lat double precision check (lat between -90 and 90),
        lon double precision check (lon between -180 and 180),
        active boolean not null,
        version bigint not null check (version > 0),
        check ((lat is null) = (lon is null)),
        unique (election, region_code, name)
    )""",
    """create table stock (
        warehouse_id uuid not null references warehouse,
        item text not null,
        contest text not null,
        good int not null check (good >= 0),
        damaged int not null check (damaged >= 0),
        counted_at timestamptz not null,
        recorded_at timestamptz not null,
        actor text not null,
        channel text not null,
        primary key (warehouse_id, item, contest)
    )""",
    """create table shipment (
        shipment_id uuid primary key,
        election text not null,
        warehouse_id uuid not null references warehouse,
        region_code text not null,
        vehicle text not null,
        state text not null check (state in ('planned', 'dispatched', 'arrived', 'cancelled')),
        reason text not null,
        planned_at timestamptz not null,
        dispatched_at timestamptz,
        arrived_at timestamptz,
        version bigint not null check (version > 0),
        check ((state in ('dispatched', 'arrived')) = (dispatched_at is not null)),
        check ((state = 'arrived') = (arrived_at is not null)),
        check ((state = 'cancelled') = (reason <> ''))
    )""",
)
_BOXES = (
    f"""create table box (
        box_id uuid primary key,
        election text not null,
        tps_id uuid not null references tps_supply,
        contest text not null,
        seal_number text not null,
        ballots_packed int not null check (ballots_packed >= 0),
        state text not null check (state in {_STATES}),
        state_at timestamptz not null,
        place text not null,
        holder text not null check (holder in {_PARTIES}),
        shipment_id uuid references shipment,
        warehouse_id uuid references warehouse,
        replaces uuid unique references box,
        arrived_at timestamptz,
        received_at timestamptz,
        received_on_time boolean,
        receipt_outcome text check (receipt_outcome in {_OUTCOMES}),
        receipt_at timestamptz,
        ballots_received int check (ballots_received >= 0),
        counted_at timestamptz,
        void_reason text,
        open_discrepancies int not null check (open_discrepancies >= 0),
        packed_at timestamptz not null,
        findings text[] not null,
        recorded_at timestamptz not null,
        actor text not null,
        channel text not null,
        version bigint not null check (version > 0),
        check ((state = 'void') = (void_reason is not null)),
        check ((receipt_outcome is null) = (receipt_at is null)),
        check ((ballots_received is null) = (counted_at is null)),
        check (arrived_at <= received_at),
        check (replaces <> box_id)
    )""",
    # One box stands for a contest of a TPS: what a TPS has is the count of these.
    "create unique index box_that_stands on box (tps_id, contest) where state <> 'void'",
    "create index box_by_seal on box (election, seal_number)",
    f"""create table custody_scan (
        scan_id uuid primary key,
        box_id uuid not null references box,
        scan_point text not null check (scan_point in {_POINTS}),
        place text not null,
        from_party text not null check (from_party in {_PARTIES}),
        to_party text not null check (to_party in {_PARTIES}),
        seal_seen text,
        late boolean not null,
        out_of_order boolean not null,
        findings text[] not null,
        occurred_at timestamptz not null,
        recorded_at timestamptz not null,
        actor text not null,
        channel text not null,
        check (from_party <> to_party),
        unique (box_id, occurred_at, scan_point, from_party, to_party)
    )""",
    f"""create table box_receipt (
        receipt_id uuid primary key,
        box_id uuid not null references box,
        outcome text not null check (outcome in {_OUTCOMES}),
        ballots int check (ballots >= 0),
        seal_seen text,
        note text not null,
        findings text[] not null,
        occurred_at timestamptz not null,
        recorded_at timestamptz not null,
        actor text not null,
        channel text not null
    )""",
    "create index box_receipt_by_box on box_receipt (box_id)",
    f"""create table discrepancy (
        discrepancy_id uuid primary key,
        box_id uuid not null references box,
        kind text not null check (kind in {_KINDS}),
        cause text not null check (cause in ('scan', 'receipt', 'arrival')),
        seal_seen text,
        opened_at timestamptz not null,
        recorded_at timestamptz not null,
        actor text not null,
        resolution text,
        reason text not null,
        resolved_at timestamptz,
        resolved_by text,
        check ((resolution is null) = (resolved_at is null)),
        check ((resolution is null) = (resolved_by is null)),
        check ((resolution is null) = (reason = ''))
    )""",
    "create unique index discrepancy_open on discrepancy (box_id, kind) where resolution is null",
    "create index discrepancy_by_box on discrepancy (box_id)",
    """create table shipment_box (
        shipment_id uuid not null references shipment,
        box_id uuid not null references box,
        under_way boolean not null,
        missing boolean not null,
        primary key (shipment_id, box_id)
    )""",
    # A box travels with one shipment at a time.
    "create unique index shipment_box_under_way on shipment_box (box_id) where under_way",
    f"""create table stray_scan (
        scan_id uuid primary key,
        election text not null,
        box_id uuid not null,
        scan_point text not null check (scan_point in {_POINTS}),
        place text not null,
        from_party text not null check (from_party in {_PARTIES}),
        to_party text not null check (to_party in {_PARTIES}),
        seal_seen text,
        occurred_at timestamptz not null,
        recorded_at timestamptz not null,
        actor text not null,
        channel text not null,
        granted_region text not null,
        state text not null check (state in ('open', 'adopted', 'dismissed')),
        reason text not null,
        settled_at timestamptz,
        settled_by text,
        version bigint not null check (version > 0),
        check ((state = 'open') = (settled_at is null)),
        check ((state = 'open') = (settled_by is null)),
        unique (election, box_id, occurred_at, scan_point, from_party, to_party, actor)
    )""",
    "create index stray_scan_open on stray_scan (box_id) where state = 'open'",
)


def upgrade() -> None:
    """Make the tables."""
    for statement in (*MACHINERY_DDL, *_KNOWN, *_SUPPLIES, *_WAREHOUSES, *_BOXES):
        op.execute(statement)
