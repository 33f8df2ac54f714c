"""Tickets among tickets: the earlier one that asks the same is found by its title, its description, its resolution."""

import pytest

from ai.articles import embed_pieces
from ai.asking import embed_asked, understood_ticket
from ai.index import KnowledgeIndex, Matched
from ai.tickets import make_ticket_entry, ticket_pieces

TICKETS = {
    1: ("报表导出失败", "点导出后一直转圈，浏览器是 Chrome", "清除缓存并关闭下载插件后恢复"),
    2: ("登录提示账号锁定", "连续输错五次密码", "后台解锁账号，让用户重新设置密码"),
    3: ("短信收不到", "", ""),
    4: ("打印发票时少一行", "税率那一行没有了", ""),
}


@pytest.fixture(params=["semantic", "lexical"])
def tickets(request, embedder) -> tuple[KnowledgeIndex, object]:
    model = embedder if request.param == "semantic" else None
    index = KnowledgeIndex(embedder.dim if model else 0)
    index.upsert(
        make_ticket_entry(key, 1, *texts, embed_pieces(model, ticket_pieces(*texts)) if model else None)
        for key, texts in TICKETS.items()
    )
    return index, model


@pytest.mark.parametrize(
    ("subject", "body", "key"),
    [
        ("导出报表没有反应", "一直在转圈", 1),
        ("账号被锁住了", "密码输错太多次", 2),
        ("收不到短信验证码", "", 3),
        ("发票打印不完整", "税率没有打印出来", 4),
    ],
)
def test_the_same_trouble_is_found(tickets, subject, body, key):
    index, model = tickets
    asked = understood_ticket(subject, body)
    assert index.search(asked.text, embed_asked(model, asked), 2)[0].key == key


def test_a_ticket_of_which_only_the_title_is_known_is_as_near_as_its_title(embedder):
    texts = TICKETS[3]
    entry = make_ticket_entry(3, 1, *texts, embed_pieces(embedder, ticket_pieces(*texts)))
    assert (entry.body_vector == entry.title_vector).all() and entry.phrasings == ()
    index = KnowledgeIndex(embedder.dim)
    index.upsert([entry])
    asked = understood_ticket("短信收不到", "")
    hit = index.search(asked.text, embed_asked(embedder, asked), 1)[0]
    assert hit.dense == pytest.approx(1, abs=1e-3) and hit.matched is Matched.title
