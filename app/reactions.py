"""REACTIONS: event → what else happens. The only place that emits to sockets and queues jobs.

`app.delivery` says when: after the commit, and again where a dying process left something. So every reaction may run
twice and must not mind: rooms are told hints, jobs and notifications are idempotent.
"""

from collections.abc import Callable

from sqlalchemy import select

from app import hearing, mailing, sla_reactions
from app.extensions import db
from app.jobs import jobs
from models.actor import system
from models.conversations import Conversation, QuickReply
from models.generation import Feature
from models.knowledge import Article
from models.messaging import ChatMessage, SenderKind
from models.notifications import Notification
from models.sensitive import SensitiveAlert
from models.ticket_transfers import TicketTransfer
from models.tickets import Ticket
from models.transfers import ConversationTransfer
from services import automation, exports, files, generation, imports, lexicon, logos, notices, tickets, wechat
from services.articles import revisions
from services.identity import avatars, rights
from services.operation import Event
from services.sensitive import lists, watchers
from views.sockets import emit


def _message(event: Event) -> None:
    """A new or recalled message, to everybody in the room."""
    message = event.rows.get("message") or db.session.get(
        ChatMessage, event.payload["message_id"], populate_existing=True
    )
    if message is not None:
        emit.message(message, event)


def _read(event: Event) -> None:
    emit.status(event)


def _hear(event: Event) -> None:
    """How the customer sounds: looked at with what else is said about now, and never in the way of the message."""
    hearing.gather(event)


def _settle_questions(event: Event) -> None:
    jobs.send("questions.settle", tenant_id=event.tenant_id, conversation_id=event.payload["conversation_id"])


def _learn(event: Event) -> None:
    jobs.send("understanding.learn", tenant_id=event.tenant_id, subject=event.payload["subject"])


def _conversation(event: Event) -> None:
    conversation = db.session.get(Conversation, event.payload["conversation_id"], populate_existing=True)
    if conversation is not None:
        emit.session_update(conversation, event)


def _transfer(event: Event) -> None:
    offer = db.session.get(ConversationTransfer, event.payload["transfer_id"], populate_existing=True)
    if offer is not None:
        emit.transfer(offer, event)


def _ticket(event: Event) -> None:
    ticket = db.session.get(Ticket, event.payload["ticket_id"], populate_existing=True)
    if ticket is not None:
        emit.ticket_update(ticket, event)


def _dispatch(event: Event) -> None:
    """The queue may move: somebody waits, or somebody has room."""
    jobs.send("routing.dispatch", tenant_id=event.tenant_id)


def _dispatch_tickets(event: Event) -> None:
    """A ticket may find an agent: one waits, somebody has room, or the rules or hours are others."""
    if tickets.has_work():
        jobs.send("tickets.dispatch", tenant_id=event.tenant_id)


def _let_bot_answer(event: Event) -> None:
    jobs.send(
        "assistant.answer",
        tenant_id=event.tenant_id,
        conversation_id=event.payload["conversation_id"],
        message_id=event.payload["message_id"],
        text=event.payload["text"],
        locale=event.payload.get("locale", ""),  # events of earlier releases name none
        event_id=event.id,
    )


def _index(event: Event) -> None:
    jobs.send("assistant.embed", tenant_id=event.tenant_id)


def _learn_answers(event: Event) -> None:
    jobs.send("assistance.learn", tenant_id=event.tenant_id)


def _notify_of_reply_proposal(event: Event) -> None:
    reply = db.session.get(QuickReply, event.payload["quick_reply_id"])
    if reply is not None:
        notices.reply_proposed(system(event.tenant_id), reply, by=event.by, event=f"event-{event.id}")


def _notify_of_reply_review(event: Event) -> None:
    notices.reply_reviewed(system(event.tenant_id), event.payload, by=event.by, event=f"event-{event.id}")


def _queue_moved(event: Event) -> None:
    emit.queue_moved(event.tenant_id)


def _notify_of_conversation(event: Event) -> None:
    conversation = db.session.get(Conversation, event.payload["conversation_id"])
    if conversation is not None:
        notices.conversation_given(
            system(event.tenant_id),
            conversation,
            agent_id=event.payload["agent_id"],
            by=event.by,
            event=f"event-{event.id}",
        )


