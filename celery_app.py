"""The Celery app and its timetable.

Without a broker the same tasks run inside the web process (`app.jobs`); with one, `manage.py worker` and
`manage.py beat` run them. JSON only, late acknowledgement, time limits: a task may run twice and must not mind.
"""

from celery import Celery

#: how long an unacknowledged job stays with a worker, in seconds; see the time limits below
VISIBILITY = {"visibility_timeout": 600}
#: whoever only hands a job over waits neither for a broker that hangs nor for one that is away
HANDING_OVER = VISIBILITY | {
    "socket_timeout": 0.5,
    "socket_connect_timeout": 0.5,
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0,
    "interval_max": 0,
}

celery_app = Celery("smartsupport", include=["app.tasks"])
celery_app.conf.update(
    accept_content=["json"],
    task_serializer="json",
    result_serializer="json",
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    task_soft_time_limit=240,
    task_time_limit=300,
    broker_connection_retry_on_startup=True,
    broker_transport_options=HANDING_OVER,
    timezone="UTC",
    beat_schedule={
        "tell what was not told": {"task": "outbox.sweep", "schedule": 5.0},
        "give waiting conversations to free agents": {"task": "routing.dispatch", "schedule": 5.0},
        "give tickets to those who work now": {"task": "tickets.dispatch", "schedule": 30.0},
        "customers of agents who have gone": {"task": "routing.requeue", "schedule": 10.0},
        "transfers nobody has answered": {"task": "conversations.expire_transfers", "schedule": 5.0},
        "conversations in which nothing is said": {"task": "conversations.close_idle", "schedule": 10.0},
        "tickets that take too long": {"task": "tickets.watch_sla", "schedule": 10.0},
        "agents of whom nothing is heard are off line": {"task": "agents.expire", "schedule": 10.0},
        "what came from WeChat and was not taken": {"task": "wechat.take", "schedule": 5.0},
        "what has not gone out to WeChat": {"task": "wechat.deliver", "schedule": 5.0},
        "letters about tickets whose time has come": {"task": "letters.deliver", "schedule": 5.0},
        "articles whose hour has come": {"task": "articles.publish_due", "schedule": 5.0},
        "index what is new": {"task": "assistant.embed", "schedule": 30.0},
        "rebuilds of the index that somebody left behind": {"task": "assistant.rebuild", "schedule": 15.0},
        "questions without a good answer": {"task": "questions.group", "schedule": 60.0},
        "learn how customers ask": {"task": "assistant.adapt", "schedule": 60.0},
        "save index snapshots": {"task": "assistant.snapshot", "schedule": 300.0},
        "learn from corrections": {"task": "understanding.learn", "schedule": 300.0},
        "answers with which customers were content": {"task": "assistance.learn", "schedule": 60.0},
        "texts beside the articles that have no vectors": {"task": "assistance.embed", "schedule": 30.0},
        "save the indexes of those texts": {"task": "assistance.snapshot", "schedule": 300.0},
        "files that were to be made, and whose day is over": {"task": "exports.sweep", "schedule": 60.0},
        "imports nobody works on, and whose day is over": {"task": "imports.sweep", "schedule": 60.0},
        "rules that act on tickets by time": {"task": "automation.run_due", "schedule": 120.0},
        "conversations whose time is over": {"task": "retention.run", "schedule": 3600.0},
        "remove what is over": {"task": "maintenance.clean", "schedule": 3600.0},
    },
)


def configure(broker_url: str) -> None:
    """Name the broker; called by whoever starts a worker or sends to one."""
    celery_app.conf.broker_url = broker_url or "memory://"


def become_worker() -> None:
    """A worker lives on waiting: for jobs, and for the broker to come back."""
    celery_app.conf.broker_transport_options = VISIBILITY
