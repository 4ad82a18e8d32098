"""The archive of a desk: what the database commits is on a second disk before anybody is told that it is committed.

`pg_receivewal` writes the database's log to a folder as it is made. The database waits for it at every commit, so that
a backup and the archive together hold all that was acknowledged, up to the last instant before a disk was lost.
"""

from pathlib import Path

from deploy import postgres, processes
from deploy.supervisor import Program

SLOT = "desk_archive"
RECEIVER = "pg_receivewal"
"""The name by which the database knows whom it waits for."""

_KEEP = """select pg_create_physical_replication_slot(:'slot', true)
 where not exists (select from pg_replication_slots where slot_name = :'slot');"""
_FORGET = "select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = :'slot';"


def settings(archive: Path | None) -> dict[str, str]:
    """What the database server is told: to wait for the archive, or for nobody."""
    return {"synchronous_standby_names": RECEIVER if archive else ""}


def programs(cluster: postgres.Cluster, archive: Path | None, *, log: Path) -> list[Program]:
    """Return the receiver of an archive, or nothing; the database keeps its log for the one, and not for the other.

    Args:
        cluster: A server that is ready, whose log is received.
        archive: Folder on another disk than the database's; made where it is missing, readable by us alone.
        log: File that receives what the receiver prints.
    """
    postgres.sql(cluster, _KEEP if archive else _FORGET, slot=SLOT)
    if archive is None:
        return []
    archive.mkdir(mode=0o700, parents=True, exist_ok=True)
    command = [postgres.binary(RECEIVER), "--directory", archive, "--slot", SLOT, "--synchronous"]
    command += ["--host", "127.0.0.1", "--port", str(cluster.port), "--username", postgres.SUPERUSER]
    receiver = Program(
        name="archive",
        start=lambda: processes.spawn(
            [*command, "--no-password"], log=log, environment={"PGPASSWORD": cluster.password}
        ),
        log=log,
        url=str(archive),
    )
    return [receiver]