def _notify_of_ticket(event: Event) -> None:
    """Its agent, or those who look after tickets without one, unless a rule is looking for one."""
    ticket = db.session.get(Ticket, event.payload["ticket_id"])
    if ticket is None:
        return
    actor, about = system(event.tenant_id), {"by": event.by, "event": f"event-{event.id}"}
    if event.name == "ticket.assigned":
        notices.ticket_given(actor, ticket, agent_id=event.payload["agent_id"], **about)
    elif event.name == "ticket.moved":
        notices.ticket_moved(actor, ticket, **about)
    elif ticket.assignee_id is None and (event.name == "ticket.unrouted" or not tickets.is_routed(ticket)):
        notices.ticket_without_owner(actor, ticket, **about)


def _notify_of_rating(event: Event) -> None:
    notices.ticket_rated(system(event.tenant_id), event.payload["rating_id"], by=event.by)


def _notify_of_ticket_transfer(event: Event) -> None:
    transfer = db.session.get(TicketTransfer, event.payload["transfer_id"], populate_existing=True)
    if transfer is None:
        return
    actor, about = system(event.tenant_id), {"by": event.by, "event": f"event-{event.id}"}
    if event.name == "ticket.transfer_requested":
        notices.ticket_transfer_requested(actor, transfer, **about)
    else:
        notices.ticket_transfer_decided(actor, transfer, **about)


def _notify_of_message(event: Event) -> None:
    """In conversations the workbench itself shows what is new; tickets lie elsewhere."""
    if "ticketId" not in event.payload:
        return
    message = db.session.get(ChatMessage, event.payload["message_id"])
    ticket = db.session.get(Ticket, event.payload["ticketId"])
    if message is not None and ticket is not None:
        notices.ticket_message(system(event.tenant_id), ticket, sender_kind=message.sender_kind, type_=message.type)


def _to_wechat(event: Event) -> None:
    """What customers are told who read it in WeChat; the job knows whether this conversation is one of theirs."""
    said = event.rows.get("message")
    if "sessionId" not in event.payload or (said is not None and said.sender_kind is SenderKind.customer):
        return
    if wechat.speaks_wechat(event.tenant_id):
        jobs.send("wechat.deliver", tenant_id=event.tenant_id, conversation_id=event.payload["sessionId"])


def _from_wechat(event: Event) -> None:
    jobs.send("wechat.take", tenant_id=event.tenant_id)


def _forget_wechat(event: Event) -> None:
    wechat.forget(event.tenant_id)


def _summarise(event: Event) -> None:
    """For who takes over, where a language model may do that."""
    if generation.is_on(Feature.summarise_handover):
        conversation_id = event.payload["conversation_id"]
        key = f"summary-{event.id}"
        jobs.send("generation.summarise", tenant_id=event.tenant_id, conversation_id=conversation_id, key=key)


def _evaluate(event: Event) -> None:
    jobs.send("evaluation.run", tenant_id=event.tenant_id, run_id=event.payload["run_id"])


def _notify_of_mention(event: Event) -> None:
    message = db.session.get(ChatMessage, event.payload["message_id"])
    is_ticket = "ticketId" in event.payload
    owner = db.session.get(
        Ticket if is_ticket else Conversation, event.payload["ticketId" if is_ticket else "sessionId"]
    )
    if message is not None and owner is not None:
        notices.mentioned(system(event.tenant_id), message, owner=owner, by=event.by)


def _notify_of_review(event: Event) -> None:
    article = db.session.get(Article, event.payload["article_id"])
    if article is None:
        return
    actor, revision = system(event.tenant_id), revisions.find(article, event.payload["number"])
    if event.name == "article.submitted":
        notices.article_submitted(actor, article, revision, by=event.by, event=f"event-{event.id}")
    else:
        notices.article_decided(actor, article, revision, kind=event.name, event=f"event-{event.id}")


def _notify_of_update(event: Event) -> None:
    notices.update_arrived(system(event.tenant_id), count=event.payload["count"], event=f"event-{event.id}")


def _notification(event: Event) -> None:
    row = db.session.get(Notification, event.payload["notification_id"])
    if row is not None:
        emit.notification(row, event)


def _presence(event: Event) -> None:
    emit.presence(event)


def _end_sockets(event: Event) -> None:
    emit.sign_out(event.payload["sign_in_ids"], event.payload["reason"])


def _forget_rights(event: Event) -> None:
    rights.forget_rights()
    watchers.forget()


def _forget_watchers(event: Event) -> None:
    watchers.forget()


