"""Know the region of an election, for whoever covers all of it may change its catalogue; both walls judge that."""

from alembic import op

from chassis.policies import protect

revision = "0022"
down_revision = "0021"

_KNOWN = """
update election_ref e set region_code = (
    select case when count(distinct left(t.tps_code, 5)) = 1 then min(left(t.tps_code, 5))
                when count(distinct left(t.tps_code, 2)) = 1 then min(left(t.tps_code, 2)) end
    from tps_ref t where t.election = e.election)
"""
"""Of elections that were told before: the kab/kota, else the province, that all their TPS lie in."""


def upgrade() -> None:
    """Add the region, fill it in, and let the catalogue be written by whoever covers it."""
    op.execute("alter table election_ref add column region_code text")
    op.execute(_KNOWN)
    for statement in protect(
        "catalogue_item",
        also="(select desk_covers(e.region_code) from election_ref e where e.election = catalogue_item.election)",
        everybody_reads=True,
    ):
        op.execute(statement)
