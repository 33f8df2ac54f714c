"""Articles: who may read them and when, working copies and versions, four eyes, files, and editors side by side."""

import datetime as dt
import io
import re

import pytest
import sqlalchemy as sa
from PIL import Image

from tests.people import at_once, unique
from tests.screens import role_with
from tests.waiting import ago, eventually


def ago_or_ahead(seconds: float) -> str:
    return (dt.datetime.now(dt.UTC) + dt.timedelta(seconds=seconds)).isoformat()


def written(person, **more) -> int:
    word = unique("article")
    return person.post("/kb/articles", {"title": word, "body": f"{word} says this.", **more})["id"]


def published(person, **more) -> int:
    number = written(person, **more)
    person.post(f"/kb/articles/{number}/publish")
    return number


def draft(person, number: int) -> dict:
    return person.get(f"/kb/articles/{number}/draft")


def title(person, number: int) -> str:
    return person.get(f"/kb/articles/{number}")["title"]


def picture(color: str = "red") -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (4, 4), color).save(data, "PNG")
    return data.getvalue()


@pytest.fixture
def reviewing(people):
    """The company wants four eyes."""
    people.admin.put("/settings", {"values": {"article_review": True}})
    yield
    people.admin.put("/settings", {"values": {"article_review": False}})


# --- who may read ---------------------------------------------------------------------------------------------------


def test_an_article_is_found_by_exactly_those_whom_it_addresses(people):
    """KB-1: lists, search, questions, counts and categories all follow the same rule, at once after a change."""
    word = unique("kumquat")
    team = people.admin.post("/teams", {"name": unique("team")})["id"]
    inside = people.new("agent")
    people.admin.post(f"/teams/{team}/members", {"agentId": inside.agent_id})
    ordinary, important = people.new("customer"), people.new("customer")
    people.admin.put(f"/customers/{important.customer_id}", {"vipLevel": 3})
    category = people.admin.post("/kb/categories", {"name": unique("category")})["id"]
    below = people.admin.post("/kb/categories", {"name": unique("below"), "parentId": category})["id"]
    number = published(people.supervisor, title=f"{word} harvest", body=f"How to harvest {word}.", categoryId=below)
    readers = {
        "anonymous": people.anonymous,
        "ordinary": ordinary,
        "important": important,
        "agent": people.agent,
        "inside": inside,
        "editor": people.supervisor,
    }
    address = f"/kb/articles/{number}"
    for audience, expected in (
        ({"visibility": "public"}, set(readers)),
        ({"visibility": "customer"}, set(readers) - {"anonymous"}),
        ({"visibility": "staff"}, {"agent", "inside", "editor"}),
        ({"visibility": "teams", "teamIds": [team]}, {"inside", "editor"}),
        ({"visibility": "levels", "levels": [2, 3]}, {"important", "agent", "inside", "editor"}),
        ({"visibility": "public", "validUntil": ago_or_ahead(-1)}, {"editor"}),
        ({"visibility": "public", "validFrom": ago_or_ahead(3600), "validUntil": None}, {"editor"}),
    ):
        people.supervisor.put(address, audience)
        is_over = "validUntil" in audience
        for name, reader in readers.items():
            may = name in expected
            reader.get(address, expect=200 if may else 404)
            listed = [row["id"] for row in reader.get("/kb/articles", q=word)["list"]]
            assert (number in listed) is may, (audience, name)
            answers = may and not is_over  # nobody is answered out of what is not valid now, editors neither
            hits = [hit["articleId"] for hit in reader.get("/kb/articles/search", q=f"{word} harvest")["list"]]
            assert (number in hits) is answers, (audience, name)
            answer = reader.post("/kb/qa", {"question": f"{word} harvest"})
            assert (f"How to harvest {word}" in str(answer)) is answers, (audience, name)
            seen = {row["id"] for row in reader.get("/kb/categories", size=100)["list"]}
            assert ({category, below} <= seen) is may, (audience, name)
    for wrong, field in (
        ({"visibility": "teams"}, "teamIds"),
        ({"visibility": "teams", "teamIds": [9**9]}, "teamIds"),
        ({"visibility": "levels", "levels": []}, "levels"),
        ({"visibility": "levels", "levels": [77]}, "levels"),
        ({"validFrom": ago_or_ahead(9), "validUntil": ago_or_ahead(3)}, "validUntil"),
        ({"tags": ["x" * 65]}, "tags"),
        ({"translationOfId": number}, "translationOfId"),
    ):
        assert field in people.supervisor.put(address, wrong, expect=400)["fields"], wrong
    told = people.visitor().get(f"/kb/articles/{published(people.supervisor)}")
    assert told["proposal"] is None and told["teamIds"] is None and "editedBy" not in told


