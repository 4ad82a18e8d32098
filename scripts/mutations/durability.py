"""Faults by which something acknowledged is lost, told too early, or done twice."""

from scripts.mutations.model import Mutation, Replacement

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
                "                return await self._try(claim, run, origin, remit=actor.remit)\n",
                "                import asyncio\n"
                "                self.early = asyncio.get_running_loop().create_future()\n"
                "                task = asyncio.ensure_future(self._try(claim, run, origin, remit=actor.remit))\n"
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
        (
            Replacement(
                "chassis/database.py",
                '                    written = await uow.flush()\n                await connection.execute("commit")\n',
                "                    written = await uow.flush()\n",
            ),
        ),
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
                '        if bytes(row["fingerprint"]) not in (claim.fingerprint, *claim.older):\n',
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
