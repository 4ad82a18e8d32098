"""What changed for a phone."""

from pydantic import BaseModel, Field

from gateway.schemas.regions import AsOf


class Change(BaseModel):
    """One thing as it stands now, or that it is none of the phone's any more."""

    kind: str = Field(
        description=(
            "`election`, `contest`, `tps`, `voting_day`, `tally` (a form), `tps_supply`, `box`, `shipment`, `tps_roster`, "
            "`tps_risk`, `incident`, `problem`, `advice`, `task`; accept words that you do not know."
        )
    )
    id: str
    version: int = Field(description="Keep the newest; the same one may come again.")
    code: str = Field(description="TPS or region that it is about.")
    removed: bool = Field(description="Forget it: it is closed, void, dissolved, or elsewhere now.")
    state: str
    facts: dict[str, object] | None = Field(
        description="As its events tell it, as far as the token may see; of a form its state, never a figure. Null if removed."
    )


class Changes(BaseModel):
    """What changed, and the cursor to go on from."""

    items: list[Change]
    next_cursor: str
    has_more: bool = Field(description="Ask again at once with the cursor.")
    reset: bool = Field(
        description="The cursor holds no more (a rebuild, another region, other scopes): forget everything; this begins anew."
    )
    as_of: AsOf
