"""检索索引接口: how search is doing, and rebuilding it (AI-7)."""

from models.actor import Actor
from models.knowledge import Article
from models.search_index import IndexProcess, IndexRun
from services import index_status
from views.api.endpoint import action, endpoint
from views.api.resource import plain

SECTION = "知识库接口"


def dump_run(actor: Actor, run: IndexRun) -> dict:
    return {
        "id": run.id,
        "state": run.state.value,
        "anew": run.anew,
        "total": run.total,
        "done": run.done,
        "failed": run.failed,
        "error": run.error,
        "createTime": plain(run.create_time),
        "startTime": plain(run.start_time),
        "endTime": plain(run.end_time),
    }


def _dump_process(process: IndexProcess) -> dict:
    return {
        "process": process.process,
        "model": process.model or None,
        "epoch": process.epoch,
        "version": process.index_version,
        "lexiconVersion": process.lexicon_version,
        "articles": process.articles,
        "passages": process.passages,
        "vectors": process.vectors,
        "behind": process.behind,
        "megabytes": process.megabytes,
        "seenTime": plain(process.seen_time),
    }


@endpoint("GET", "/kb/index", section=SECTION, summary="检索索引状态", right="search_index.read")
def show_index(actor: Actor):
    found = index_status.status(actor)
    return found | {
        "snapshot": found["snapshot"] | {"time": plain(found["snapshot"]["time"])},
        "adapter": {name: plain(value) for name, value in found["adapter"].items()} if found["adapter"] else None,
        "processes": [_dump_process(process) for process in found["processes"]],
        "runs": [dump_run(actor, run) for run in found["runs"]],
    }


@endpoint("GET", "/kb/index/errors", section=SECTION, summary="未能索引的文章", right="search_index.read")
def list_errors(actor: Actor):
    """The hundred changed last."""
    return [
        {"articleId": row.id, "title": row.title, "error": row.index_error, "updateTime": plain(row.update_time)}
        for row in index_status.failed_articles(actor)
    ]


action("POST", "/kb/index/rebuild", "search_index.rebuild", dump=dump_run, section=SECTION, summary="重建检索索引")
action("POST", "/kb/index/cancel", "search_index.cancel", section=SECTION, summary="停止重建")
action(
    "POST", "/kb/articles/<id:id>/reindex", "search_index.retry", on=Article, section=SECTION, summary="重新索引文章"
)
