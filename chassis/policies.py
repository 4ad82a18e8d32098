"""Row-level security, as the database's side of it: what a migration runs so that a table's rows are of their regions.

    for statement in (*ACCESS_FUNCTIONS, *protect("facility", code="region_code"), *protect("tally", tps_id="tps_id")):
        op.execute(statement)

A policy compares a row's code with the setting `app.regions` of the transaction (`chassis.row_security`), by whole
segments as `contracts.access.covers` does. It is forced on the owner too. Without the setting nothing is covered.

    for statement in (*PURPOSE_FUNCTIONS, *serve("facility", added=[Scope.REGISTRY_IMPORT], changed=…, seen=…)):
        op.execute(statement)

Beside it each table says what for its rows are seen and written, against `app.purposes`: policies that only take away, and
read no row, so that PostgreSQL asks them once for a statement.
"""

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Final

from chassis.audit_tables import TRAIL_FOR_ITSELF_DDL
from contracts.access import Scope

_HELD = "string_to_array(current_setting('app.regions', true), ',')"
_SEGMENTS = "array['*', left(code, 2), left(code, 5), left(code, 8), left(code, 13), code]"

ACCESS_FUNCTIONS: Final = (
    # Every code that could cover this one, against those that are held: codes have segments of fixed lengths, and `32.7` is
    # the beginning of none. PostgreSQL puts the expression in the place of the call.
    f"""create function desk_covers(code text) returns boolean language sql stable parallel safe
        return coalesce({_SEGMENTS} && {_HELD}, false)""",
    """create function desk_covers_any(codes text[]) returns boolean language sql stable parallel safe
        return exists (select from unnest(codes) c where desk_covers(c))""",
    """create function desk_covers_all(codes text[]) returns boolean language sql stable parallel safe
        return cardinality(codes) > 0 and not exists (select from unnest(codes) c where not desk_covers(c))""",
    # A caller's grant is one that the transaction was begun with, and it covers the row's code.
    f"""create function desk_admits(code text, granted text) returns boolean language sql stable parallel safe
        return coalesce(granted = any({_HELD}) and granted = any({_SEGMENTS}), false)""",
    """create function desk_admits_any(codes text[], granted text) returns boolean language sql stable parallel safe
        return exists (select from unnest(codes) c where desk_admits(c, granted))""",
    """create function desk_admit(codes text[], grants text[]) returns void language plpgsql stable as $$
    begin
        if exists (select from unnest(codes, grants) u(code, granted) where not desk_admits(code, granted)) then
            raise exception 'an item violates row-level security: no grant of its caller covers it'
                using errcode = 'insufficient_privilege';
        end if;
    end $$""",
)
"""What the policies ask; once, by the first migration of a database that has policies."""


def protect(
    table: str,
    *,
    code: str | None = None,
    former: str | None = None,
    tps_id: str | None = None,
    grants: str | None = None,
    parents: Mapping[str, str] = MappingProxyType({}),
    also: str | None = None,
    everybody_reads: bool = False,
    locked_by_everybody: bool = False,
) -> list[str]:
    """Return what makes the rows of a table seen and written only where one of the transaction's regions covers them.

    A row is covered where any of what is named here says so. With nothing named it is the service's own.

    Args:
        table: its name.
        code: SQL for the code of a row's region or TPS.
        former: column with the codes that a TPS had before: who was let in by one of them is right.
        tps_id: column with a TPS's id, whose code stands in `tps_ref`.
        grants: column with grants that have to be covered, all of them.
        parents: column with the id of a row of another table, as `"tally.tally_id"`: whoever sees that sees this.
        also: SQL for a further way, where a table is of several kinds of parents by one column.
        everybody_reads: whether the policy is for writing alone.
        locked_by_everybody: whether it is for what a row becomes alone: a lock is an update that changes nothing.
    """
    ways: list[str] = []
    if code is not None:
        ways.append(f"desk_covers({code})")
    else:
        ways.append("desk_covers('*')")
    if former is not None:
        ways.append(f"({former} <> '{{}}' and desk_covers_any({former}))")
    if grants is not None:
        ways.append(f"desk_covers_all({grants})")
    if tps_id is not None:
        known = "desk_covers(r.tps_code) or (r.former_codes <> '{}' and desk_covers_any(r.former_codes))"
        ways.append(f"(select {known} from tps_ref r where r.tps_id = {table}.{tps_id})")  # noqa: S608 - names of ours
    # A value and no `exists`: that may become a scan of the whole parent, planned while it was small; this is a probe a row.
    for column, key in parents.items():
        parent, key_column = key.split(".")
        ways.append(f"(select true from {parent} p where p.{key_column} = {table}.{column})")  # noqa: S608 - as above
    if also is not None:
        ways.append(also)
    covered = " or ".join(ways)
    statements = [
        f"alter table {table} enable row level security",
        f"alter table {table} force row level security",
        f"create policy within_regions on {table} using ({covered}) with check ({covered})",
    ]
    if locked_by_everybody:
        statements.append(
            f"create policy locked_by_everybody on {table} for update using (true) with check ({covered})"
        )
    if everybody_reads or locked_by_everybody:
        statements.append(f"create policy read_by_everybody on {table} for select using (true)")
    return statements


