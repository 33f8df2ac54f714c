"""Celery tasks: load, call a service as the system, return a count. Each may run twice without harm."""

import functools

from celery import shared_task
from sqlalchemy import select

from app import delivery
from app.extensions import db
from celery_app import celery_app
from models.actor import system
from models.base import bind
from models.conversations import Conversation
from models.identity import Tenant
from models.outbox import OutboxEvent
from models.understanding import Subject
from services import (
    adaptation,
    assistance,
    automation,
    bot,
    conversations,
    exports,
    generation,
    imports,
    improving,
    index_runs,
    knowledge_index,
    maintenance,
    outbox,
    presence,
    questions,
    retention,
    routing,
    tickets,
    wechat,
)
from services.articles import publishing
from services.tickets import posting, watching
from services.understanding import learning
from views import exports as export_wording


def in_tenant(task):
    """Run a task with the session bound to one company; the first argument names it."""

    @functools.wraps(task)
    def run(tenant_id: int, **arguments):
        with celery_app.flask_app.app_context():
            bind(db.session(), system(tenant_id))
            return task(tenant_id, **arguments)

    return run


def for_every_tenant(task) -> int:
    """Run a task of the timetable once per company."""
    with celery_app.flask_app.app_context():
        ids = list(db.session.scalars(select(Tenant.id).where(Tenant.active == 1)))
    return sum(in_tenant(task)(tenant_id) or 0 for tenant_id in ids)


@shared_task(name="outbox.sweep")
def sweep_outbox() -> int:
    with celery_app.flask_app.app_context():
        return delivery.sweep()


@shared_task(name="routing.dispatch")
def dispatch(tenant_id: int | None = None) -> int:
    return _each(tenant_id, lambda number: routing.dispatch(system(number)))


@shared_task(name="tickets.dispatch")
def dispatch_tickets(tenant_id: int | None = None) -> int:
    return _each(tenant_id, lambda number: tickets.dispatch(system(number)))


@shared_task(name="routing.requeue")
def requeue() -> int:
    return for_every_tenant(lambda number: routing.requeue_left_alone(system(number)))


@shared_task(name="conversations.expire_transfers")
def expire_transfers() -> int:
    return for_every_tenant(lambda number: conversations.expire_transfers(system(number)))


@shared_task(name="conversations.close_idle")
def close_idle() -> int:
    return for_every_tenant(lambda number: conversations.close_idle(system(number)))


@shared_task(name="tickets.watch_sla")
def watch_sla() -> int:
    return for_every_tenant(lambda number: watching.watch(system(number)))


@shared_task(name="tickets.recompute_sla")
def recompute_sla(tenant_id: int, customer_id: int | None = None) -> int:
    return in_tenant(lambda number, customer_id: watching.recompute(system(number), customer_id=customer_id))(
        tenant_id, customer_id=customer_id
    )


@shared_task(name="agents.expire")
def expire_agents() -> int:
    return for_every_tenant(
        lambda number: len([presence.connection_lost(system(number), agent) for agent in presence.lost()])
    )


@shared_task(name="assistant.embed")
def embed(tenant_id: int | None = None) -> int:
    return _each(tenant_id, knowledge_index.embed_pending)


@shared_task(name="assistant.rebuild")
def rebuild_index(tenant_id: int | None = None) -> int:
    return _each(tenant_id, index_runs.work)


@shared_task(name="articles.publish_due")
def publish_due() -> int:
    return for_every_tenant(lambda number: publishing.publish_due(system(number)))


@shared_task(name="assistant.adapt")
def adapt(tenant_id: int | None = None) -> int:
    return _each(tenant_id, adaptation.learn_pending)


@shared_task(name="assistant.snapshot")
def snapshot(tenant_id: int | None = None) -> int:
    return _each(tenant_id, knowledge_index.engine.save)


@shared_task(name="assistance.learn")
def learn_answers(tenant_id: int | None = None) -> int:
    return _each(tenant_id, assistance.learn)


@shared_task(name="assistance.embed")
def embed_texts(tenant_id: int | None = None) -> int:
    return _each(tenant_id, assistance.lookup.embed_pending)


@shared_task(name="assistance.snapshot")
def snapshot_texts(tenant_id: int | None = None) -> int:
    return _each(tenant_id, assistance.lookup.save)


@shared_task(name="assistant.answer")
def answer(tenant_id: int, conversation_id: int, message_id: int, text: str, event_id: int, locale: str = "") -> bool:
    return in_tenant(_answer)(
        tenant_id, conversation_id=conversation_id, message_id=message_id, text=text, event_id=event_id, locale=locale
    )


