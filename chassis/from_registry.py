"""What services take in from the registry alike: who may do what, and groups of regions. What only the gateway shows, none does.

A service puts what is its own matter beside this, or over it.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from chassis.access_changes import know_access_changes
from chassis.region_groups import know_region_groups
from chassis.subscription import IGNORE, Handler, Ignore, handles

FROM_REGISTRY: Final[Mapping[str, Handler | Ignore]] = MappingProxyType(
    {
        "desk.registry.region_group.defined.v1": handles(know_region_groups),
        "desk.registry.access.changed.v1": handles(know_access_changes),
        "desk.registry.tps_risk.assessed.v1": IGNORE,
        "desk.registry.tps_roster.changed.v1": IGNORE,
        "desk.registry.tps_voters.counted.v1": IGNORE,
        "desk.registry.facility.changed.v1": IGNORE,
        "desk.registry.area_roster.changed.v1": IGNORE,
        "desk.registry.training.changed.v1": IGNORE,
        "desk.registry.personnel.changed.v1": IGNORE,
        "desk.registry.facility_request.changed.v1": IGNORE,
        # Each names a TPS by its code, and none keeps its place: the gateway tells where it stands now.
        "desk.registry.tps_relocation.decided.v1": IGNORE,
        "desk.registry.tps_checklist.changed.v1": IGNORE,
        "desk.registry.guarding_rules.defined.v1": IGNORE,
        "desk.registry.campaign_rules.defined.v1": IGNORE,
        "desk.registry.outreach.changed.v1": IGNORE,
    }
)