def admit(table: str, *, code: str | None = None, tps_of: str | None = None) -> list[str]:
    """Return what makes each new row of a hot command carry the grant of its own caller, in a transaction of several.

    Such a transaction works for the regions of all its callers, so that the rows themselves must say whose they are.

    Args:
        table: its name; it gets the column `granted_region` where it has none, null where nobody was granted.
        code: SQL for the code of the row's region or TPS; or:
        tps_of: SQL of the part `from … where …` that finds the row's TPS as `r`, a row of `tps_ref`.
    """
    granted = f"{table}.granted_region"
    if code is not None:
        own = f"desk_admits({code}, {granted})"
    else:
        former = f"(r.former_codes <> '{{}}' and desk_admits_any(r.former_codes, {granted}))"
        own = f"(select desk_admits(r.tps_code, {granted}) or {former} {tps_of})"
    return [
        f"alter table {table} add column if not exists granted_region text",
        f"""create policy own_grant on {table} as restrictive for insert
            with check (current_setting('app.grouped', true) is distinct from 'yes' or {own})""",
    ]


_SERVES = "(array['*'] || purposes) && string_to_array(current_setting('app.purposes', true), ',')"

PURPOSE_FUNCTIONS: Final = (
    f"""create function desk_serves(purposes text[]) returns boolean language sql stable parallel safe
        return coalesce({_SERVES}, false)""",
    # For what lies in no protected table.
    """create function desk_require(purposes text[]) returns void language plpgsql stable as $$
    begin
        if not desk_serves(purposes) then
            raise exception 'the statement violates row-level security "purpose_required"'
                using errcode = 'insufficient_privilege';
        end if;
    end $$""",
    """create function desk_step() returns trigger language plpgsql as $$
    begin
        if not desk_serves(tg_argv::text[]) then
            raise exception 'the step violates row-level security "purpose_of_step" for table "%"', tg_table_name
                using errcode = 'insufficient_privilege';
        end if;
        return new;
    end $$""",
)
"""What the policies of purposes ask; once, by the first migration of a database that has such policies."""


def serve(
    table: str,
    *,
    changed: Collection[Scope],
    added: Collection[Scope] | None = None,
    seen: Collection[Scope] | None = None,
    where: str | None = None,
    name: str = "",
) -> list[str]:
    """Return what lets the rows of a table be seen and written only by a transaction for one of these purposes.

    A row that is only locked is not changed: what it becomes is judged. With no purpose it is the service's own.

    Args:
        table: its name; it has a policy of regions, or `of_no_region`.
        changed: who changes rows and takes them away.
        added: who adds rows, where these are others.
        seen: who sees rows beside those who change them; None where everybody does whose regions cover them. Who only adds
            sees what the transaction itself has added.
        where: SQL for the rows that are meant; what is said of others, a further call says under another name.
        name: of the rows that are meant.
    """
    adders = changed if added is None else added
    ways = {
        "insert": f"with check ({_serving(adders, where)})",
        "update": f"using (true) with check ({_serving(changed, where)})",
        "delete": f"using ({_serving(changed, where)})",
    }
    if seen is not None:
        judged = _serving({*seen, *changed}, where)
        only_add = {*adders} - {*seen, *changed}
        # What one transaction writes may be parts of one thing, and the parts are judged by the whole.
        own = (
            f" or xmin = pg_current_xact_id_if_assigned()::xid and {_serving(only_add, None)}"
            if only_add
            else ""
        )
        ways["select"] = f"using ({judged}{own})"
    tail = f"_{name}" if name else ""
    return [
        f"create policy purpose_to_{way}{tail} on {table} as restrictive for {way} {judged}"
        for way, judged in ways.items()
    ]


def serve_machinery() -> list[str]:
    """Return what every service's database has of purposes, its own tables apart; once, by its first migration of them."""
    return [
        *PURPOSE_FUNCTIONS,
        *serve("command_conflict", changed=[Scope.CONFLICTS_SETTLE], seen=()),
        *of_no_region("access_entry"),
        *serve("access_entry", changed=(), seen=[Scope.AUDIT_READ]),
        *TRAIL_FOR_ITSELF_DDL,
    ]


def of_no_region(table: str) -> list[str]:
    """Return what puts a table behind policies whose rows are of no region: their purpose alone is judged."""
    return [
        f"alter table {table} enable row level security",
        f"alter table {table} force row level security",
        f"create policy of_no_region on {table} using (true)",
    ]


def step(table: str, name: str, *, when: str, changed: Collection[Scope]) -> str:
    """Return what lets a step of a row's life be taken only for one of these purposes: a policy knows no row as it was.

    Args:
        when: SQL that tells the step, by `old` and `new`.
        name: of the step.
    """
    scopes = ", ".join(f"'{scope}'" for scope in sorted(changed))
    return f"""create trigger purpose_of_{name} before update on {table} for each row when ({when})
        execute function desk_step({scopes})"""


def _serving(scopes: Collection[Scope], where: str | None) -> str:
    """Return the condition on a transaction's purposes; as a query of its own, so that it is asked once for a statement."""
    held = f"(select desk_serves('{{{','.join(sorted(scopes))}}}'))"
    return held if where is None else f"({where}) is not true or {held}"