def _answer(tenant_id: int, conversation_id: int, message_id: int, text: str, event_id: int, locale: str) -> bool:
    answered = bot.answer_message(tenant_id, conversation_id, message_id, text, locale)
    outbox.mark_sent([event_id])
    return answered


@shared_task(name="automation.react")
def run_rules(tenant_id: int, event_id: int) -> int:
    return in_tenant(_run_rules)(tenant_id, event_id=event_id)


def _run_rules(tenant_id: int, event_id: int) -> int:
    called = db.session.get(OutboxEvent, event_id)
    if called is None or called.sent_time is not None:
        return 0
    acted = automation.react(tenant_id, called.payload)
    outbox.mark_sent([event_id])
    return acted


@shared_task(name="automation.run_due")
def run_rules_by_time() -> int:
    return for_every_tenant(automation.run_due)


@shared_task(name="questions.settle")
def settle_questions(tenant_id: int, conversation_id: int) -> int:
    return in_tenant(lambda number, conversation_id: questions.settle(system(number), conversation_id))(
        tenant_id, conversation_id=conversation_id
    )


@shared_task(name="understanding.learn")
def learn(tenant_id: int | None = None, subject: str = "") -> int:
    if subject:
        return in_tenant(lambda number, subject: learning.learn(number, Subject(subject)))(tenant_id, subject=subject)
    return _each(tenant_id, learning.learn_what_is_due)


@shared_task(name="maintenance.clean")
def clean() -> int:
    with celery_app.flask_app.app_context():
        maintenance.refresh_statistics()
    return for_every_tenant(lambda number: maintenance.clean(system(number)))


@shared_task(name="exports.make")
def make_export(tenant_id: int, job_id: int) -> bool:
    return in_tenant(lambda number, job_id: exports.make_file(number, job_id, export_wording))(tenant_id, job_id=job_id)


@shared_task(name="exports.sweep")
def sweep_exports() -> int:
    return exports.clear_leftovers() + for_every_tenant(_sweep_exports)


def _sweep_exports(tenant_id: int) -> int:
    expired = exports.expire(system(tenant_id))
    return expired + sum(exports.make_file(tenant_id, job_id, export_wording) for job_id in exports.unfinished())


@shared_task(name="imports.work")
def work_on_import(tenant_id: int, import_id: int) -> bool:
    return in_tenant(imports.work)(tenant_id, import_id=import_id)


@shared_task(name="imports.sweep")
def sweep_imports() -> int:
    return imports.clear_leftovers() + for_every_tenant(_sweep_imports)


def _sweep_imports(tenant_id: int) -> int:
    return imports.expire(system(tenant_id)) + sum(imports.work(tenant_id, number) for number in imports.waiting())


@shared_task(name="retention.run")
def run_retention() -> int:
    return for_every_tenant(lambda number: retention.run_for(system(number)))


@shared_task(name="wechat.take")
def take_from_wechat(tenant_id: int | None = None) -> int:
    return _each(tenant_id, wechat.take_all)


@shared_task(name="wechat.deliver")
def deliver_to_wechat(tenant_id: int | None = None, conversation_id: int | None = None) -> int:
    if conversation_id is None:
        return _each(tenant_id, wechat.deliver_all)
    return in_tenant(wechat.deliver)(tenant_id, conversation_id=conversation_id)


@shared_task(name="letters.deliver")
def deliver_letters(tenant_id: int | None = None) -> int:
    return _each(tenant_id, posting.deliver_all)


@shared_task(name="questions.group")
def group_questions(tenant_id: int | None = None) -> int:
    return _each(tenant_id, improving.group_questions)


@shared_task(name="evaluation.run")
def evaluate(tenant_id: int, run_id: int) -> bool:
    return in_tenant(improving.evaluate)(tenant_id, run_id=run_id)


@shared_task(name="generation.summarise")
def summarise(tenant_id: int, conversation_id: int, key: str) -> bool:
    return in_tenant(_summarise)(tenant_id, conversation_id=conversation_id, key=key)


def _summarise(tenant_id: int, conversation_id: int, key: str) -> bool:
    conversation = db.session.get(Conversation, conversation_id)
    return conversation is not None and generation.summarise_for_agent(system(tenant_id), conversation, key=key)


def _each(tenant_id: int | None, task) -> int:
    return in_tenant(task)(tenant_id) or 0 if tenant_id is not None else for_every_tenant(task)
