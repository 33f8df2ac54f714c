"""The form before a conversation: who a customer is and what he wants, asked as his channel says (CHT-9, CHT-17)."""

import unicodedata
from dataclasses import dataclass

from app.errors import Invalid, NotAllowed, Reason
from app.extensions import db
from models.actor import Actor
from models.channels import Channel, ChannelKind, FormField, FormWhen
from models.conversations import Conversation
from models.customers import Customer
from models.understanding import ProblemSource
from services import channels, problems, visitors
from services.conversations.opening import is_open
from services.customers import EMAIL, PHONE
from services.operation import operation

#: field → the longest text it takes
LONGEST = {
    FormField.name: visitors.MAX_NAME,
    FormField.phone: 20,
    FormField.email: 191,
    FormField.organization: 128,
    FormField.problem_type: 64,
    FormField.question: 2000,
}
#: what a field of a form is called in a request
NAMES = {field: "problemType" if field is FormField.problem_type else field.value for field in FormField}


@dataclass(frozen=True)
class Form:
    """What one customer is to be asked at this moment: nothing that is known of him already."""

    fields: tuple[FormField, ...] = ()
    required: frozenset[FormField] = frozenset()


NOTHING = Form()


def before_opening(channel: Channel | None, customer: Customer | None) -> Form:
    """What is asked before a conversation begins."""
    if channel is None or not _is_time(channel, channel.team_id, for_person=False):
        return NOTHING
    return _still_to_ask(channel, _known_of(customer))


def before_person(conversation: Conversation) -> Form:
    """What is asked before a person is called into this conversation: once, but for what has to be known.

    Nothing of who holds a card: its owner knows whom he has given it to.
    """
    channel = channels.channel_of(conversation.channel)
    if channel is None or conversation.entry_code_id is not None:
        return NOTHING
    if not _is_time(channel, conversation.team_id, for_person=True):
        return NOTHING
    known = _known_of(conversation.customer) | {
        field for field in FormField if NAMES[field] in (conversation.answers or {})
    }
    if conversation.subject:
        known.add(FormField.question)
    if conversation.problem_type:
        known.add(FormField.problem_type)
    form = _still_to_ask(channel, known)
    if conversation.answers is not None:
        return Form(tuple(field for field in form.fields if field in form.required), form.required)
    return form


def for_person(channel: Channel | None, customer: Customer | None) -> Form:
    """What will be asked of somebody who wants a person and has no conversation yet."""
    if channel is None or not _is_time(channel, channel.team_id, for_person=True):
        return NOTHING
    return _still_to_ask(channel, _known_of(customer))


def checked(form: Form, given: dict | None) -> dict[FormField, str]:
    """What was written into the form, fit to be kept. Raises Invalid with what is wrong with each field."""
    if given is not None and not all(isinstance(text, str) for text in given.values()):
        raise Invalid("The request is not valid", fields={"form": "must be texts"})
    by_name = {name: field for field, name in NAMES.items()}
    unknown = sorted(set(given or ()) - set(by_name))
    if unknown:
        raise Invalid("The request is not valid", fields={unknown[0][:64]: "unknown"})
    answers, wrong = {}, {}
    for name, text in (given or {}).items():
        field = by_name[name]
        plain = (
            unicodedata.normalize("NFKC", text).strip() if field in (FormField.phone, FormField.email) else text.strip()
        )
        if field is not FormField.question:
            plain = " ".join(plain.split())
        reason = _objection(field, plain)
        if reason is not None:
            wrong[name] = reason
        elif plain:
            answers[field] = plain
    wrong |= {NAMES[field]: "required" for field in form.required - set(answers) if NAMES[field] not in wrong}
    if wrong:
        raise Invalid("Please fill in the form", kind="form_required", fields=wrong)
    return answers


def keep(actor: Actor, conversation: Conversation, answers: dict[FormField, str]) -> None:
    """Inside an operation: what he wrote goes to the conversation, to his profile, and its problem into routing."""
    customer = conversation.customer
    visitors.tell_of_oneself(
        customer,
        name=answers.get(FormField.name, ""),
        phone=answers.get(FormField.phone, ""),
        email=answers.get(FormField.email, ""),
        organization=answers.get(FormField.organization, ""),
    )
    if FormField.problem_type in answers:
        conversation.problem_type = answers[FormField.problem_type]
        conversation.problem_source = ProblemSource.customer
    told = {NAMES[field]: text for field, text in answers.items() if field is not FormField.question}
    conversation.answers = {**(conversation.answers or {}), **told}
    db.session.flush()


@operation("conversation.fill_form", title="Fill in the form", right="conversation.handover")
def fill_form(actor: Actor, conversation: Conversation, *, form: dict) -> Conversation:
    """A customer whom the bot has handed over says afterwards what others say before."""
    if conversation.customer_id != actor.customer_id:
        raise NotAllowed("You can only say this about yourself")
    keep(actor, conversation, checked(before_person(conversation), form))
    return conversation


def _is_time(channel: Channel, team_id: int | None, *, for_person: bool) -> bool:
    if channel.kind is ChannelKind.wechat:  # there are no pages of ours there to show one
        return False
    match channel.form_when:
        case FormWhen.always:
            return True
        case FormWhen.before_person:
            return for_person
        case FormWhen.off_hours:
            return not is_open(team_id)
    return False


def _still_to_ask(channel: Channel, known: set[FormField]) -> Form:
    wanted = [FormField(name) for name in channel.form_fields or ()]
    if FormField.problem_type in wanted and not problems.active_types():
        known = known | {FormField.problem_type}  # where there is nothing to choose from
    fields = tuple(field for field in wanted if field not in known)
    return Form(fields, frozenset(map(FormField, channel.form_required or ())) & set(fields))


def _known_of(customer: Customer | None) -> set[FormField]:
    if customer is None:
        return set()
    known = {
        FormField.name: visitors.is_named(customer),
        FormField.phone: customer.phone,
        FormField.email: customer.email,
        FormField.organization: customer.organization_id or customer.organization_told,
    }
    return {field for field, value in known.items() if value}


def _objection(field: FormField, text: str) -> str | None:
    if len(text) > LONGEST[field]:
        return Reason("at most %(number)s characters", number=LONGEST[field])
    if not text:
        return None
    if field is FormField.phone and not PHONE.fullmatch(text):
        return Reason("This is not a phone number")
    if field is FormField.email and not EMAIL.fullmatch(text):
        return Reason("This is not an e-mail address")
    if field is FormField.problem_type and text not in {item.code for item in problems.active_types()}:
        return "unknown"
    return None
