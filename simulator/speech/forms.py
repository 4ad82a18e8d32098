"""The forms of the count, as they are typed in and settled."""

from datetime import datetime

from contracts.vocabulary import Channel
from simulator.plan.model import Form, Line
from simulator.speech.saying import Saying, moment
from simulator.timeline.commands import EnterForm, Foot, SettleForm


def entry(command: EnterForm, channel: Channel, *, at: datetime) -> Saying:
    """Enter a form as one person types it."""
    body = {
        "figures": _figures(command.form, command.foot),
        "photo_sha256": command.photo_sha256,
        "occurred_at": moment(at),
        "channel": channel,
    }
    return Saying(f"{_path(command.tps, command.form)}/entries", body)


def settlement(command: SettleForm, channel: Channel, *, at: datetime) -> Saying:
    """Settle a form as a third person."""
    body = {
        "figures": _figures(command.form, command.foot),
        "reason": command.reason,
        "photo_sha256": command.photo_sha256,
        "occurred_at": moment(at),
        "channel": channel,
    }
    return Saying(f"{_path(command.tps, command.form)}/adjudications", body)


def _path(tps: str, form: Form) -> str:
    return f"/tps/{tps}/forms/{form.contest}"


def _line(line: Line) -> dict[str, int]:
    return {"men": line.men, "women": line.women, "total": line.total}


def _figures(form: Form, foot: Foot) -> dict[str, object]:
    return {
        "administration": {
            "dpt": _line(form.dpt),
            "users_dpt": _line(form.users_dpt),
            "users_pindahan": _line(form.users_pindahan),
            "users_tambahan": _line(form.users_tambahan),
            "users": _line(form.users),
            "disabled": _line(form.disabled),
            "ballots_received": form.ballots_received,
            "ballots_used": form.ballots_used,
            "ballots_spoiled": form.ballots_spoiled,
            "ballots_unused": form.ballots_unused,
        },
        "votes": {str(number): count for number, count in form.votes},
        "valid": form.valid,
        "invalid": form.invalid,
        "total": form.total,
        "kpps_signatures": foot.crew,
        "witness_signatures": foot.witnesses,
        "opened": foot.opened,
        "closed": foot.closed,
    }
