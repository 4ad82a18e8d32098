"""The mutations that matter: one fault each, put into a copy of the repository, and the tests that must catch it.

A mutation replaces text exactly as it stands. Where the text is gone the script fails loudly: the mutation has to be
written anew for what stands there now, not dropped.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Replacement:
    """A text of a file that occurs once, and what takes its place."""

    file: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Mutation:
    """A fault.

    Attributes:
        name: what is wrong now, in a few words.
        replacements: all of them are made.
        tests: what pytest is given; as few as take seconds.
    """

    name: str
    replacements: tuple[Replacement, ...]
    tests: tuple[str, ...]


_ONCE = "tests/services/chassis/test_once.py"
_SHUFFLED = "tests/campaigns/test_interleavings.py"

DURABILITY = (
    Mutation(
        "the relay goes by a cursor and not by the published mark",
        (
            Replacement(
                "chassis/relay.py",
                "            rows = await connection.fetch(_UNPUBLISHED, BATCH)\n",
                "            rows = await connection.fetch(_LEDGER, getattr(self, 'cursor', 0), 2**62, BATCH)\n"
                "            self.cursor = rows[-1]['seq'] if rows else getattr(self, 'cursor', 0)\n",
            ),
        ),
        (
            "tests/services/chassis/test_relay_order.py::test_an_earlier_number_that_commits_later_is_published",
        ),
    ),
    Mutation(
        "events are published before the commit of their cause",
        (
            Replacement(
                "chassis/database.py",
                "        return await write_outbox(self._connection, drafts)\n",
                "        import asyncpg as apart\n"
                "        alone = await apart.connect(self.address)\n"
                "        try:\n"
                "            return await write_outbox(alone, drafts)\n"
                "        finally:\n"
                "            await alone.close()\n",
            ),
            Replacement(
                "chassis/database.py",
                "                async with aclosing(UnitOfWork(lent, connection)) as uow:\n",
                "                async with aclosing(UnitOfWork(lent, connection)) as uow:\n"
                "                    uow.address = self.url\n",
            ),
        ),
        (f"{_ONCE}::test_a_commit_that_fails_leaves_neither_effect_nor_event_nor_answer",),
    ),
    Mutation(
        "a command answers before its commit",
        (
            Replacement(
                "chassis/idempotency.py",
                "                return await self._try(claim, run, origin)\n",
                "                import asyncio\n"
                "                self.early = asyncio.get_running_loop().create_future()\n"
                "                task = asyncio.ensure_future(self._try(claim, run, origin))\n"
                "                await asyncio.wait({task, self.early}, return_when=asyncio.FIRST_COMPLETED)\n"
                "                if not self.early.done():\n"
                "                    return task.result()\n"
                "                task.add_done_callback(lambda done: done.exception())\n"
                "                return self.early.result()\n",
            ),
            Replacement(
                "chassis/idempotency.py",
                '                crash_point("before_commit")\n',
                "                self.early.set_result(answer.response())\n",
            ),
        ),
        (f"{_ONCE}::test_a_commit_that_fails_leaves_neither_effect_nor_event_nor_answer",),
    ),
    Mutation(
        "a command forgets to commit",
        (Replacement("chassis/database.py", "                await transaction.commit()\n", ""),),
        (f"{_ONCE}::test_a_command_that_was_answered_is_there",),
    ),
    Mutation(
        "the inbox takes what it had",
        (
            Replacement(
                "chassis/inbox.py",
                "            if version <= known:\n                continue\n",
                "",
            ),
        ),
        (f"{_SHUFFLED}::test_any_order_leaves_the_state_of_the_ordered_feed[gateway]",),
    ),
    Mutation(
        "the inbox does not wait for the version between",
        (
            Replacement(
                "chassis/inbox.py",
                "            if name in blocked or version > known + 1:\n",
                "            if name in blocked:\n",
            ),
        ),
        (f"{_SHUFFLED}::test_any_order_leaves_the_state_of_the_ordered_feed[gateway]",),
    ),
    Mutation(
        "a zombie is not fenced out",
        (
            Replacement(
                "chassis/inbox.py",
                '        if tag != f"UPDATE {len(moves)}":\n',
                "        if not tag:\n",
            ),
        ),
        (f"{_SHUFFLED}::test_any_order_leaves_the_state_of_the_ordered_feed[incidents]",),
    ),
    Mutation(
        "a key does not remember what it was for",
        (
            Replacement(
                "chassis/idempotency.py",
                '        if bytes(row["fingerprint"]) != claim.fingerprint:\n',
                '        if row["fingerprint"] is None:\n',
            ),
        ),
        ("tests/services/chassis/test_coalescer.py", "tests/services/chassis/test_idempotency.py"),
    ),
    Mutation(
        "a key that another request took meanwhile is taken for one's own",
        (
            Replacement(
                "chassis/idempotency.py",
                '    if tag != f"INSERT 0 {len(answers)}":\n        raise KeyTaken\n',
                "",
            ),
        ),
        ("tests/services/chassis/test_idempotency.py",),
    ),
)


def _region(service: str, file: str, old: str, new: str, *tests: str) -> Mutation:
    return Mutation(f"{service}: a route forgets the region", (Replacement(file, old, new),), tests)


REGIONS = (
    _region(
        "registry",
        "services/registry/routes/doors.py",
        'TpsWriter = Annotated[Actor, Depends(permission(Scope.REGISTRY_WRITE, region_param="code"))]',
        "TpsWriter = Annotated[Actor, Depends(permission(Scope.REGISTRY_WRITE))]",
        "tests/services/registry/test_tps.py::test_who_may_not",
    ),
    _region(
        "logistics",
        "services/logistics/routes/shipments.py",
        '    """Plan a shipment with its manifest of sealed boxes."""\n    require_region(keeper, body.region_code)\n',
        '    """Plan a shipment with its manifest of sealed boxes."""\n',
        "tests/services/logistics/test_shipments.py::test_a_manifest_that_cannot_stand_says_which_boxes",
    ),
    _region(
        "logistics",
        "services/logistics/routes/supplies.py",
        'Receiver = Annotated[Actor, Depends(permission(Scope.LOGISTICS_SCAN, region_param="code"))]',
        "Receiver = Annotated[Actor, Depends(permission(Scope.LOGISTICS_SCAN))]",
        "tests/services/logistics/test_boxes.py::test_who_may_not_receive",
    ),
    _region(
        "incidents",
        "services/incidents/routes/incidents.py",
        "    require_region(reporter, body.code)\n",
        "",
        "tests/services/incidents/test_incidents.py::test_who_may_not_report",
    ),
    _region(
        "turnout",
        "services/turnout/routes/tallies.py",
        'Typist = Annotated[Actor, Depends(permission(Scope.TURNOUT_ENTER, region_param="code", person=True))]',
        "Typist = Annotated[Actor, Depends(permission(Scope.TURNOUT_ENTER, person=True))]",
        "tests/services/turnout/test_forms.py::test_who_may_not",
    ),
    _region(
        "turnout",
        "services/turnout/routes/voting_days.py",
        'Reporter = Annotated[Actor, Depends(permission(Scope.TURNOUT_REPORT, region_param="code"))]',
        "Reporter = Annotated[Actor, Depends(permission(Scope.TURNOUT_REPORT))]",
        "tests/services/turnout/test_voting_days.py::test_who_may_not",
    ),
    _region(
        "gateway",
        "gateway/places.py",
        "    require_region(actor, place)\n",
        "",
        "tests/services/gateway/test_regions.py::test_regions_are_judged_before_anything_is_looked_up",
    ),
    _region(
        "gateway",
        "gateway/places.py",
        "    require_region(actor, code)\n",
        "",
        "tests/services/gateway/test_lists.py::test_lists_keep_to_the_regions_of_the_token",
    ),
)

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
                "milestone is Milestone.VOTING_CLOSED and local < CLOSES",
                "milestone is Milestone.VOTING_CLOSED and local <= CLOSES",
            ),
        ),
        ("tests/unit/turnout/test_voting_day_rules.py",),
    ),
    Mutation(
        "a report of 13:00 sharp is out of hours",
        (
            Replacement(
                "services/turnout/rules/voting_days.py",
                'if slot != "final" and not OPENS <= slot <= CLOSES:',
                'if slot != "final" and not OPENS <= slot < CLOSES:',
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
                "services/turnout/tables/codes.py",
                "    order by told_at desc nulls last, tps_id limit 1",
                "    order by told_at, tps_id limit 1",
            ),
        ),
        ("tests/services/turnout/test_codes.py",),
    ),
)

CROWDS = (
    Mutation(
        "a channel tells events that its view does not show",
        (
            Replacement(
                "gateway/channels.py",
                "                if channel.view.shows(entry):\n",
                "                if channel.view.election == entry.election:\n",
            ),
        ),
        ("tests/services/gateway/test_channels.py",),
    ),
    Mutation(
        "a client gets the frame of all, whatever it has seen",
        (
            Replacement(
                "gateway/channels.py",
                "        if start is not self._before:\n",
                "        if start is not self._before and self._frame is None:\n",
            ),
        ),
        ("tests/services/gateway/test_channels.py",),
    ),
    Mutation(
        "nobody pokes the instance that relays",
        (
            Replacement(
                "chassis/relay_lock.py",
                "                answered = url is not None and await self._poke(url)\n",
                "                answered = url is not None\n",
            ),
        ),
        ("tests/services/chassis/test_relay_poke.py",),
    ),
    Mutation(
        "a topic with too few partitions ends in the client's assertion",
        (
            Replacement(
                "chassis/relay_batches.py",
                "    if partition not in await producer.partitions_for(topic):\n",
                "    if partition < 0:\n",
            ),
        ),
        (
            "tests/services/chassis/test_refills.py::test_a_topic_with_too_few_partitions_is_an_error_of_the_broker",
        ),
    ),
    Mutation(
        "a lane takes whoever comes",
        (
            Replacement(
                "gateway/door.py",
                "        return self._waiting >= self._most_waiting and self._places.locked()\n",
                "        return False\n",
            ),
        ),
        ("tests/services/gateway/test_full_lanes.py",),
    ),
    Mutation(
        "a refused watermark is looked at by nobody",
        (
            Replacement(
                "chassis/relay.py",
                "            self._mark_sent[1].result()\n",
                "            self._mark_sent[1].exception()\n",
            ),
        ),
        ("tests/services/chassis/test_watermarks.py",),
    ),
    Mutation(
        "a token that is made up takes the lane of those that are valid",
        (
            Replacement(
                "gateway/door.py",
                "        public = is_public(path) or not await self._is_known(request)\n",
                "        public = is_public(path) or bearer_of(request.scope) is None\n",
            ),
        ),
        ("tests/services/gateway/test_public_lane.py",),
    ),
    Mutation(
        "an address that had enough is passed through all the same",
        (Replacement("gateway/door.py", "        if left_s > 0:\n", "        if left_s > 1_000_000:\n"),),
        ("tests/services/gateway/test_public_lane.py",),
    ),
)

MUTATIONS = (*DURABILITY, *REGIONS, *RULES, *CROWDS)
