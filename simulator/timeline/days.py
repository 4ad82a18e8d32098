"""The days, put together: every chapter's actions in the order in which they are sent."""

from simulator.plan.model import Plan
from simulator.timeline.actions import Action
from simulator.timeline.book import Book
from simulator.timeline.boxes import write_boxes
from simulator.timeline.counting import write_counting
from simulator.timeline.flood import boxes_at_new_place, flooded_tps, write_flood
from simulator.timeline.incidents import write_incidents
from simulator.timeline.problems import write_problems
from simulator.timeline.voting_day import write_voting_day


def timeline(plan: Plan) -> list[Action]:
    """Return everything that is sent to the desk on the eve, the voting day and the morning after, by time.

    The same plan gives the same list, keys included. Each chapter draws from a generator of its own, so that one more
    incident moves no ballot box.
    """
    boxes, day, flood, incidents, problems, counting = (
        Book(plan, chapter=chapter)
        for chapter in ("boxes", "day", "flood", "incidents", "problems", "counting")
    )
    flooded = flooded_tps(flood)
    write_boxes(boxes, held_back={flooded.code: boxes_at_new_place()} if flooded else {})
    write_voting_day(day)
    write_flood(flood)
    write_incidents(incidents)
    write_problems(problems)
    write_counting(counting)
    chapters = (boxes, day, flood, incidents, problems, counting)
    return sorted((action for book in chapters for action in book.actions), key=lambda a: (a.at, a.key))
