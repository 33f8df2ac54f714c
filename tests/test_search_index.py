"""The search index as its keepers see it: what is published is found in every process, rebuilds leave no gap (AI-7)."""

import threading
import time

import pytest
import sqlalchemy as sa

from tests.people import Company, Person, unique
from tests.waiting import ago, eventually

#: a published change must be found in every process within this
FOUND_WITHIN = 2.0


@pytest.fixture(scope="module")
def company(new_company) -> Company:
    """A company of its own: its index holds what these tests put there."""
    return new_company()


def publish(company: Company, title: str, body: str = "请先核对批号，再重新提交。", **more) -> dict:
    article = company.admin.post("/kb/articles", {"title": title, "body": body, **more})
    return company.admin.post(f"/kb/articles/{article['id']}/publish")


def found(person: Person, text: str) -> list[int]:
    return [hit["articleId"] for hit in person.get("/kb/articles/search", q=text)["list"]]


def within(seconds: float, look) -> None:
    began = time.monotonic()
    eventually(look)
    assert time.monotonic() - began < seconds


def test_every_process_follows_and_a_rebuild_leaves_no_gap(company, start_server, database):
    second = start_server()
    here, there = company.admin, company.admin.at(second.base_url)
    for person in (here, there):
        eventually(lambda person=person: person.get("/kb/articles/search", q="工单")["list"])  # it is loaded
    article = publish(company, "库存对不上怎么办")
    for person in (here, there):
        within(FOUND_WITHIN, lambda person=person: article["id"] in found(person, "库存对不上"))
    # synonyms hold in both, without anything being indexed anew
    version = here.get("/kb/index")["version"]
    company.admin.post("/kb/synonyms", {"words": ["库存", "存货"]})
    for person in (here, there):
        eventually(lambda person=person: article["id"] in found(person, "存货对不上"))
    assert here.get("/kb/index")["version"] == version

    # both processes say what they hold
    def reported() -> list[dict]:
        status = here.get("/kb/index")
        return [one for one in status["processes"] if one["version"] >= status["version"] and one["articles"]]

    eventually(lambda: len(reported()) == 2, 20)
    # rebuilt beside: searched all the while, and never in vain
    missed, over = [], threading.Event()

    def ask() -> None:
        while not over.is_set():
            missed.extend(person.base_url for person in (here.again(), there) if not found(person, "库存对不上"))

    epoch = here.get("/kb/index")["epoch"]
    asking = threading.Thread(target=ask)
    asking.start()
    try:
        run = here.post("/kb/index/rebuild", {"anew": True})
        assert run["state"] in ("waiting", "running") and run["total"] == here.get("/kb/index")["articles"]
        done = eventually(lambda: [one for one in here.get("/kb/index")["runs"] if one["state"] == "done"], 20)
        assert (done[0]["id"], done[0]["done"]) == (run["id"], run["total"])
        eventually(lambda: [one["epoch"] for one in here.get("/kb/index")["processes"]].count(epoch + 1) == 2, 20)
    finally:
        over.set()
        asking.join()
    assert missed == []
    company.admin.post(f"/kb/articles/{article['id']}/withdraw")
    for person in (here, there):
        within(FOUND_WITHIN, lambda person=person: found(person, "库存对不上") == [])


def test_a_rebuild_left_behind_is_taken_up_and_one_under_way_can_be_stopped(company, database):
    publish(company, "打印格式不对")
    with database.begin() as connection:
        left = connection.execute(
            sa.text(
                "INSERT INTO index_run (state, anew, total, done, seen_time, start_time, create_time, update_time,"
                " tenant_id) VALUES (2, 0, 1, 0, :then, :then, :then, :then, :tenant)"
            ),
            {"then": ago(60), "tenant": tenant_of(company, database)},
        ).lastrowid
    assert company.admin.post("/kb/index/rebuild", {})["id"] == left, "one at a time"
    company.admin.post("/kb/index/rebuild", {"anew": True}, expect=409)
    run = eventually(
        lambda: [one for one in company.admin.get("/kb/index")["runs"] if one["id"] == left and one["endTime"]], 30
    )
    assert run[0]["state"] == "done"
    company.admin.post("/kb/index/rebuild", {"anew": True})
    company.admin.post("/kb/index/cancel")
    state = company.admin.get("/kb/index")["runs"][0]["state"]
    assert state in ("cancelled", "done")


def test_what_failed_is_listed_with_its_reason_and_tried_again(company, database):
    article = publish(company, unique("接种"))
    with database.begin() as connection:
        connection.execute(
            sa.text("UPDATE article SET index_error = 'ModelError: too strange' WHERE id = :id"), {"id": article["id"]}
        )
    assert company.admin.get("/kb/index")["errors"] == 1
    failed = company.supervisor.get("/kb/index/errors")
    assert [(one["articleId"], one["error"]) for one in failed] == [(article["id"], "ModelError: too strange")]
    company.agent.post(f"/kb/articles/{article['id']}/reindex", expect=403)
    company.supervisor.post(f"/kb/articles/{article['id']}/reindex")
    assert company.admin.get("/kb/index")["errors"] == 0
    assert company.admin.get("/kb/index/errors") == []
    company.agent.get("/kb/index", expect=403)


def test_filters_narrow_inside_the_search(company):
    """What does not fit takes no place: the one that fits is found behind twenty others that are nearer."""
    category = company.admin.post("/kb/categories", {"name": unique("c")})
    below = company.admin.post("/kb/categories", {"name": unique("c"), "parentId": category["id"]})
    for number in range(25):
        publish(company, f"签章验证失败怎么办 {number}", tags=["常见"])
    wanted = publish(
        company, "文件上的签章", "验证失败时请联系管理员。", categoryId=below["id"], tags=["少见"], locale="en"
    )
    asked = "签章验证失败怎么办"

    def hits(**filters) -> list[int]:
        found = company.admin.get("/kb/articles/search", q=asked, size=3, **filters)
        return [hit["articleId"] for hit in found["list"]]

    assert len(hits()) == 3 and wanted["id"] not in hits()
    for filters in ({"categoryId": category["id"]}, {"tag": "少见"}, {"locale": "en"}):
        assert wanted["id"] in hits(**filters), filters
    assert hits(categoryId=category["id"], tag="常见") == []
    assert hits(changedTo="2020-01-01") == [] and len(hits(changedFrom="2020-01-01", visibility="public")) == 3
    for wrong in ({"locale": "xx"}, {"visibility": "nobody"}, {"changedFrom": "yesterday"}):
        company.admin.get("/kb/articles/search", q=asked, expect=400, **wrong)


def tenant_of(company: Company, database: sa.Engine) -> int:
    with database.connect() as connection:
        return connection.scalar(
            sa.text("SELECT tenant_id FROM ab_user WHERE username = :name"), {"name": company.admin.username}
        )
