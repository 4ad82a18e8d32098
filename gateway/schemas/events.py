"""The feed of events and its tickets."""

from pydantic import BaseModel, Field


class FeedPage(BaseModel):
    """Events in order, and the cursor to go on from."""

    items: list[dict[str, object]] = Field(description="CloudEvents 1.0 as JSON.")
    next_cursor: str
    reset: bool = Field(
        description="The cursor was of an earlier life of the feed, or too old: fetch snapshots again."
    )


class Ticket(BaseModel):
    """A ticket for one stream."""

    ticket: str
    expires_in_s: int