@pytest.mark.backend("sqlite")
def test_what_becomes_valid_while_the_process_runs_is_found_from_that_moment_on(people):
    word = unique("quince")
    number = published(
        people.supervisor, title=f"{word} season", body=f"{word} are ripe in October.", validFrom=ago_or_ahead(1.2)
    )
    visitor = people.visitor()

    def search() -> list[int]:
        return [hit["articleId"] for hit in visitor.get("/kb/articles/search", q=f"{word} season")["list"]]

    assert number not in search()
    eventually(lambda: number in search(), timeout=5)
    people.supervisor.put(f"/kb/articles/{number}", {"validUntil": ago_or_ahead(1.2), "validFrom": None})
    assert number in search()
    eventually(lambda: number not in search(), timeout=5)
    visitor.get(f"/kb/articles/{number}", expect=404)


# --- working copies and versions ------------------------------------------------------------------------------------


def test_readers_see_changes_when_they_are_published_and_every_save_is_kept(people):
    editor, reader = people.supervisor, people.visitor()
    number = published(editor, title="First title", body="取消订单请联系客服\n", tags=["a", "b"], phrasings=["how"])
    address = f"/kb/articles/{number}"
    state = editor.put(f"{address}/draft", {"body": "取消合同请联系客服人员\n", "note": "clearer"})
    assert state["proposal"] == "working" and state["content"]["body"] == "取消合同请联系客服人员\n"
    assert state["content"]["tags"] == ["a", "b"] and {"publish", "discard"} <= set(state["may"])
    assert "取消订单" in reader.get(address)["bodyHtml"]
    # a program's direct change would publish somebody's unfinished work along with its own, or lose it
    assert editor.put(address, {"title": "x"}, expect=409)["error"] == "working_copy"
    # what the page saves by itself is one version, however often
    for text in ("one", "two", "three"):
        state = editor.put(f"{address}/draft", {"body": text, "auto": True, "version": state["version"]})
    assert [row["number"] for row in editor.get(f"{address}/versions")] == [3, 2, 1]
    found = editor.get(f"{address}/compare", older=1, newer=2)
    assert [(part["kind"], part["text"]) for part in found["body"]] == [
        ("same", "取消"),
        ("removed", "订单"),
        ("added", "合同"),
        ("same", "请联系客服"),
        ("added", "人员"),
        ("same", "\n"),
    ]
    assert editor.put(f"{address}/draft", {"body": "late", "version": 1}, expect=409)["error"] == "stale"
    editor.post(f"{address}/publish")
    assert "three" in reader.get(address)["bodyHtml"]
    # back to the second version; the history goes on
    restored = editor.post(f"{address}/versions/2/restore", {})
    assert restored["content"]["body"].startswith("取消合同") and "three" in reader.get(address)["bodyHtml"]
    assert draft(editor, number)["workingRevision"] == 4
    assert editor.delete(f"{address}/draft", {})["proposal"] == "none"
    assert draft(editor, number)["content"]["body"] == "three"
    versions = editor.get(f"{address}/versions")
    assert [(row["number"], row["isLive"], row["state"]) for row in versions] == [
        (4, False, "kept"),
        (3, True, "published"),
        (2, False, "kept"),
        (1, False, "published"),
    ]
    assert versions[2]["note"] == "clearer" and versions[2]["by"]["name"]
    assert editor.get(f"{address}/versions/1")["content"]["title"] == "First title"
    editor.get(f"{address}/versions/9", expect=404)
    reader.get(f"{address}/versions", expect=403)


def test_an_article_of_before_versions_gets_its_first_with_its_first_change(people, database):
    number = published(people.supervisor, title="As it was", body="old words")
    with database.begin() as connection:
        connection.execute(sa.text("DELETE FROM article_revision WHERE article_id = :id"), {"id": number})
        connection.execute(sa.text("UPDATE article SET live_revision = NULL WHERE id = :id"), {"id": number})
    people.supervisor.put(f"/kb/articles/{number}", {"body": "new words"})
    kept = people.supervisor.get(f"/kb/articles/{number}/versions/1")
    assert (kept["title"], kept["content"]["body"], kept["state"]) == ("As it was", "old words", "published")
    assert people.supervisor.get(f"/kb/articles/{number}/versions")[0]["isLive"]


