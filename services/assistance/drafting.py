"""A draft article out of a conversation or a ticket that was solved (KB-7): the editor goes on from there."""

from ai.masking import BLANK, mask
from ai.smalltalk import language_of, recognise
from app.errors import Conflict
from app.locale import current_locale
from app.offload import offload
from models.actor import Actor
from models.conversations import Conversation
from models.knowledge import Article
from models.tickets import Ticket
from services.assistance.past_answers import lines_of, pairs_of
from services.operation import OPERATIONS, operation

MAX_TITLE = 120
MOST_PHRASINGS = 5
HEADINGS = {"zh": ("问题", "解决办法"), "en": ("Problem", "Solution")}


@operation("conversation.draft_article", title="Draft an article from a conversation", right="article.create")
def draft_from_conversation(actor: Actor, conversation: Conversation) -> Article:
    """Question and answers without the persons; published by nobody but an editor."""
    lines, persons = lines_of(conversation)
    pairs = offload(pairs_of, lines, persons)
    if not pairs:
        raise Conflict("Nobody has answered a question here yet")
    asked = [pair.question for pair in pairs]
    title = mask(conversation.subject, persons) if recognise(conversation.subject) is None else ""
    return _draft(actor, title or asked[0], asked, [pair.answer for pair in pairs])


@operation("ticket.draft_article", title="Draft an article from a ticket", right="article.create")
def draft_from_ticket(actor: Actor, ticket: Ticket) -> Article:
    """The problem as it was described, and how it was solved."""
    lines, persons = lines_of(ticket)
    answers = [mask(ticket.resolution, persons)] if ticket.resolution else []
    answers = answers or [pair.answer for pair in offload(pairs_of, lines, persons)]
    if not answers:
        raise Conflict("This ticket has not been solved yet")
    described = mask(ticket.description, persons)
    return _draft(actor, mask(ticket.title, persons), [described] if described.strip() else [], answers)


def _draft(actor: Actor, title: str, asked: list[str], answers: list[str]) -> Article:
    title = _impersonal(" ".join(title.split()))
    locale = language_of(f"{title} {' '.join(answers)}", current_locale())
    problem, solution = HEADINGS[locale if locale in HEADINGS else "zh"]
    asked = [_impersonal(text) for text in asked]
    quoted = "\n>\n".join("> " + "\n> ".join(text.splitlines()) for text in asked if text.strip())
    said = "\n\n".join(_impersonal(text) for text in answers)
    body = f"## {solution}\n\n{said}\n"
    if quoted:
        body = f"## {problem}\n\n{quoted}\n\n{body}"
    phrasings = [" ".join(text.split()) for text in asked]
    phrasings = [text for text in dict.fromkeys(phrasings) if text != title and len(text) <= 255 and BLANK not in text]
    return OPERATIONS["article.create"].call(
        actor,
        title=title[:MAX_TITLE],
        body=body,
        phrasings=phrasings[:MOST_PHRASINGS],
        locale=locale,
    )


def _impersonal(text: str) -> str:
    """An article speaks to nobody in particular: what would be filled in is a blank that the editor sees."""
    for name in ("{customer}", "{agent}", "{number}"):
        text = text.replace(name, BLANK)
    return text