def _alert(event: Event) -> None:
    """To staff who have the thread open a mark, to those who look after alerts the alert."""
    alert = event.rows.get("alert") or db.session.get(SensitiveAlert, event.payload["alert_id"])
    if alert is not None:
        emit.message_marked(alert, event)
        emit.sensitive_alert(alert, watchers.watchers_of(alert))
        watchers.tell(alert, f"event-{event.id}")


def _alerts_settled(event: Event) -> None:
    for alert in db.session.scalars(select(SensitiveAlert).where(SensitiveAlert.id.in_(event.payload["alert_ids"]))):
        emit.sensitive_alert(alert, watchers.watchers_of(alert))


def _rebuild_index(event: Event) -> None:
    jobs.send("assistant.rebuild", tenant_id=event.tenant_id)


def _forget_lexicon(event: Event) -> None:
    lexicon.forget(event.tenant_id)


def _forget_words(event: Event) -> None:
    lists.forget(event.tenant_id)


def _discard_avatar(event: Event) -> None:
    avatars.discard(event.payload.get("former"))


def _discard_logo(event: Event) -> None:
    logos.discard(event.payload.get("former"))


def _make_export(event: Event) -> None:
    jobs.send("exports.make", tenant_id=event.tenant_id, job_id=event.payload["export_id"])


def _work_on_import(event: Event) -> None:
    jobs.send("imports.work", tenant_id=event.tenant_id, import_id=event.payload["import_id"])


def _discard_export(event: Event) -> None:
    if event.payload["key"]:
        exports.storage.remove(event.payload["key"])


def _discard_files(event: Event) -> None:
    for key in event.payload["keys"]:
        files.storage.remove(key)


def _nothing(event: Event) -> None:
    """Stored for webhooks and histories; nobody waits for it on screen."""


