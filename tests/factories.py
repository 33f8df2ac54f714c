"""Things that exist in a company, made over REST when a test asks for one by its kind: `things.make("ticket").id`.

Each thing belongs to a new visitor (its owner) where it can belong to a customer, and is served by `company.agent`.
Every text in it holds `marker`, so that a leak can be found in any answer.
"""

import io
import secrets
from dataclasses import dataclass, field

from PIL import Image

from tests.people import Company, Person, unique
from tests.servers import free_port
from tests.waiting import eventually


@dataclass(frozen=True)
class Thing:
    """One object: its number, whose it is, and the numbers of what it hangs on ({"session": 7, "message": 30})."""

    id: int
    owner: Person | None = None
    ids: dict[str, int | str] = field(default_factory=dict)


class Things:
    """Makes things of one company: `make` always a new one, `any` one that is shared as long as nobody changes it."""

    def __init__(self, company: Company, marker: str = ""):
        self.company, self.marker = company, marker or unique("thing")
        self._kept: dict[str, Thing] = {}

    def make(self, kind: str) -> Thing:
        thing = getattr(self, f"_{kind}")()
        return Thing(thing.id, thing.owner, {kind: thing.id, **thing.ids})

    def any(self, kind: str) -> Thing:
        if kind not in self._kept:
            self._kept[kind] = self.make(kind)
        return self._kept[kind]

    def forget(self, kind: str) -> None:
        """This one has been changed: the next asker gets a new one."""
        self._kept.pop(kind, None)

    def text(self) -> str:
        return unique(self.marker)

    # --- conversations and tickets ------------------------------------------------------------------------------

    def _session(self) -> Thing:
        served = self.company.served(self.company.visitor(self.text()))
        message = served.customer.say(served.path, self.text())
        note = served.agent.say(served.path, self.text(), type="note")
        return Thing(
            served.id,
            served.customer,
            {
                "message": message["messageId"],
                "note": note["messageId"],
                "session": served.id,
                "thread": served.thread_id,
            },
        )

    def _waiting_session(self) -> Thing:
        visitor = self.company.visitor(self.text())
        number = visitor.open_conversation()["id"]
        visitor.post(f"/sessions/{number}/handover")
        return Thing(number, visitor)

    def _offered_session(self) -> Thing:
        """One that its agent offers to `other_team_agent`."""
        thing = self._session()
        other = self.company.other_team_agent
        self.company.make_room(other)
        other.be("busy")
        self.company.agent.post(f"/sessions/{thing.id}/transfer", {"toAgentId": other.agent_id})
        return thing

    def _rated_session(self) -> Thing:
        thing = self._closed_session()
        thing.owner.post(f"/sessions/{thing.id}/rating", {"score": 4})
        return thing

    def _held_session(self) -> Thing:
        thing = self._session()
        self.company.agent.post(f"/sessions/{thing.id}/hold")
        return thing

    def _closed_session(self) -> Thing:
        thing = self._session()
        self.company.agent.put(f"/sessions/{thing.id}/close")
        return thing

    def _preserved_session(self) -> Thing:
        thing = self._closed_session()
        self.company.admin.post(f"/sessions/{thing.id}/legal-hold", {"reason": self.text()})
        return thing

    def _export(self) -> Thing:
        """A file of the supervisor's."""
        boss = self.company.supervisor
        number = boss.post("/exports", {"format": "csv", "sessionId": self._closed_session().id})["id"]
        eventually(lambda: boss.get(f"/exports/{number}")["state"] == "done", timeout=30)
        return Thing(number)

    def _articles_export(self) -> Thing:
        """A file of the supervisor's."""
        boss = self.company.supervisor
        self.any("article")
        number = boss.post("/kb/exports", {"format": "xlsx"})["id"]
        eventually(lambda: boss.get(f"/kb/exports/{number}")["state"] == "done", timeout=30)
        return Thing(number)

    def _tickets_export(self) -> Thing:
        """A file of the supervisor's."""
        boss = self.company.supervisor
        number = boss.post("/tickets/exports", {"format": "csv", "ids": [self.make("ticket").id]})["id"]
        eventually(lambda: boss.get(f"/tickets/exports/{number}")["state"] == "done", timeout=30)
        return Thing(number)

    def _saved_view(self) -> Thing:
        """One that the supervisor shares with everybody."""
        wanted = {"name": self.text()[:64], "filters": {"status": "pending"}, "audience": "everybody"}
        return Thing(self.company.supervisor.post("/ticket-views", wanted)["id"])

    def _own_saved_view(self) -> Thing:
        """A private one of the agent's."""
        wanted = {"name": self.text()[:64], "filters": {"assigneeId": "me"}}
        return Thing(self.company.agent.post("/ticket-views", wanted)["id"])

    def _import(self) -> Thing:
        """A file of articles that was read and waits for a choice."""
        boss = self.company.supervisor
        table = f"title,text\n{self.text()},{self.text()}\n".encode()
        answer = boss.request("POST", "/kb/imports", files={"file": ("faq.csv", table)})
        number = answer.json()["data"]["id"]
        eventually(lambda: boss.get(f"/kb/imports/{number}")["state"] == "ready", timeout=30)
        return Thing(number)

    def _waiting_ticket(self) -> Thing:
        """A ticket nobody works on."""
        visitor = self.company.visitor(self.text())
        return Thing(self.company.ticket(visitor, title=self.text())["id"], visitor)

    def _ticket(self) -> Thing:
        visitor = self.company.visitor(self.text())
        ticket = self.company.ticket(visitor, self.company.agent, title=self.text(), description=self.text())
        path = f"/tickets/{ticket['id']}"
        message = visitor.say(path, self.text())
        self.company.agent.post(f"{path}/follow-ups", {"content": self.text(), "result": self.text()})
        return Thing(
            ticket["id"],
            visitor,
            {"message": message["messageId"], "version": ticket["version"], "thread": ticket["threadId"]},
        )

    def _staff_ticket(self) -> Thing:
        """A ticket without a customer, on which the agent works."""
        supervisor, agent = self.company.supervisor, self.company.agent
        ticket = supervisor.post("/tickets", {"title": self.text(), "description": self.text()})
        supervisor.post(f"/tickets/{ticket['id']}/assign", {"agentId": agent.agent_id})
        return Thing(ticket["id"])

    def _ticket_link(self) -> Thing:
        ticket, other = self._ticket(), self._staff_ticket()
        link = self.company.agent.post(f"/tickets/{ticket.id}/links", {"otherId": other.id})
        return Thing(ticket.id, ticket.owner, {"link": link["id"]})

    def _merged_ticket(self) -> Thing:
        ticket, into = self._staff_ticket(), self._ticket()
        self.company.agent.post(f"/tickets/{ticket.id}/merge", {"intoId": into.id})
        return ticket

    def _solved_ticket(self) -> Thing:
        thing = self._ticket()
        solved = {"status": "resolved", "resolution": self.text()}
        self.company.agent.post(f"/tickets/{thing.id}/flow", solved)
        return thing

    def _rated_ticket(self) -> Thing:
        thing = self._solved_ticket()
        thing.owner.post(f"/tickets/{thing.id}/rating", {"score": 4})
        return thing

    def _file(self) -> Thing:
        """A file that the customer sent in his conversation."""
        thing = self._session()
        file = thing.owner.upload(f"{self.text()}.png", picture(), "image/png")
        thing.owner.say(f"/sessions/{thing.id}", self.text(), type="image", fileId=file["fileId"])
        return Thing(file["fileId"], thing.owner, {"session": thing.id})

    def _own_file(self) -> Thing:
        """A file of the agent's that no message carries yet."""
        return Thing(self.company.agent.upload(f"{self.text()}.txt", self.text().encode(), "text/plain")["fileId"])

    def _notification(self) -> Thing:
        self._session()
        return Thing(self.company.agent.get("/notifications")["list"][0]["id"])

    # --- people -------------------------------------------------------------------------------------------------

    def _user(self) -> Thing:
        return Thing(self.company.new("agent", self.text()).user_id)

    def _avatar(self) -> Thing:
        """The picture of an account."""
        person = self.company.new("agent", self.text())
        url = person.put("/user/avatar", files={"file": ("face.png", picture())})["avatarUrl"]
        return Thing(person.user_id, ids={"key": url.rsplit("/", 1)[1]})

    def _agent(self) -> Thing:
        person = self.company.new("agent", self.text())
        self.company.make_room(person)
        return Thing(person.agent_id)

    def _present_agent(self) -> Thing:
        """One who can be asked to take a conversation over; the queue gives him none."""
        person = self.company.new("agent", self.text())
        person.be("busy")
        return Thing(person.agent_id)

    def _retired_agent(self) -> Thing:
        """An account without agent profile: the profile was deleted."""
        person = self.company.new("agent", self.text())
        self.company.admin.delete(f"/agents/{person.agent_id}")
        return Thing(person.user_id)

    def _customer(self) -> Thing:
        thing = self._session()
        return Thing(thing.owner.customer_id, thing.owner, {"session": thing.id})

    def _preserved_customer(self) -> Thing:
        thing = self._customer()
        self.company.admin.post(f"/customers/{thing.id}/legal-hold", {"reason": self.text()})
        return thing

    def _served_customer(self) -> Thing:
        """A customer for whom everything is done."""
        thing = self._closed_session()
        return Thing(thing.owner.customer_id, thing.owner)

    def _role(self) -> Thing:
        return self._created("/roles", {"name": self.text(), "description": self.text()})

    # --- what an administrator keeps ----------------------------------------------------------------------------

    def _department(self) -> Thing:
        return self._created("/departments", {"name": self.text(), "code": self.text(), "description": self.text()})

    def _team(self) -> Thing:
        return self._created("/teams", {"name": self.text(), "description": self.text()})

    def _other_team(self) -> Thing:
        return self._team()

    def _membership(self) -> Thing:
        """A team with a member, named by his account."""
        team, person = self._team(), self.company.new("agent", self.text())
        self.company.admin.post(f"/teams/{team.id}/members", {"agentId": person.agent_id})
        return Thing(team.id, ids={"user_id": person.user_id})

    def _entry_code(self) -> Thing:
        """The QR code of an agent who has a face."""
        person = self.company.new("agent", self.text())
        person.put("/user/avatar", files={"file": ("face.png", picture())})
        entry = self.company.admin.post(
            "/entry-codes", {"name": self.text(), "kind": "agent", "agentId": person.agent_id}
        )
        return Thing(entry["id"], ids={"code": entry["code"], "version": entry["version"]})

    def _routing_rule(self) -> Thing:
        """One that is off: the company goes on assigning as it did."""
        return self._created("/routing-rules", {"name": self.text(), "strategies": ["fewest"], "active": False})

    def _ticket_rule(self) -> Thing:
        """One that is off: tickets go on waiting in the pool."""
        return self._created("/ticket-rules", {"name": self.text(), "strategies": ["fewest"], "active": False})

    def _ticket_transfer(self) -> Thing:
        """A request of `agent` to pass a ticket on to `other_team_agent`, who does not see it."""
        thing = self._ticket()
        settings = self.company.admin.get("/settings")
        self.company.admin.put("/settings", {"values": {"ticket_transfer_approval": True}})
        try:
            body = {"toAgentId": self.company.other_team_agent.agent_id, "reason": self.text()}
            ticket = self.company.agent.post(f"/tickets/{thing.id}/transfer", body)
        finally:
            kept = settings["ticket_transfer_approval"]
            self.company.admin.put("/settings", {"values": {"ticket_transfer_approval": kept}})
        return Thing(ticket["pendingTransfer"]["id"], thing.owner, {"ticket": thing.id})

    def _new_problem_type(self) -> str:
        """A code of the dictionary that has no keywords yet."""
        found = self.company.admin.get("/dictionaries", code="problem_type")["list"][0]
        code = unique("type")
        self.company.admin.post("/dictionary-items", {"dictionaryId": found["id"], "code": code, "label": self.text()})
        return code

    def _problem_type(self) -> Thing:
        return Thing(self._new_problem_type())

    def _problem_profile(self) -> Thing:
        return self._created("/problem-profiles", {"problemType": self._new_problem_type(), "keywords": [self.text()]})

    def _work_calendar(self) -> Thing:
        return self._created("/work-calendars", {"name": self.text(), "monday": "09:00-18:00"})

    def _new_calendar(self) -> Thing:
        """One on whose days nothing is entered."""
        return self._work_calendar()

    def _work_day(self) -> Thing:
        return self._created(
            "/work-days", {"calendarId": self._work_calendar().id, "day": "2030-05-01", "name": self.text()}
        )

    def _sla_policy(self) -> Thing:
        """One that is off: tickets go on as they did."""
        return self._created("/sla-policies", {"name": self.text(), "resolutionMinutes": 60, "active": False})

    def _sla_escalation(self) -> Thing:
        return self._created("/sla-escalations", {"policyId": self._sla_policy().id, "percent": 150})

    def _duty_shift(self) -> Thing:
        """A night of years to come."""
        return self._created(
            "/duty-shifts",
            {
                "teamId": self._team().id,
                "startTime": "2030-01-01T18:00:00Z",
                "endTime": "2030-01-02T09:00:00Z",
                "note": self.text(),
            },
        )

    def _customer_team_relation(self) -> Thing:
        customer = self._customer()
        made = self._created(
            "/customer-team-relations",
            {"customerId": customer.id, "teamId": self._team().id, "note": self.text()},
        )
        return Thing(made.id, customer.owner, made.ids)

    def _new_customer(self) -> Thing:
        """One whom nobody looks after."""
        return self._created("/customers", {"name": self.text()})

    def _organization(self) -> Thing:
        return self._created("/organizations", {"name": self.text(), "note": self.text()})

    def _contact(self) -> Thing:
        return self._created("/contacts", {"name": self.text(), "organizationId": self.any("organization").id})

    def _category(self) -> Thing:
        return self._created("/kb/categories", {"name": self.text()})

    def _read_category(self) -> Thing:
        """A category in which customers find something."""
        category = self._category()
        self._article(categoryId=category.id)
        return category

    def _article(self, **more) -> Thing:
        article = self._created(
            "/kb/articles", {"title": self.text(), "body": self.text(), "visibility": "public", **more}
        )
        self.company.admin.post(f"/kb/articles/{article.id}/publish")
        return article

    def _verdict(self) -> Thing:
        article = self.any("article")
        self.company.visitor().post(f"/kb/articles/{article.id}/feedback", {"helpful": False, "comment": self.text()})
        return Thing(self.company.admin.get("/kb/verdicts", articleId=article.id)["list"][0]["id"])

    def _draft(self) -> Thing:
        return self._created("/kb/articles", {"title": self.text(), "body": self.text()})

    def _article_version(self) -> Thing:
        article = self._article()
        return Thing(article.id, ids={"article": article.id, "number": 1})

    def _reviewed(self) -> Thing:
        """An article on which a decision is awaited."""
        draft = self._draft()
        self.company.admin.post(f"/kb/articles/{draft.id}/submit")
        return Thing(draft.id, ids={"article": draft.id})

    def _article_template(self) -> Thing:
        return self._created("/kb/templates", {"name": self.text(), "title": self.text(), "body": self.text()})

    def _quick_reply(self) -> Thing:
        return self._created("/quick-replies", {"code": unique("q"), "title": self.text(), "content": self.text()})

    def _automation_rule(self) -> Thing:
        """One that is off, as all new ones."""
        return self._created(
            "/automation-rules", {"name": self.text(), "actions": [{"action": "note", "value": self.text()}]}
        )

    def _automation_run(self) -> Thing:
        """What a rule did to a ticket; it is off again."""
        word, admin = self.text(), self.company.admin
        rule = admin.post(
            "/automation-rules",
            {
                "name": self.text(),
                "active": True,
                "conditions": {"items": [{"field": "title", "operator": "contains", "value": [word]}]},
                "actions": [{"action": "set_priority", "value": "urgent"}],
            },
        )
        self.company.ticket(title=word)
        runs = eventually(lambda: admin.get("/automation-runs", ruleId=rule["id"])["list"], timeout=30)
        admin.put(f"/automation-rules/{rule['id']}", {"active": False})
        return Thing(runs[0]["id"])

    def _macro(self) -> Thing:
        return self._created("/macros", {"name": self.text(), "actions": [{"action": "note", "value": self.text()}]})

    def _ticket_template(self) -> Thing:
        """One that customers are offered too."""
        return self._created("/ticket-templates", {"name": self.text(), "title": self.text(), "isPublic": True})

    def _own_quick_reply(self) -> Thing:
        """A personal one of the agent's."""
        reply = self.company.agent.post(
            "/quick-replies", {"code": unique("q"), "title": self.text(), "content": self.text()}
        )
        return Thing(reply["id"])

    def _question(self) -> Thing:
        visitor = self.company.visitor(self.text())
        return Thing(visitor.post("/kb/qa", {"question": self.text()})["questionId"], visitor)

    def _bot_menu_entry(self) -> Thing:
        return self._created("/bot-menu-entries", {"labelZh": self.text()[:40], "kind": "question", "active": False})

    def _learned_model(self) -> Thing:
        """Of the types of enough tickets."""
        admin = self.company.admin
        for number in range(20):
            for type_, word in (("bug", "系统崩溃"), ("consult", "咨询价格")):
                admin.post("/tickets", {"title": f"{word} {number} {self.text()}", "type": type_})
        admin.post("/learned-models/train", {"subject": "ticket_type"})
        found = eventually(lambda: admin.get("/learned-models", subject="ticket_type")["list"], timeout=60)
        return Thing(found[0]["id"])

    def _proposed_quick_reply(self) -> Thing:
        """One that the agent would like to share."""
        reply = self._own_quick_reply()
        self.company.agent.post(f"/quick-replies/{reply.id}/propose", {})
        return reply

    def _past_answer(self) -> Thing:
        """What the agent told a customer who was content."""
        session = self._session()
        path, agent = f"/sessions/{session.id}", self.company.agent
        agent.say(path, f"{self.text()} was the answer to that")
        agent.put(f"{path}/close")
        session.owner.post(f"{path}/rating", {"score": 5})
        row = eventually(
            lambda: next(
                (
                    one
                    for one in self.company.admin.get("/kb/past-answers")["list"]
                    if one["conversationId"] == session.id
                ),
                None,
            )
        )
        return Thing(row["id"], session.owner)

    def _synonym(self) -> Thing:
        return self._created("/kb/synonyms", {"words": [self.text(), self.text()]})

    def _domain_word(self) -> Thing:
        return self._created("/kb/domain-words", {"word": self.text()})

    def _sensitive_word(self) -> Thing:
        return self._created("/sensitive-words", {"word": self.text(), "groupName": self.text()})

    def _sensitive_alert(self) -> Thing:
        """What came of a message of the conversation that the agent serves."""
        word = self.text()
        self.company.admin.post("/sensitive-words", {"word": word})
        thing = self._session()
        thing.owner.say(f"/sessions/{thing.id}", f"{self.text()} {word}")
        alerts = self.company.admin.get("/sensitive-alerts", conversationId=thing.id)["list"]
        return Thing(alerts[0]["id"], thing.owner, {"session": thing.id})

    def _dictionary(self) -> Thing:
        code = self.text()
        return Thing(self._created("/dictionaries", {"code": code, "name": self.text()}).id, ids={"code": code})

    def _custom_field(self) -> Thing:
        return self._created(
            "/custom-fields",
            {"subject": "organization", "code": unique("field"), "label": self.text(), "kind": "text"},
        )

    def _free_ticket_type(self) -> Thing:
        """A code of the dictionary that has no workflow yet."""
        found = self.company.admin.get("/dictionaries", code="ticket_type")["list"][0]
        code = unique("type")
        self.company.admin.post("/dictionary-items", {"dictionaryId": found["id"], "code": code, "label": self.text()})
        return Thing(code)

    def _ticket_workflow(self) -> Thing:
        return self._created("/ticket-workflows", {"ticketType": self._free_ticket_type().id})

    def _dictionary_item(self) -> Thing:
        return self._created(
            "/dictionary-items", {"dictionaryId": self.any("dictionary").id, "code": self.text(), "label": self.text()}
        )

    def _widget(self) -> Thing:
        code = self.text()
        made = self._created("/channels", {"code": code, "name": self.text(), "origins": ["https://www.example.org"]})
        return Thing(made.id, ids={**made.ids, "code": code})

    def _wechat_channel(self) -> Thing:
        """One that has no account yet."""
        return self._created("/channels", {"code": self.text(), "name": self.text(), "kind": "wechat"})

    def _question_group(self) -> Thing:
        asker, admin = self.company.visitor(), self.company.admin
        # like no article and no other question: of two words one would by chance look like one of another group
        text = "".join(chr(secrets.choice(range(0x4E00, 0x9000))) for _ in range(16))
        asker.post("/kb/qa", {"question": text})
        admin.post("/kb/question-groups/refresh")
        # the timetable may be at it just now, with this question in its hands
        return Thing(eventually(lambda: admin.get("/kb/question-groups", q=text)["list"])[0]["id"], asker)

    def _asked_question(self) -> Thing:
        group = self._question_group()
        return Thing(self.company.admin.get(f"/kb/question-groups/{group.id}")["examples"][0]["questionId"])

    def _evaluation_question(self) -> Thing:
        return self._created("/kb/evaluation-questions", {"text": self.text()})

    def _evaluation_run(self) -> Thing:
        self._evaluation_question()
        number = self._created("/kb/evaluation-runs", {"note": self.text()}).id
        eventually(lambda: self.company.admin.get(f"/kb/evaluation-runs/{number}")["state"] == "done")
        return Thing(number)

    def _language_model(self, **more) -> Thing:
        return self._created(
            "/language-models", {"baseUrl": "https://llm.example.org/v1", "model": self.text(), **more}
        )

    def _closed_language_model(self) -> Thing:
        """One at a place where nobody answers."""
        return self._language_model(baseUrl=f"http://localhost:{free_port()}/v1")

    def _model_call(self) -> Thing:
        made = self._closed_language_model()
        self.company.admin.post(f"/language-models/{made.id}/try", {"question": self.text()})
        return Thing(self.company.admin.get("/model-calls")["list"][0]["id"])

    def _wechat_account(self) -> Thing:
        body = {"channelId": self._wechat_channel().id, "appId": self.text(), "appSecret": self.text()}
        return self._created("/wechat-accounts", body | {"token": "tokenOfTests", "aesKey": "a" * 42 + "A"})

    def _widget_logo(self) -> Thing:
        thing = self._widget()
        file = {"file": ("logo.png", picture(), "image/png")}
        address = self.company.admin.post(f"/channels/{thing.id}/logo", files=file)["logoUrl"]
        return Thing(thing.id, ids={**thing.ids, "key": address.rsplit("/", 1)[1]})

    def _invitation(self) -> Thing:
        body = {"channelId": self.any("widget").id, "name": self.text(), "textZh": self.text()}
        return self._created("/invitations", body)

    def _created(self, path: str, body: dict) -> Thing:
        row = self.company.admin.post(path, body)
        return Thing(row["id"], ids={"version": row.get("version", 0)})


def picture(kind: str = "PNG", size: tuple[int, int] = (8, 8)) -> bytes:
    """A small picture of one colour."""
    output = io.BytesIO()
    Image.new("RGB", size, (30, 120, 200)).save(output, kind)
    return output.getvalue()
