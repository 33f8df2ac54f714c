"""What editors do about a group of questions: an article for it, its words for an article, or nothing."""

from sqlalchemy import select

from ai.masking import mask
from app.errors import Conflict, Invalid
from app.extensions import db
from models.actor import Actor
from models.conversations import Conversation
from models.generation import Feature
from models.knowledge import Article, Question
from models.learning import GroupState, QuestionGroup
from models.messaging import ChatMessage, MessageType, SenderKind
from services import generation
from services.improving.groups import examples
from services.knowledge import MAX_PHRASINGS
from services.knowledge_index import readable, search
from services.operation import OPERATIONS, announce, operation

#: an article knows so many of the group's words
MOST_WORDS = 10
#: conversations whose answers are looked at, and answers of each
CONVERSATIONS, ANSWERS = 5, 3
#: shorter answers ("one moment please") answer nothing
LEAST_ANSWER = 15
#: articles offered to take the words
NEAREST = 5


def proposal_for(actor: Actor, group: QuestionGroup) -> dict:
    """What an article for this group could begin with: {title, body, phrasings, locale, answers, worded}.

    The body is worded by the language model where that is switched on and stands on what staff answered, else those
    answers one below the other, else empty.
    """
    actor.require("article.create")
    words = [mask(example["text"]) for example in examples(group.id, MOST_WORDS)]
    title, locale = group.text[:255], group.locale
    answers = _answers(actor, group.id)
    draft = {
        "title": title,
        "body": "\n\n".join(answers),
        "phrasings": [text[:255] for text in dict.fromkeys(words) if text != title],
        "locale": locale,
        "answers": answers,
        "worded": False,
    }
    if answers and generation.is_on(Feature.draft_articles):
        try:
            worded = generation.draft_article(actor, [title, *words], answers, locale=locale)
        except (generation.NotNow, generation.Unusable):
            return draft  # written down with the call; the answers themselves do as well
        draft |= {"title": worded.title, "body": worded.body, "worded": True}
        draft["phrasings"] = list(dict.fromkeys([title, *draft["phrasings"]]))[:MOST_WORDS]
    return draft


def draft_from(actor: Actor, group: QuestionGroup) -> Article:
    """An article is begun, as a draft, and the group is dealt with. Raises Conflict when it was before."""
    actor.require("question_group.settle")
    group_id = group.id
    if group.state is not GroupState.open:
        raise Conflict("This group has been dealt with already")
    draft = proposal_for(actor, group)
    content = {name: draft[name] for name in ("title", "body", "phrasings", "locale")}
    return _draft(actor, db.session.get(QuestionGroup, group_id), content=content)


@operation("question_group.draft", title="Begin an article for questions", right="question_group.settle")
def _draft(actor: Actor, group: QuestionGroup, *, content: dict) -> Article:
    if group.state is not GroupState.open:
        raise Conflict("This group has been dealt with already")
    article = OPERATIONS["article.create"].call(actor, **content)
    db.session.flush()
    _settle(group, GroupState.drafted, article.id)
    return article


@operation("question_group.add", title="Add questions to an article", right="question_group.settle")
def add_to_article(actor: Actor, group: QuestionGroup, article: Article, *, texts: list[str]) -> Article:
    """The article knows these words of the group from now on; where a review is wanted, after it."""
    wanted = [" ".join(text.split())[:255] for text in texts if text.strip()]
    if not wanted:
        raise Invalid("Choose at least one question", fields={"texts": "required"})
    phrasings = list(dict.fromkeys([*(article.phrasings or []), *wanted]))
    if len(phrasings) > MAX_PHRASINGS:
        raise Conflict("The article has as many phrasings as it can hold")
    OPERATIONS["article.update"].call(actor, article, phrasings=phrasings)
    _settle(group, GroupState.added, article.id)
    return article


@operation("question_group.dismiss", title="Dismiss questions", right="question_group.settle")
def dismiss(actor: Actor, group: QuestionGroup) -> QuestionGroup:
    """Nothing is to be done about them."""
    _settle(group, GroupState.dismissed, None)
    return group


@operation("question_group.reopen", title="Open questions again", right="question_group.settle")
def reopen(actor: Actor, group: QuestionGroup) -> QuestionGroup:
    _settle(group, GroupState.open, group.article_id)
    return group


def nearest_articles(actor: Actor, group: QuestionGroup) -> list[dict]:
    """Where the words might belong."""
    hits = search(actor, group.text, NEAREST)
    rows = readable(actor, (hit.key for hit in hits))
    return [{"articleId": hit.key, "title": rows[hit.key].title} for hit in hits if hit.key in rows]


def _settle(group: QuestionGroup, state: GroupState, article_id: int | None) -> None:
    group.state, group.article_id, group.asked_since = state, article_id, 0
    announce("question_group.settled", question_group_id=group.id, state=state.value)


def _answers(actor: Actor, group_id: int) -> list[str]:
    """What staff answered to these questions, in conversations this actor may see, without personal numbers."""
    asked = db.session.execute(
        select(Conversation.thread_id, Question.create_time)
        .join(Question, Question.conversation_id == Conversation.id)
        .where(Question.group_id == group_id, Conversation.visible_to(actor))
        .order_by(Question.id.desc())
        .limit(CONVERSATIONS)
    ).all()
    found: list[str] = []
    for thread_id, moment in asked:
        found += db.session.scalars(
            select(ChatMessage.content)
            .where(
                ChatMessage.thread_id == thread_id,
                ChatMessage.create_time > moment,
                ChatMessage.sender_kind == SenderKind.agent,
                ChatMessage.type == MessageType.text,
                ChatMessage.recalled_time.is_(None),
            )
            .order_by(ChatMessage.seq)
            .limit(ANSWERS)
        )
    return list(dict.fromkeys(mask(text) for text in found if len(text) >= LEAST_ANSWER))