REACTIONS: dict[str, tuple[Callable[[Event], None], ...]] = {
    "message.sent": (_message, _notify_of_message, mailing.message_said, _to_wechat, _hear, automation.call),
    "message.recalled": (_message, _to_wechat),
    "message.undelivered": (emit.undelivered,),
    "wechat.received": (_from_wechat,),
    **{f"wechat_account.{verb}": (_forget_wechat,) for verb in ("created", "updated", "deleted")},
    "message.mentioned": (_notify_of_mention,),
    "thread.read": (_read,),
    "thread.received": (_read,),
    "conversation.created": (_conversation,),
    "conversation.asked": (_let_bot_answer,),
    "conversation.queued": (_conversation, _queue_moved, _dispatch, _settle_questions, _summarise),
    "conversation.mood_heard": (emit.mood,),
    "conversation.assigned": (_conversation, _queue_moved, _notify_of_conversation),
    "conversation.transferred": (_conversation, _notify_of_conversation, _dispatch, _summarise),
    "conversation.classified": (_conversation, _queue_moved, _dispatch),
    **dict.fromkeys(("conversation.held", "conversation.resumed", "conversation.fields_filled"), (_conversation,)),
    "conversation.closed": (_conversation, _queue_moved, _dispatch, _settle_questions),
    "conversation.rated": (_conversation, _learn_answers),
    "conversation.rating_invited": (_conversation,),
    "conversation.reopened": (_conversation,),
    "conversation.left_queue": (_conversation, _queue_moved),
    "conversation.prioritized": (_conversation, _queue_moved, _dispatch),
    "conversation.transfer_offered": (_transfer,),
    "conversation.transfer_accepted": (_transfer,),
    "conversation.transfer_declined": (_transfer,),
    "conversation.transfer_timed_out": (_transfer,),
    "conversation.transfer_cancelled": (_transfer,),
    "ticket.created": (_ticket, _notify_of_ticket, mailing.ticket_changed, _dispatch_tickets, automation.call),
    "ticket.updated": (_ticket, _dispatch_tickets, automation.call),
    "ticket.moved": (_ticket, _notify_of_ticket, mailing.ticket_changed, _dispatch_tickets, automation.call),
    "ticket.rated": (_ticket, _notify_of_rating, automation.call),
    "ticket.assigned": (_ticket, _notify_of_ticket, _dispatch_tickets, automation.call),
    "ticket.deleted": (_ticket, _dispatch_tickets),
    "ticket.unrouted": (_notify_of_ticket,),
    "ticket.transfer_requested": (_ticket, _notify_of_ticket_transfer),
    "ticket.transfer_approved": (_ticket, _notify_of_ticket_transfer),
    "ticket.transfer_rejected": (_ticket, _notify_of_ticket_transfer),
    "ticket.transfer_cancelled": (_ticket,),
    "ticket.followed_up": (_ticket,),
    "ticket.linked": (_ticket,),
    "ticket.watched": (_ticket,),
    "automation.called": (lambda event: jobs.send("automation.react", tenant_id=event.tenant_id, event_id=event.id),),
    "automation_rule.gave_up": (
        lambda event: notices.rule_gave_up(system(event.tenant_id), event.payload, event=f"event-{event.id}"),
    ),
    "agent.presence": (_presence, _dispatch),
    "agent.created": (_dispatch_tickets,),
    "agent.updated": (_dispatch, _dispatch_tickets),
    "agent.deleted": (_nothing,),
    "notification.created": (_notification,),
    "session.ended": (_end_sockets,),
    "role.updated": (_forget_rights,),
    "article.published": (_index,),
    "article.withdrawn": (_nothing,),
    "article.created": (_nothing,),
    "article.saved": (_nothing,),
    "article.submitted": (_notify_of_review,),
    "article.approved": (_notify_of_review,),
    "article.returned": (_notify_of_review,),
    "article.updated": (_index,),
    "article.deleted": (_nothing,),
    **{
        # who waits may be served by others from now on
        f"{name}.{verb}": (_dispatch, _dispatch_tickets, sla_reactions.hours_changed)
        for name in (
            "customer_team_relation",
            "duty_shift",
            "problem_profile",
            "routing_rule",
            "team",
            "team_member",
            "work_calendar",
            "work_day",
        )
        for verb in ("created", "updated", "deleted")
    },
    **{f"ticket_rule.{verb}": (_dispatch_tickets,) for verb in ("created", "updated", "deleted")},
    **{
        f"{name}.{verb}": (_nothing,)
        for name in (
            "article_category",
            "article_template",
            "automation_rule",
            "bot_menu_entry",
            "channel",
            "contact",
            "custom_field",
            "customer",
            "department",
            "dictionary",
            "dictionary_item",
            "entry_code",
            "invitation",
            "macro",
            "organization",
            "quick_reply",
            "saved_view",
            "ticket_workflow",
            "ticket_template",
        )
        for verb in ("created", "updated", "deleted")
    },
    "quick_reply.proposed": (_notify_of_reply_proposal,),
    "quick_reply.reviewed": (_notify_of_reply_review,),
    "user.created": (_forget_watchers,),
    "user.updated": (_forget_watchers, _dispatch_tickets),
    "user.deleted": (_discard_avatar,),
    "user.avatar_changed": (_discard_avatar,),
    "channel.logo_changed": (_discard_logo,),
    "learned_model.requested": (_learn,),
    "system_setting.updated": (_dispatch_tickets,),
    "question_group.settled": (_nothing,),
    **{f"evaluation_question.{verb}": (_nothing,) for verb in ("created", "updated", "deleted")},
    "evaluation_run.started": (_evaluate,),
    **{f"language_model.{verb}": (_nothing,) for verb in ("created", "updated", "deleted")},
    "company.updated": (_notify_of_update,),
    "article_import.uploaded": (_work_on_import,),
    "article_import.started": (_work_on_import,),
    "article_import.finished": (lambda event: imports.storage.remove(event.payload["key"]),),
    "article_import.stored": (_index,),
    "export.requested": (_make_export,),
    "export.removed": (_discard_export,),
    "conversation.preserved": (_conversation,),
    "conversation.released": (_conversation,),
    "conversation.purged": (_discard_files,),
    "file.removed": (_discard_files,),
    "customer.preserved": (_nothing,),
    "customer.released": (_nothing,),
    "sensitive_alert.created": (_alert,),
    "sensitive_alert.handled": (_alerts_settled,),
    "search_index.rebuild_requested": (_rebuild_index,),
    "search_index.rebuilt": (_index,),
    "search_index.retried": (_index,),
    **{
        f"{name}.{verb}": (_forget_lexicon,)
        for name in ("synonym", "domain_word")
        for verb in ("created", "updated", "deleted", "imported")
    },
    **sla_reactions.REACTIONS,
    **{f"sensitive_word.{verb}": (_forget_words,) for verb in ("created", "updated", "deleted", "imported")},
}