def test_two_editors_learn_of_each_other_and_no_save_is_lost(people):
    one, other = people.supervisor, people.manager
    number = published(one)
    address = f"/kb/articles/{number}"
    assert one.post(f"{address}/editing")["others"] == []
    assert [who["id"] for who in other.post(f"{address}/editing")["others"]] == [one.user_id]
    seen = draft(one, number)["version"]
    answers = at_once(
        *(
            lambda person=person: person.put(f"{address}/draft", {"body": unique(), "version": seen}, expect=(200, 409))
            for person in (one, other)
        )
    )
    assert sorted(answer.get("error", "") for answer in answers) == ["", "stale"]
    assert one.post(f"{address}/editing")["updatedBy"]["id"] in (one.user_id, other.user_id)
    one.post(f"{address}/editing", {"closing": True})
    assert other.post(f"{address}/editing")["others"] == []


# --- four eyes ------------------------------------------------------------------------------------------------------


def test_what_is_wanted_reviewed_is_published_by_a_second_person_only(people, reviewing):
    """The reviewer is told, the author learns the outcome with its reason, and readers keep what was approved."""
    author, reviewer, reader = people.supervisor, people.manager, people.visitor()
    number = written(author, title="Reviewed", body="first")
    address = f"/kb/articles/{number}"
    assert author.post(f"{address}/publish", expect=409)["error"] == "review_required"
    state = author.post(f"{address}/submit", {"note": "please look"})
    assert state["proposal"] == "in_review" and "publish" not in state["may"] and "approve" not in state["may"]
    link = f"/desk/knowledge/{number}/edit"
    told = eventually(lambda: [one for one in reviewer.get("/notifications")["list"] if one["link"] == link])
    assert told[0]["kind"] == "article.submitted" and told[0]["params"]["note"] == "please look"
    assert not [one for one in author.get("/notifications")["list"] if one["link"] == link]
    author.post(f"{address}/approve", {"revision": 1}, expect=403)
    assert author.put(f"{address}/draft", {"body": "changed"}, expect=409)["error"] == "locked"
    assert author.put(address, {"body": "changed"}, expect=409)["error"] == "locked"
    reviewer.post(f"{address}/send-back", {"revision": 1, "reason": " "}, expect=400)
    reviewer.post(f"{address}/send-back", {"revision": 1, "reason": "no example"})
    told = eventually(lambda: [one for one in author.get("/notifications")["list"] if one["link"] == link])
    assert (told[0]["kind"], told[0]["params"]["reason"]) == ("article.returned", "no example")
    assert draft(author, number)["revision"]["reason"] == "no example"
    author.put(f"{address}/draft", {"body": "with an example"})
    author.post(f"{address}/submit")
    assert reviewer.post(f"{address}/approve", {"revision": 1}, expect=409)["error"] == "stale"
    reviewer.post(f"{address}/approve", {"revision": 2})
    assert "with an example" in reader.get(address)["bodyHtml"]
    eventually(lambda: [one for one in author.get("/notifications")["list"] if one["kind"] == "article.approved"])
    # a change of what is public waits, whichever door it comes by, while readers keep what was approved
    assert author.put(address, {"body": "sneaked in", "visibility": "staff"})["status"] == "published"
    assert draft(author, number)["proposal"] == "working"
    assert author.post(f"{address}/publish", expect=409)["error"] == "review_required"
    author.post(f"{address}/submit")
    assert "with an example" in reader.get(address)["bodyHtml"]
    assert author.post(f"{address}/take-back")["proposal"] == "working"
    author.delete(f"{address}/draft")
    # withdrawn and published again: that text has been approved
    author.post(f"{address}/withdraw")
    author.post(f"{address}/publish")
    assert "with an example" in reader.get(address)["bodyHtml"]
    # who may approve his own needs nobody
    own = written(people.admin, body="own")
    people.admin.post(f"/kb/articles/{own}/publish")
    reader.get(f"/kb/articles/{own}")


