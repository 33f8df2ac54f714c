"""The form before a conversation, as the page of a customer shows it (CHT-17)."""

from app.extensions import db
from app.locale import current_locale
from models.actor import Actor
from models.channels import PORTAL, FormField
from models.conversations import Conversation
from models.customers import Customer
from services import channels, problems
from services.conversations import intake
from services.conversations.intake import Form
from services.routing import queue
from views.api.conversations import SECTION, dump
from views.api.endpoint import action, endpoint, load


@endpoint("GET", "/sessions/form", section=SECTION, summary="咨询前表单", right="", query={"channel": str})
def show_form(actor: Actor, channel: str = PORTAL):
    """What this visitor is asked before a conversation begins, and before a person is called."""
    found = channels.channel_of(channel)
    customer = db.session.get(Customer, actor.customer_id) if actor.customer_id else None
    return {
        **_dump(found.team_id if found else None),
        "first": dump_form(intake.before_opening(found, customer)),
        "person": dump_form(intake.for_person(found, customer)),
    }


@endpoint("GET", "/sessions/<id:id>/form", section=SECTION, summary="会话表单", right="conversation.read")
def show_form_of_session(actor: Actor, row_id: int):
    """What is still asked of the customer before a person is called into this conversation."""
    conversation = load(Conversation, row_id, actor)
    return {
        **_dump(conversation.team_id),
        "first": dump_form(intake.NOTHING),
        "person": dump_form(intake.before_person(conversation)),
    }


action("POST", "/sessions/<id:id>/form", "conversation.fill_form", on=Conversation, dump=dump, section=SECTION)


def _dump(team_id: int | None) -> dict:
    return {"isStaffed": queue.is_staffed(team_id)}


def dump_form(form: Form) -> list[dict]:
    """The fields in their order; those of a choice with what there is to choose."""
    return [
        {
            "name": intake.NAMES[field],
            "required": field in form.required,
            "longest": intake.LONGEST[field],
            "choices": _problem_types() if field is FormField.problem_type else None,
        }
        for field in form.fields
    ]


def _problem_types() -> list[dict]:
    locale = current_locale()
    return [
        {"code": item.code, "label": (item.label_en if locale == "en" else None) or item.label}
        for item in problems.active_types()
    ]
