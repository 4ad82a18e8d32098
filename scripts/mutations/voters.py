"""Faults in what keeps the list of voters."""

from scripts.mutations.model import Mutation, Replacement

_TESTS = "tests/services/registry"

VOTERS = (
    Mutation(
        "a voter moves after the cut-off",
        (
            Replacement(
                "services/registry/commands/voter_moves.py",
                "    _require_open(held.frame, to, command.reason, now=origin.now)\n",
                "",
            ),
        ),
        (f"{_TESTS}/test_voter_changes.py",),
    ),
    Mutation(
        "a voter of another region is found",
        (
            Replacement(
                "services/registry/commands/held_voters.py",
                "if row is None or tps is None or not actor.may_touch(tps.code):",
                "if row is None or tps is None:",
            ),
        ),
        ("tests/matrix/test_service_alone.py::test_clashes_and_voters_of_elsewhere_are_not_there",),
    ),
    Mutation(
        "a NIK can be tried out from the fingerprint of a key",
        (
            Replacement(
                "chassis/idempotency.py",
                "keyed_by.digests(asked) if keyed_by is not None else [hashlib.sha256(asked).digest()]",
                "[hashlib.sha256(asked).digest()]",
            ),
        ),
        (f"{_TESTS}/test_voter_privacy.py",),
    ),
    Mutation(
        "two questions at once spend one budget twice",
        (
            Replacement(
                "services/registry/commands/lookup_budgets.py",
                '    await lock_names(uow, ["lookup-budgets"])\n',
                "",
            ),
        ),
        (f"{_TESTS}/test_lookup_budgets.py",),
    ),
    Mutation(
        "a challenge is good for every question",
        (
            Replacement(
                "services/registry/rules/proofs.py",
                'f"proof/{head}/{about}".encode()',
                'f"proof/{head}".encode()',
            ),
        ),
        (f"{_TESTS}/test_lookup_budgets.py",),
    ),
    Mutation(
        "a split puts everybody into one part",
        (
            Replacement(
                "services/registry/rules/capacity.py",
                "        least = min(range(count), key=voters.__getitem__)\n",
                "        least = 0\n",
            ),
        ),
        ("tests/unit/registry/test_capacity_rules.py",),
    ),
    Mutation(
        "a row that is sealed anew is found by the old key alone",
        (
            Replacement(
                "services/registry/commands/voter_reseals.py",
                "        niks.append(keys.indexes(nik_of(election, person.nik))[0])\n",
                "        niks.append(keys.indexes(nik_of(election, person.nik))[-1])\n",
            ),
        ),
        (f"{_TESTS}/test_voter_reseals.py",),
    ),
)
