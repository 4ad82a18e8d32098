"""Faults in the rules of the field."""

from scripts.mutations.model import Mutation, Replacement

_LIFE = "tests/unit/turnout/test_tally_life.py"

RULES = (
    Mutation(
        "a form's need of ballots is rounded down",
        (
            Replacement(
                "services/turnout/rules/ballots.py",
                ".to_integral_value(ROUND_CEILING)",
                ".to_integral_value('ROUND_FLOOR')",
            ),
        ),
        ("tests/unit/turnout/test_voting_day_rules.py", "tests/unit/turnout/test_form_findings.py"),
    ),
    Mutation(
        "what a TPS gets of ballots is rounded down",
        (
            Replacement(
                "services/logistics/rules/quantities.py",
                ".to_integral_value(ROUND_CEILING)",
                ".to_integral_value('ROUND_FLOOR')",
            ),
        ),
        ("tests/unit/logistics/test_quantities.py",),
    ),
    Mutation(
        "closing at 13:00 sharp is early",
        (
            Replacement(
                "services/turnout/rules/voting_days.py",
                "milestone is Milestone.VOTING_CLOSED and local < closes",
                "milestone is Milestone.VOTING_CLOSED and local <= closes",
            ),
        ),
        ("tests/unit/turnout/test_voting_day_rules.py",),
    ),
    Mutation(
        "a report of 13:00 sharp is out of hours",
        (
            Replacement(
                "services/turnout/rules/voting_days.py",
                'if slot != "final" and not opens <= slot <= closes:',
                'if slot != "final" and not opens <= slot < closes:',
            ),
        ),
        ("tests/unit/turnout/test_voting_day_rules.py",),
    ),
    Mutation(
        "a form that was closed at 13:00 sharp is out of hours",
        (
            Replacement(
                "services/turnout/rules/form_findings.py",
                "if closed is not None and closed > around.closes:",
                "if closed is not None and closed >= around.closes:",
            ),
        ),
        ("tests/unit/turnout/test_form_findings.py",),
    ),
    Mutation(
        "one person may enter a form twice",
        (
            Replacement(
                "services/turnout/rules/tallies.py",
                "    if entry.by.person == first.by.person:\n        raise SecondPersonRequired\n",
                "",
            ),
        ),
        (_LIFE,),
    ),
    Mutation(
        "one of the two may settle their difference",
        (
            Replacement(
                "services/turnout/rules/tallies.py",
                "    if by.person in entered:\n        raise ThirdPersonRequired\n",
                "",
            ),
        ),
        (_LIFE,),
    ),
    Mutation(
        "one person may return a verified form",
        (
            Replacement(
                "services/turnout/rules/tallies.py",
                "life.return_asked_by in {None, by.person}:",
                "life.return_asked_by is None:",
            ),
        ),
        (_LIFE,),
    ),
    Mutation(
        "what is wrong with a form does not hold it",
        (
            Replacement(
                "services/turnout/rules/form_findings.py",
                "    return not countable(figures) or any(code not in accepted for code in blocking(findings))\n",
                "    return not countable(figures)\n",
            ),
        ),
        ("tests/unit/turnout/test_form_findings.py",),
    ),
    Mutation(
        "a held form is in the totals",
        (
            Replacement(
                "gateway/projections/turnout.py",
                '    if state != TallyState.VERIFIED or standing is None or standing["held"]:\n',
                "    if state not in (TallyState.VERIFIED, TallyState.HELD) or standing is None:\n",
            ),
        ),
        ("tests/unit/gateway/test_folds.py",),
    ),
    Mutation(
        "a scan that comes late moves the box back",
        (
            Replacement(
                "services/logistics/rules/boxes.py",
                "    if out_of_order:\n        after = replace(box, arrived_at=arrived)\n    else:\n",
                "    if out_of_order and arrived is None:\n        after = box\n    else:\n",
            ),
        ),
        ("tests/unit/logistics/test_box_rules.py",),
    ),
    Mutation(
        "a closed incident may be acted on",
        (
            Replacement(
                "services/incidents/rules/lifecycle.py",
                "        S.CLOSED: {Step.REOPEN: S.REPORTED},\n",
                "        S.CLOSED: {Step.REOPEN: S.REPORTED, Step.ACT: S.ACTING},\n",
            ),
        ),
        ("tests/unit/incidents/test_lifecycle.py",),
    ),
    Mutation(
        "of two TPS that seem to have a code, the one told of first has it",
        (
            Replacement(
                "chassis/tps_codes.py",
                "    order by h.told_at desc nulls last, h.tps_id limit 1",
                "    order by h.told_at, h.tps_id limit 1",
            ),
        ),
        ("tests/services/turnout/test_codes.py",),
    ),
)