def test_scheduled_articles_appear_at_their_hour(people, database):
    editor, reader = people.supervisor, people.visitor()
    number = published(editor, title="Before", body="before")
    address = f"/kb/articles/{number}"
    editor.put(f"{address}/draft", {"title": "After"})
    state = editor.post(f"{address}/publish", {"dueTime": ago_or_ahead(3600)})
    assert state["proposal"] == "scheduled" and title(reader, number) == "Before"
    assert editor.put(f"{address}/draft", {"title": "x"}, expect=409)["error"] == "locked"
    assert draft(editor, number)["revision"]["dueTime"]
    with database.begin() as connection:
        connection.execute(
            sa.text("UPDATE article_revision SET due_time = :now WHERE article_id = :id AND due_time IS NOT NULL"),
            {"id": number, "now": ago(1)},
        )
    eventually(lambda: title(reader, number) == "After", timeout=20)
    assert draft(editor, number)["proposal"] == "none"
    editor.put(f"{address}/draft", {"title": "Later"})
    editor.post(f"{address}/publish", {"dueTime": ago_or_ahead(3600)})
    editor.post(f"{address}/publish")  # not then but now
    assert title(reader, number) == "Later"


# --- files ----------------------------------------------------------------------------------------------------------


def test_a_picture_is_given_to_exactly_those_who_may_read_its_article(people):
    """KB-2, G01: not before its text is published, not from an old version, and never by naming somebody else's."""
    editor, reader = people.supervisor, people.visitor()
    file = editor.upload("screen.png", picture(), "image/png")
    content = f"/files/{file['fileId']}/content"
    number = published(editor, visibility="public")
    address = f"/kb/articles/{number}"
    editor.put(f"{address}/draft", {"body": f"see ![screen]({file['url']})"})
    reader.get(content, expect=404)
    assert people.manager.request("GET", content).status_code == 200
    editor.post(f"{address}/publish")
    for person in (reader, people.anonymous, people.agent):
        assert person.request("GET", content).content[:4] == b"\x89PNG"
    assert file["url"] in reader.get(address)["bodyHtml"]
    editor.put(address, {"visibility": "staff"})
    reader.get(content, expect=404)
    assert people.agent.request("GET", content).status_code == 200
    editor.put(address, {"visibility": "public", "body": "no picture any more"})
    reader.get(content, expect=404)
    editor.put(address, {"body": f"again ![screen]({file['url']})"})
    editor.post(f"{address}/withdraw")
    reader.get(content, expect=404)
    # what a customer has sent is named in an article: nobody gets it by that
    served = people.served()
    private = served.customer.upload("private.png", picture("blue"), "image/png")
    served.customer.post(
        f"{served.path}/messages", {"clientMsgId": unique("m"), "type": "image", "fileId": private["fileId"]}
    )
    thief = published(editor, body=f"![x]({private['url']})")
    assert [one["fileId"] for one in draft(editor, thief)["files"]] == []
    reader.get(f"/files/{private['fileId']}/content", expect=404)
    # copied from one article into another it goes along
    other = published(editor, body=f"![screen]({file['url']})")
    assert [one["fileId"] for one in draft(editor, other)["files"]] == [file["fileId"]]
    assert reader.request("GET", content).status_code == 200


# --- abuse ----------------------------------------------------------------------------------------------------------

HOSTILE = """
# <script>alert(1)</script>
<img src=x onerror=alert(1)> [a](javascript:alert(1)) [b](JaVa\tScript:alert(1)) [c](data:text/html,x)
![d](javascript:alert(1)) ![e](http://evil.example/?q=1) <http://a"onmouseover="alert(1)>
{{constructor.constructor("alert(1)")()}} </script><script>alert(2)</script> <svg onload=alert(3)>
[f](vbscript:x) [g](\x01javascript:alert(4)) <iframe src="//evil.example"></iframe>
"""


def test_hostile_text_is_words_in_article_preview_and_history(people):
    """F03, F05, F09: what an article or an import carries is shown, never run, and fetches nothing elsewhere."""
    editor = people.supervisor
    number = published(editor, title='<img src=x onerror="alert(1)">', body=HOSTILE)
    rendered = [
        people.visitor().get(f"/kb/articles/{number}")["bodyHtml"],
        editor.post("/kb/preview", {"body": HOSTILE})["html"],
        editor.get(f"/kb/articles/{number}/versions/1")["bodyHtml"],
    ]
    assert len(set(rendered)) == 1
    tags = re.findall(r"<[^>]*>", rendered[0].lower())
    assert {re.match(r"</?(\w+)", tag)[1] for tag in tags} <= {"h1", "p", "br", "img", "a"}
    for wrong in ("onerror", "onload", "onmouseover", "javascript:", "vbscript:", "data:", "evil.example/?q"):
        assert not [tag for tag in tags if wrong in re.sub(r'href="http[^"]*"', "", tag)], wrong
    assert not [tag for tag in tags if re.search(r'"\s*on\w+=', tag)]


