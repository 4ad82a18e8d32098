"""Faults by which somebody may more than they may, or for longer."""

from scripts.mutations.model import Mutation, Replacement

_TOKENS = "tests/services/registry/test_tokens.py"
_AGENCIES = "tests/services/registry/test_agencies.py"
_REASONS = "tests/unit/chassis/test_token_reasons.py"

ACCESS = (
    Mutation(
        "a token counts whatever changed after it",
        (
            Replacement(
                "chassis/access_changes.py",
                "version is None else change.version > version\n",
                "version is None else False\n",
            ),
        ),
        (_REASONS,),
    ),
    Mutation(
        "a remembered token is not looked at again",
        (
            Replacement(
                "chassis/token_verifier.py",
                "            return self._counted(known[1])\n",
                "            return known[1]\n",
            ),
        ),
        (_REASONS,),
    ),
    Mutation(
        "a secret that was revoked or has expired still proves its application",
        (
            Replacement(
                "services/registry/queries/access.py",
                "where s.client = c.id and s.revoked_at is null and s.expires_at > $2) as hashes",
                "where s.client = c.id and $2 > '2000-01-01'::timestamptz) as hashes",
            ),
        ),
        (
            f"{_AGENCIES}::test_secrets_overlap_while_they_are_rotated",
            f"{_AGENCIES}::test_an_expired_secret_gets_no_token",
        ),
    ),
    Mutation(
        "a person may what they are registered for, whatever their application may",
        (
            Replacement(
                "services/registry/rules/grants.py",
                "        roles=application.roles & person.roles,\n",
                "        roles=person.roles,\n",
            ),
        ),
        (f"{_TOKENS}::test_a_person_gets_what_the_application_and_they_both_may",),
    ),
    Mutation(
        "an administrator gives regions that are not theirs",
        (
            Replacement(
                "services/registry/rules/grants.py",
                "        if not all(any(within(region, own) for own in self.grants) for region in regions):\n",
                "        if not self.grants:\n",
            ),
        ),
        (f"{_AGENCIES}::test_nobody_gives_more_than_they_have",),
    ),
    Mutation(
        "a code enrols every device that shows it",
        (
            Replacement(
                "services/registry/commands/devices.py",
                "             and (secret_sha256 is null or secret_sha256 = $2)\n",
                "",
            ),
        ),
        ("tests/services/registry/test_devices.py::test_of_two_devices_with_one_code_one_wins",),
    ),
    Mutation(
        "a secret is kept under its idempotency key",
        (
            Replacement(
                "chassis/idempotency.py",
                "                answer = answer_of(receipt)\n",
                "                answer = answer_of(replace(receipt, body=receipt.shown or receipt.body))\n",
            ),
        ),
        (f"{_AGENCIES}::test_a_secret_is_shown_once_and_stored_as_its_hash",),
    ),
    Mutation(
        "who leaves a roster keeps their token",
        (
            Replacement(
                "services/registry/commands/rosters.py",
                "        return {person for person, place in before.items() if named.get(person) != place}\n",
                "        return {person for person in before if person in named}\n",
            ),
        ),
        (f"{_TOKENS}::test_who_leaves_a_roster_loses_their_token",),
    ),
    Mutation(
        "a key signs before anybody can know it",
        (
            Replacement(
                "chassis/token_issuer.py",
                "if _signs_from(key, now) and not _is_over(key, now)]\n",
                "if not _is_over(key, now)]\n",
            ),
        ),
        ("tests/unit/chassis/test_token_issuer.py",),
    ),
)
