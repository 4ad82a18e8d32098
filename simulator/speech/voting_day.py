"""The voting day: milestones and turnout."""

from contracts.vocabulary import Channel
from simulator.speech.saying import Saying, moment
from simulator.timeline.commands import RecordMilestone, ReportTurnout, ReportTurnoutBatch


def milestone(command: RecordMilestone, channel: Channel) -> Saying:
    """Say that a TPS reached a milestone."""
    body = {
        "milestone": command.milestone,
        "occurred_at": moment(command.occurred_at),
        "note": command.note,
        "channel": channel,
    }
    return Saying(f"/tps/{command.tps}/milestones", body)


def turnout(command: ReportTurnout, channel: Channel) -> Saying:
    """Say how many have voted."""
    return Saying(f"/tps/{command.tps}/turnout-reports", _figures(command, channel))


def turnout_batch(command: ReportTurnoutBatch, channel: Channel) -> Saying:
    """Say how many have voted at the TPS of a kelurahan."""
    items = [
        {"id": str(key), "tps_code": report.tps, **_figures(report, channel)}
        for key, report in zip(command.keys, command.reports, strict=True)
    ]
    return Saying("/turnout-reports:batch", {"items": items}, batch=True)


def _figures(report: ReportTurnout, channel: Channel) -> dict[str, object]:
    return {
        "slot": report.slot,
        "men": report.men,
        "women": report.women,
        "total": report.men + report.women,
        "occurred_at": moment(report.occurred_at),
        "channel": channel,
    }
