"""Questions that mean the same come together, by meaning and, without a model, by their characters."""

import numpy as np
import pytest

from ai.clusters import Cluster, nearest_to, place, space_of

#: what belongs together, as people ask it
ALIKE = (
    ("忘记密码怎么办", "密码忘了如何找回", "登录密码忘记了，怎么重置密码", "怎样重置登录密码"),
    ("退款多久到账", "申请退款后几天能到账", "退款什么时候到账", "我的退款怎么还没到账"),
    ("如何开具发票", "发票怎么开", "可以开电子发票吗，怎么开", "开发票的流程是什么"),
    ("怎么导出会话记录", "聊天记录可以导出吗", "会话记录导出在哪里", "如何导出聊天记录"),
    ("How do I change my e-mail address?", "change the e-mail of my account", "I want to change my email address"),
)


@pytest.mark.parametrize("by", ["meaning", "characters"])
def test_questions_come_together_in_any_order(embedder, by):
    space = space_of(embedder if by == "meaning" else None)
    questions = [(text, group) for group, texts in enumerate(ALIKE) for text in texts]
    order = np.random.default_rng(3).permutation(len(questions))
    clusters: list[Cluster] = []
    places = place(space.vectors([questions[number][0] for number in order]), clusters, space.near)
    groups = [questions[number][1] for number in order]
    pairs = [(a, b) for a in range(len(places)) for b in range(a)]
    together = [(groups[a] == groups[b]) for a, b in pairs if places[a] == places[b]]
    alike = [(places[a] == places[b]) for a, b in pairs if groups[a] == groups[b]]
    assert np.mean(together) >= 0.95, "what does not belong there has come in"
    assert np.mean(alike) >= (0.75 if by == "meaning" else 0.2)
    assert sum(cluster.count for cluster in clusters) == len(questions)


def test_a_group_goes_on_with_what_is_asked_later(embedder):
    space = space_of(embedder)
    clusters: list[Cluster] = []
    first = space.vectors(ALIKE[0][:2])
    place(first, clusters, space.near)
    kept = [Cluster(7, clusters[0].total, clusters[0].count)]  # as it is read from the database
    assert place(space.vectors([ALIKE[0][2], ALIKE[2][0]]), kept, space.near) == [0, 1]
    assert [(cluster.key, cluster.count) for cluster in kept] == [(7, clusters[0].count + 1), (None, 1)]
    assert nearest_to(kept[0].middle, first) in (0, 1)
