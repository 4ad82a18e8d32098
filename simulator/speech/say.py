"""From an action to its request: the one place that knows every kind of command."""

from typing import assert_never

from contracts.vocabulary import Channel
from simulator.speech import boxes, forms, incidents, voting_day
from simulator.speech.saying import Names, Saying
from simulator.timeline import commands as c
from simulator.timeline.actions import Action


def saying_of(action: Action, names: Names) -> Saying:
    """Return the request that an action makes.

    Args:
        action: who sends what.
        names: the desk's ids of what was made before.

    Raises:
        UnknownThingError: the desk never told the id of something that the command is about.
    """
    command, channel = action.command, action.channel
    match command:
        case c.RecordMilestone():
            return voting_day.milestone(command, channel)
        case c.ReportTurnout():
            return voting_day.turnout(command, channel)
        case c.ReportTurnoutBatch():
            return voting_day.turnout_batch(command, channel)
        case c.EnterForm():
            return forms.entry(command, channel, at=action.at)
        case c.SettleForm():
            return forms.settlement(command, channel, at=action.at)
        case c.ScanBoxes():
            return boxes.scans(command, channel, key=action.key)
        case c.ReportIncident():
            return incidents.report(command, channel, publicly=action.by.role is None)
        case _:
            if isinstance(command, c.BoxCommand):
                return _of_boxes(command, channel, names)
            return _of_incidents(command, channel, names)


def _of_boxes(command: c.BoxCommand, channel: Channel, names: Names) -> Saying:
    match command:
        case c.RegisterWarehouse():
            return boxes.warehouse(command, channel)
        case c.CountStock():
            return boxes.stock(command, channel, names)
        case c.PackBoxes():
            return boxes.packing(command, channel, names)
        case c.PlanShipment():
            return boxes.shipment(command, channel, names)
        case c.DispatchShipment():
            return boxes.departure(command, channel, names)
        case c.ArriveShipment():
            return boxes.arrival(command, channel, names)
        case c.ReceiveBoxes():
            return boxes.receipt(command, channel)
        case c.SettleDiscrepancy():
            return boxes.discrepancy(command, channel, names)
        case c.ScanBoxes():
            raise TypeError("a scan is said with its action's key")
        case _:
            assert_never(command)


def _of_incidents(command: c.IncidentCommand, channel: Channel, names: Names) -> Saying:
    match command:
        case c.AcknowledgeIncident():
            return incidents.acknowledgement(command, channel, names)
        case c.ActOnIncident():
            return incidents.act(command, channel, names)
        case c.CloseIncident():
            return incidents.closure(command, channel, names)
        case c.OpenProblem():
            return incidents.problem(command, channel)
        case c.ResolveProblem():
            return incidents.solution(command, channel, names)
        case c.GiveAdvice():
            return incidents.advice(command, channel, names)
        case c.FollowAdvice():
            return incidents.followed(command, channel, names)
        case c.AssignTask():
            return incidents.task(command, channel, names)
        case c.CompleteTask():
            return incidents.done(command, channel, names)
        case c.MoveTps():
            return incidents.move(command, channel)
        case c.ReportIncident():
            raise TypeError("a report is said by who sends it")
        case _:
            assert_never(command)
