"""An account without an e-mail address has none: what is stored in its place is nobody's business."""

from tests.people import unique

PLACEHOLDER = "local.invalid"


def test_no_answer_shows_the_placeholder(people):
    person = people.new("agent")
    people.admin.put(f"/users/{person.user_id}", {"fullName": "Somebody else"})
    shown = [
        person.get("/user/info"),
        person.get("/session"),
        people.admin.get(f"/users/{person.user_id}"),
        people.admin.get("/users", q=person.username),
        people.admin.get("/operation-logs", targetType="ab_user", targetId=person.user_id),
    ]
    assert shown[0]["email"] is None
    made = next(row for row in shown[-1]["list"] if row["operation"] == "user.create")
    assert "email" in made["after"] and made["after"]["email"] is None
    assert PLACEHOLDER not in str(shown)


def test_no_page_of_the_administration_shows_the_placeholder(people):
    person = people.new("customer")
    log = people.admin.get("/operation-logs", targetType="ab_user", targetId=person.user_id)["list"]
    number = next(row["id"] for row in log if row["operation"] == "user.create")
    pages = [
        f"/admin/user/show/{person.user_id}",
        f"/admin/user/edit/{person.user_id}",
        f"/admin/operation_log/show/{number}",
    ]
    for page in pages:
        answer = people.admin.request("GET", people.admin.base_url + page)
        assert answer.status_code == 200, page
        assert PLACEHOLDER not in answer.text, page


def test_an_address_can_be_taken_away_again(people):
    email = f"{unique('mail')}@example.org"
    person = people.new("agent", email=email)
    assert person.put("/user/info", {"email": ""})["email"] is None
    assert person.get("/user/info")["emailVerified"] is False
    people.new("agent", email=email)  # it is free for somebody else
