"""Faults by which a phone would lose a command, or be told what is not so."""

from scripts.mutations.model import Mutation, Replacement

_DOOR = "tests/services/gateway/test_sync.py"
_SYNC = "tests/services/turnout/test_sync.py"
_CHANGES = "tests/services/gateway/test_changes.py"

FIELD_SYNC = (
    Mutation(
        "field sync: an item is done under a key of its own",
        (
            Replacement(
                "chassis/sync_items.py",
                '(b"idempotency-key", str(sent.id).encode())',
                '(b"idempotency-key", str(id(object())).encode())',
            ),
        ),
        (f"{_SYNC}::test_mixed_commands_are_done_in_order_and_once",),
    ),
    Mutation(
        "field sync: what a service could not take is called rejected",
        (
            Replacement(
                "chassis/sync_shapes.py",
                'outcome = "deferred" if passes else "rejected"',
                'outcome = "rejected"',
            ),
        ),
        (f"{_DOOR}::test_a_service_that_is_away_defers_its_own_commands_alone",),
    ),
    Mutation(
        "field sync: a conflict is told and not kept",
        (
            Replacement(
                "chassis/sync_items.py",
                'return await self._kept(sent, claimed, result) if result.outcome == "conflict" else result',
                "return result",
            ),
        ),
        (f"{_SYNC}::test_the_same_id_with_other_content_is_kept_and_nothing_is_overwritten",),
    ),
    Mutation(
        "field sync: the entry of a form is kept with its figures",
        (
            Replacement(
                "chassis/conflicts.py",
                "None if claim.blind else claim.content",
                "claim.content",
            ),
        ),
        (f"{_SYNC}::test_of_a_form_only_the_hash_is_kept",),
    ),
    Mutation(
        "field sync: conflicts are listed whatever their region",
        (
            Replacement(
                "chassis/conflicts.py",
                "and ($3 or exists (select from unnest($4::text[]) r where c.place = r or starts_with(c.place, r || '.')))",
                "and ($3 or $4::text[] is not null)",
            ),
        ),
        ("tests/matrix/test_service_alone.py::test_clashes_and_voters_of_elsewhere_are_not_there",),
    ),
    Mutation(
        "field sync: a page of changes forgets what it cut off",
        (
            Replacement(
                "gateway/queries/changes.py",
                "more, rows = len(rows) > limit, rows[:limit]",
                "more, rows = False, rows[:limit]",
            ),
        ),
        (f"{_CHANGES}::test_who_follows_ends_with_what_a_snapshot_says",),
    ),
    Mutation(
        "field sync: what moved away stays on the phone",
        (
            Replacement(
                "gateway/queries/changes.py",
                "or f.type = any($7::text[])",
                "or (false and f.type = any($7::text[]))",
            ),
        ),
        (f"{_CHANGES}::test_what_moves_away_is_removed_where_it_was",),
    ),
)
