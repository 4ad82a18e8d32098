"""Taking one of the two walls down, in a test: the service's own checks of scopes and regions, or the database's policies."""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final
from unittest.mock import patch

from chassis import actor as actor_module
from chassis import identity
from chassis.actor import Actor
from contracts import access
from contracts.access import Scope
from deploy import postgres
from tests.infrastructure import PostgresServer

BOTH, DATABASE_ALONE, SERVICE_ALONE = "both walls", "the database alone", "the service alone"
WALLS: Final = (BOTH, DATABASE_ALONE, SERVICE_ALONE)

_WITHOUT_POLICIES = """
do $$
declare t record;
begin
    for t in select c.oid::regclass as name from pg_class c where relrowsecurity loop
        execute format('alter table %s no force row level security', t.name);
        execute format('alter table %s disable row level security', t.name);
    end loop;
end $$;
create or replace function desk_admit(codes text[], grants text[]) returns void language sql return null;
create or replace function desk_serves(purposes text[]) returns boolean language sql return true;
"""


def take_policies_down(server: PostgresServer, url: str) -> None:
    """Let a database judge neither regions nor purposes any more."""
    name = url.rpartition("/")[2].partition("?")[0]
    postgres.sql(server.cluster, _WITHOUT_POLICIES, database=name)


@contextmanager
def without_the_services_checks() -> Generator[None]:
    """Let the services judge neither scopes nor regions: what they ask for an answer says yes, whatever they hold in their hands.

    The grant that an item of a group carries is no check but a claim, which the database judges: it stays as it is.
    """
    originals = {actor_module.require_region: _require, access.covers: _covers}
    places = [
        (module, name, twin)
        for module in list(sys.modules.values())
        if module.__name__.startswith(("services.", "gateway"))
        for name, value in list(vars(module).items())
        for original, twin in originals.items()
        if value is original
    ]
    with (
        patch.object(identity, "_check_scope", _check_scope),
        patch.object(Actor, "granted_region", _granted),
        patch.object(identity, "_check_region", _check),
    ):
        for module, name, twin in places:
            setattr(module, name, twin)
        try:
            yield
        finally:
            back = {twin: original for original, twin in originals.items()}
            for module, name, twin in places:
                setattr(module, name, back[twin])


def _require(actor: Actor, code: str) -> str:
    del actor
    return code


def _covers(held: str, code: str) -> bool:
    del held, code
    return True


def _granted(actor: Actor, code: str) -> str | None:
    del actor
    return code


def _check_scope(actor: Actor, scope: Scope) -> None:
    del actor, scope


def _check(actor: Actor, code: str) -> None:
    del actor, code
