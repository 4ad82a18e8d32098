"""What the gateway keeps of the registry's events."""

from contracts.envelope import Envelope, EventData
from contracts.registry_events import TpsRegistered
from contracts.vocabulary import kelurahan_of
from gateway.projections import Body, Fold, Projection


def tps_registered(_: Body, __: Envelope, data: EventData) -> Projection:
    """Keep a TPS as it stands; it adds itself and its DPT to its regions."""
    assert isinstance(data, TpsRegistered)
    body = data.model_dump(mode="json")
    figures = {
        "tps": 1,
        "dpt_men": data.dpt_men,
        "dpt_women": data.dpt_women,
        **{f"contest.{contest}.tps": 1 for contest in data.contests},
    }
    return Projection("tps", kelurahan_of(data.tps_code), data.tps_code, data.kind, body, figures)


FOLDS: dict[str, Fold] = {"desk.registry.tps.registered.v1": tps_registered}
