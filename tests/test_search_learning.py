"""What search learns of a company, and another embedding model: both take their place beside what serves (AI-7)."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from ai.model import is_sentence_transformers_installed
from tests.people import Person
from tests.servers import run_module
from tests.waiting import ago, eventually

#: (what an article is about, ways to ask for it): enough to learn from, and to see that it was learnt
TOPICS = (
    "库存", "批号", "冷链", "报表", "接种", "预约", "发票", "密码", "短信", "导出", "审核", "打印", "标签", "盘点",
)  # fmt: skip
ASKED = ("{}怎么办", "{}出错了", "如何处理{}", "{}在哪里看", "{}不对", "请问{}", "{}的问题", "关于{}")


def model_in(folder: Path) -> str:
    """A small model as an operator may bring one: characters by themselves, their vectors drawn by lot."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers

    torch.manual_seed(sum(folder.name.encode()))  # each its own, and the same in every run
    known = sorted({*"".join(TOPICS), *"".join(ASKED), *"说明打开管理页面按提示操作异常"})
    tokenizer = Tokenizer(models.WordLevel({char: number for number, char in enumerate(["?", *known])}, unk_token="?"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_dim=48)], device="cpu").save(str(folder))
    return str(folder)


def publish(editor: Person) -> dict[str, int]:
    """An article of each topic with its known phrasings."""
    made = {}
    for topic in TOPICS:
        phrasings = [way.format(topic) for way in ASKED]
        article = editor.post(
            "/kb/articles",
            {"title": f"{topic}说明", "body": f"打开{topic}管理页面，按提示操作。", "phrasings": phrasings},
        )
        editor.post(f"/kb/articles/{article['id']}/publish")
        made[topic] = article["id"]
    return made


def found(person: Person, text: str) -> list[int]:
    return [hit["articleId"] for hit in person.get("/kb/articles/search", q=text)["list"]]


def learn(database, settings: dict, tenant: int) -> None:
    """The timetable's turn, when nobody has published anything for a while."""
    with database.begin() as connection:
        connection.execute(sa.text("UPDATE index_state SET update_time = :then"), {"then": ago(3600)})
    run_module("tests.task", "assistant.adapt", str(tenant), settings=settings)


def embed(settings: dict, tenant: int) -> None:
    """What a worker that is configured like this does. Those of the tests have no model."""
    run_module("tests.task", "assistant.embed", str(tenant), settings=settings)


@pytest.mark.skipif(not is_sentence_transformers_installed(), reason="other models need requirements-torch.txt")
def test_what_is_learnt_and_another_model_take_over_beside_what_serves(
    bare_company, start_server, backend, database, tmp_path
):
    company = bare_company
    settings = {**backend.settings, "EMBEDDING_MODEL": model_in(tmp_path / "first")}
    # every index is a large one for the first server
    first = company.admin.at(start_server(EMBEDDING_MODEL=settings["EMBEDDING_MODEL"], INDEX_ASIDE_FROM="1").base_url)
    articles = publish(first)
    with database.connect() as connection:
        of_admin = sa.text("SELECT tenant_id FROM ab_user WHERE id = :id")
        tenant = connection.execute(of_admin, {"id": company.admin.user_id}).scalar_one()
    embed(settings, tenant)
    eventually(lambda: first.get("/kb/index")["withVectors"] == len(TOPICS), 120)
    before = first.get("/kb/index")
    assert before["servingModel"].startswith("first@") and before["adapter"] is None

    learn(database, settings, tenant)
    status = first.get("/kb/index")
    learnt = status["adapter"]
    assert (learnt["questions"], learnt["articles"]) == (len(TOPICS) * len(ASKED), len(TOPICS)) and learnt["asked"]
    # whether it helps is a matter of the texts: it serves only if it did, and then in every index built since
    assert learnt["gain"] == pytest.approx(learnt["rankAfter"] - learnt["rankBefore"], abs=1e-3)
    assert (status["epoch"] > before["epoch"]) == learnt["kept"]
    for topic, number in articles.items():
        assert found(first, f"{topic}说明")[:1] == [number]
    learn(database, settings, tenant)
    assert first.get("/kb/index")["adapter"] == learnt, "nothing new, nothing learnt"

    # a process that is configured otherwise comes, as in an upgrade
    others = {**settings, "EMBEDDING_MODEL": model_in(tmp_path / "second")}
    second = company.admin.at(start_server(EMBEDDING_MODEL=others["EMBEDDING_MODEL"]).base_url)
    embed(others, tenant)
    missed = []

    def has_taken_over() -> bool:
        for person in (first, second):
            missed.extend(topic for topic, number in articles.items() if number not in found(person, f"{topic}说明"))
        serving = [one["model"] for one in first.get("/kb/index")["processes"] if one["model"]]
        return len(serving) > 1 and all(model.startswith("second@") for model in serving)

    eventually(has_taken_over, 60)
    assert missed == [], "searched all the while, and never in vain"
    assert (Path(settings["KB_INDEX_DIR"]) / f"{tenant}.lock").exists(), "the first had its index built aside"
    # the first, configured as before, answers by the new one too: only vectors of one kind can be compared
    status = first.get("/kb/index")
    assert status["model"] == before["model"] and status["servingModel"].startswith("second@")
    stored = sa.text(
        "SELECT DISTINCT model FROM article_vector JOIN article ON article.id = article_id"
        " WHERE article_vector.deleted = 0 AND article.title = '批号说明'"
    )
    with database.connect() as connection:
        assert set(connection.execute(stored).scalars()) == {before["model"], status["servingModel"]}


def test_pinyin_slips_and_sound_alikes_find_what_was_meant(new_company):
    company = new_company()
    articles = publish(company.admin)
    for typed, topic in (("kucun shuoming", "库存"), ("jiezhong zenmeban", "接种"), ("批好说明", "批号")):
        eventually(lambda typed=typed, topic=topic: found(company.admin, typed)[:1] == [articles[topic]])
