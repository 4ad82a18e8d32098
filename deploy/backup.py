"""Backup and restore of a desk: its database at one instant, its keys, its settings.

All services share one database server, so that one backup is one instant of the whole desk. Topics are left out: they are
made again from the services' ledgers, and the gateway's tables from the topics.
"""

import hashlib
import json
import os
import pwd
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

from deploy import postgres, processes, programs
from deploy.run_folder import RunFolder, hold

DATABASE, DESK, NOTE = "database", "desk", "backup.json"
KEPT = ("simulator.jsonl", "clock.json", "clock_last.json", "desk.json", "secrets.json", "keys")
"""What is kept beside the database; what the simulator has done first, for it must not know more than the database."""


class BackupError(Exception):
    """What kept a backup from being made or put back."""


@dataclass(frozen=True)
class Restored:
    """What a restored desk holds.

    Attributes:
        took_s: seconds from the first file to the last check.
        segments: parts of the log that came from the archive.
        events: entries in the ledger of each service.
    """

    took_s: float
    segments: int
    events: dict[str, int]


def make(folder: RunFolder, *, into: Path) -> Path:
    """Back up a running desk and return the new folder, which holds its secrets and is readable by us alone.

    Raises:
        BackupError: no desk runs, or the backup could not be made or checked.
    """
    if folder.holder() is None:
        raise BackupError(f"no desk runs on port {folder.first_port}; a backup is taken of one that does")
    made_at = datetime.now(UTC)
    backup = into / f"desk-{folder.first_port}-{made_at:%Y%m%dT%H%M%SZ}"
    unfinished = backup.with_name(f".{backup.name}.unfinished")
    unfinished.mkdir(mode=0o700, parents=True)
    (unfinished / DESK).mkdir()
    for name in KEPT:
        _copy(folder.path / name, unfinished / DESK / name)
    cluster = _cluster(folder)
    connection = ["--host", "127.0.0.1", "--port", str(cluster.port), "--username", postgres.SUPERUSER]
    try:
        processes.run(
            [
                *(postgres.binary("pg_basebackup"), "--pgdata", unfinished / DATABASE, *connection),
                *("--no-password", "--wal-method=stream", "--checkpoint=fast", "--manifest-checksums=SHA256"),
            ],
            environment={"PGPASSWORD": cluster.password},
        )
        _verify(unfinished)
    except (RuntimeError, OSError, BackupError) as error:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise BackupError(str(error)) from error
    (unfinished / NOTE).write_text(json.dumps({"made_at": made_at.isoformat()}) + "\n")
    unfinished.rename(backup)
    return backup


def restore(folder: RunFolder, *, backup: Path, archive: Path | None) -> Restored:
    """Put a backup back in place of a desk that is gone, and try that its database starts.

    Args:
        folder: Where the desk shall lie; nothing of a desk may lie there yet.
        backup: What `make` returned.
        archive: The folder that its archive wrote to; without it, the desk stands where it stood at the backup.

    Raises:
        BackupError: something lies there, the backup is damaged, or its database does not start.
    """
    began = monotonic()
    if not (backup / NOTE).exists():
        raise BackupError(f"{backup} is no finished backup of a desk: it has no {NOTE}")
    if (folder.path / "postgres").exists():
        raise BackupError(f"a desk lies in {folder.path}: put it elsewhere first, or restore to another port")
    try:
        _verify(backup)
        with hold(folder, fresh=True):
            for name in KEPT:
                _copy(backup / DESK / name, folder.path / name)
            cluster = _cluster(folder)
            data = postgres.place(cluster)
            shutil.copytree(backup / DATABASE, data)
            segments = _bring_log(archive, data / "pg_wal") if archive else 0
            _hand_over(data)
            events = _try(cluster)
    except (RuntimeError, OSError) as error:
        raise BackupError(str(error)) from error
    return Restored(monotonic() - began, segments, events)


def _verify(backup: Path) -> None:
    """Compare every file with the manifest that the server wrote, and the manifest with its own sum.

    It is what `pg_verifybackup` does, which ends with a segmentation fault in the wheel that we have. The log has its own
    checksums, which the server reads when it recovers.

    Raises:
        BackupError: a file is missing or was changed.
    """
    raw = (backup / DATABASE / "backup_manifest").read_bytes()
    manifest = json.loads(raw)
    if hashlib.sha256(raw[: raw.rindex(b'"Manifest-Checksum"')]).hexdigest() != manifest["Manifest-Checksum"]:
        raise BackupError(f"the manifest of {backup} was changed")
    for entry in manifest["Files"]:
        file = backup / DATABASE / entry["Path"]
        if not file.exists():
            raise BackupError(f"{file} is missing")
        with file.open("rb") as content:
            if hashlib.file_digest(content, "sha256").hexdigest() != entry["Checksum"]:
                raise BackupError(f"{file} was changed: its checksum is not the manifest's")


def _bring_log(archive: Path, log: Path) -> int:
    """Lay the archive's part of the log beside the backup's own, so that the server finds all of it when it recovers."""
    first = min(path.name for path in log.iterdir() if len(path.name) == 24)
    brought = 0
    for segment in sorted(archive.iterdir()):
        name = segment.name.removesuffix(".partial")
        if len(name) != 24 or name[:8] != first[:8] or name < first:
            continue
        ours = log / name
        if not ours.exists() or ours.stat().st_mtime <= segment.stat().st_mtime:
            shutil.copy2(segment, ours)
            brought += 1
    return brought


def _try(cluster: postgres.Cluster) -> dict[str, int]:
    """Start the server alone, drop what is made from the topics, and count the ledgers."""
    process = postgres.start(cluster)
    try:
        processes.wait_until(
            lambda: postgres.is_ready(cluster),
            process=process,
            log=cluster.log,
            name="PostgreSQL",
            patience_s=900,
        )
        postgres.sql(cluster, "drop database if exists gateway with (force);")
        return {
            owner: int(postgres.sql(cluster, "select count(*) from outbox;", database=owner))
            for owner in programs.SERVICES
        }
    finally:
        postgres.stop(process)


def _cluster(folder: RunFolder) -> postgres.Cluster:
    secrets = json.loads((folder.path / "secrets.json").read_text())
    return postgres.Cluster(
        folder.path / "postgres", port=folder.port("postgres"), password=secrets[postgres.SUPERUSER]
    )


def _copy(path: Path, to: Path) -> None:
    if path.is_dir():
        shutil.copytree(path, to, dirs_exist_ok=True)
    elif path.exists():
        shutil.copy2(path, to)


def _hand_over(data: Path) -> None:
    """Give restored files to the account that the server runs as."""
    if (user := postgres.account()) is not None:
        owner = pwd.getpwnam(user)
        for path in (data, *data.rglob("*")):
            os.chown(path, owner.pw_uid, owner.pw_gid, follow_symlinks=False)
    data.chmod(0o700)
