"""Whether a customer who asks for a person may expect one (CHT-5, RTE-2)."""

from models.conversations import Conversation, ConversationStatus
from services.routing import hours


def is_open(team_id: int | None) -> bool:
    """Whether these are working hours of the team, or of the company; or whether somebody is on duty outside them."""
    return hours.is_open(team_id) or hours.somebody_on_duty(team_id)


def openings(conversations: list[Conversation]) -> dict[int, bool]:
    """The same for those of them that wait, by conversation id; each team is asked for once."""
    waiting = [row for row in conversations if row.status is ConversationStatus.queued]
    known = {team_id: is_open(team_id) for team_id in {row.team_id for row in waiting}}
    return {row.id: known[row.team_id] for row in waiting}
