"""Faults by which a crowd, or a flood, comes to more or less than it may."""

from scripts.mutations.model import Mutation, Replacement

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
        (
            "tests/services/chassis/test_relay_poke.py::test_what_commits_beside_the_relay_is_published_at_once",
        ),
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
        (Replacement("gateway/refusals.py", "        if left_s > 0:\n", "        if left_s > 1_000_000:\n"),),
        ("tests/services/gateway/test_public_lane.py",),
    ),
)