def test_comparing_what_is_meant_to_take_for_ever_takes_a_moment(people):
    """F36: equal lines without end, and Chinese without a word in common; nothing of either text is lost."""
    lines, other = "\n" * 150_000, "x" + "\n" * 70_000 + "y" + "\n" * 79_000
    chinese, turned = "的一是不了" * 10_000, "了不是一的" * 10_000
    for before, after in ((lines, other), (chinese, turned)):
        parts = people.supervisor.post("/kb/compare", {"before": before, "after": after}, timeout=10)
        assert "".join(part["text"] for part in parts if part["kind"] != "added") == before
        assert "".join(part["text"] for part in parts if part["kind"] != "removed") == after


def test_drafts_and_their_doors_are_closed_to_readers(people):
    """C05: a customer or agent changes nothing, sees no draft, no version, no template."""
    number, customer = written(people.supervisor), people.customer
    for person in (customer, people.agent):
        for method, path in (
            ("GET", "draft"),
            ("PUT", "draft"),
            ("GET", "versions"),
            ("GET", "compare"),
            ("POST", "submit"),
            ("POST", "publish"),
            ("POST", "editing"),
        ):
            body = {"title": "x"} if method == "PUT" else None
            person.call(method, f"/kb/articles/{number}/{path}", body, expect=403)
        person.get("/kb/templates", expect=403)
    people.supervisor.put(f"/kb/articles/{number}/draft", {"tenantId": 2}, expect=400)
    people.supervisor.put(f"/kb/articles/{number}", {"proposal": "none"}, expect=400)


# --- order ----------------------------------------------------------------------------------------------------------


def test_editors_find_articles_by_category_tag_state_author_and_translation(people):
    editor = people.supervisor
    top = editor.post("/kb/categories", {"name": unique("top")})["id"]
    below = editor.post("/kb/categories", {"name": unique("below"), "parentId": top})["id"]
    tag = f'标签_{unique()}%"x'
    number = published(editor, categoryId=below, tags=[tag], locale="zh")
    english = written(people.manager, locale="en", translationOfId=number, categoryId=top)

    def found(**filters) -> set[int]:
        return {row["id"] for row in editor.get("/kb/articles", **filters)["list"]}

    assert found(categoryId=top) == {english} and found(categoryId=top, withBelow=1) == {english, number}
    assert found(tag=tag) == {number} and found(tag=tag[:-1] + "_") == set()
    assert {"tag": tag, "count": 1} in editor.get("/kb/tags")
    assert found(categoryId=top, withBelow=1, authorId=people.manager.user_id) == {english}
    editor.put(f"/kb/articles/{number}/draft", {"body": "changed"})
    assert found(categoryId=top, withBelow=1, proposal="working") == {number}
    assert found(categoryId=top, withBelow=1, hasIndexError=1) == set()
    assert [(one["id"], one["locale"]) for one in draft(editor, number)["translations"]] == [(english, "en")]
    refused = editor.post(
        "/kb/articles", {"title": "a", "body": "b", "locale": "en", "translationOfId": number}, expect=400
    )
    assert "translationOfId" in refused["fields"]
    # a tree with an order
    first, second = (editor.post("/kb/categories", {"name": unique("c"), "parentId": top})["id"] for _ in range(2))
    editor.post(f"/kb/categories/{second}/move", {"parentId": top, "position": 0})
    rows = editor.get("/kb/categories", parentId=top, sort="sort")["list"]
    assert [row["id"] for row in rows] == [second, below, first]
    editor.post(f"/kb/categories/{top}/move", {"parentId": second}, expect=409)
    template = editor.post("/kb/templates", {"name": unique("t"), "title": "如何…？", "body": "## 步骤\n1. "})
    assert editor.get(f"/kb/templates/{template['id']}")["body"] == "## 步骤\n1. "


def test_an_author_without_the_right_to_publish_writes_and_asks(people, reviewing):
    role = role_with(people, "article.read", "article.create", "article.update", "article_category.read", "file.upload")
    author = people.new("agent", roleIds=[role])
    number = written(author)
    assert set(draft(author, number)["may"]) == {"save", "submit"}
    author.post(f"/kb/articles/{number}/publish", expect=403)
    author.post(f"/kb/articles/{number}/approve", {"revision": 1}, expect=403)
    author.post(f"/kb/articles/{number}/submit")
    people.supervisor.post(f"/kb/articles/{number}/approve", {"revision": 1})
    people.visitor().get(f"/kb/articles/{number}")
