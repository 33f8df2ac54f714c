"""Who may do what: every endpoint and every socket event, with each role's answer. A new endpoint needs a new line.

The eight columns are ROLES. `owner` is the visitor whom the thing concerns, `customer` is somebody else, `agent`
serves the thing, `other_agent` does not. What one may not see is 404, what one sees but may not do is 403.
"""

import base64
from dataclasses import dataclass

ROLES = ("anonymous", "owner", "customer", "agent", "other_agent", "supervisor", "admin", "super_admin")

#                 anonymous owner customer agent other supervisor admin super
EVERYBODY = "200 200 200 200 200 200 200 200"
SIGNED_IN = "401 200 200 200 200 200 200 200"
WITH_ACCOUNT = "401 401 200 200 200 200 200 200"
STAFF = "401 403 403 200 200 200 200 200"
LEADERS = "401 403 403 403 403 200 200 200"
ADMINISTRATORS = "401 403 403 403 403 403 200 200"
SUPER = "401 403 403 403 403 403 403 200"
CUSTOMERS = "401 200 200 403 403 403 403 403"

#: a conversation or ticket: its customer, its agent and those who lead
CONCERNED = "401 200 404 200 404 200 200 200"
CONCERNED_STAFF = "401 403 403 200 404 200 200 200"
#: figures of somebody else
ITS_LEADERS = "401 403 403 404 404 200 200 200"
#: what staff see beside a conversation: for customers it does not exist
MARKS = "401 404 404 200 404 200 200 200"


@dataclass(frozen=True)
class Row:
    """One endpoint: what it acts on (a kind of tests.factories), a body that succeeds, and the status per role.

    In a body "$kind" stands for the number of such a thing, "$unique" for a new word, "$phone" for a number nobody has.
    """

    method: str
    path: str
    statuses: str
    on: str = ""
    body: dict | None = None
    #: uses up the sign-in itself: each role comes with one of its own
    fresh: bool = False
    #: multipart part `file`: (name, content)
    file: tuple[str, bytes] | None = None
    why: str = ""

    @property
    def expected(self) -> dict[str, int]:
        return dict(zip(ROLES, map(int, self.statuses.split()), strict=True))


def resource(
    path: str, kind: str, *, read: str, write: str, create: dict, change: dict, owned: str = ""
) -> tuple[Row, ...]:
    """The five endpoints of a plain resource."""
    return (
        Row("GET", f"/{path}", read),
        Row("GET", f"/{path}/<id:id>", read, kind),
        Row("POST", f"/{path}", write, body=create),
        Row("PUT", f"/{path}/<id:id>", owned or write, kind, change),
        Row("DELETE", f"/{path}/<id:id>", owned or write, kind),
    )


#: one grey point
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="
)
WECHAT_KEYS = {"token": "tokenOfTests", "aesKey": "a" * 42 + "A"}
_MESSAGE = {"clientMsgId": "$unique", "content": "hello"}

MATRIX: tuple[Row, ...] = (
    # --- the browser's session
    Row("GET", "/session", EVERYBODY),
    Row(
        "POST",
        "/session",
        "401 401 401 401 401 401 401 401",
        body={"username": "$unique", "password": "wrong"},
        fresh=True,
    ),
    Row("POST", "/session/totp", "401 401 401 401 401 401 401 401", body={"code": "000000"}),
    Row("POST", "/session/phone", "401 401 401 401 401 401 401 401", body={"phone": "$phone", "code": "000000"}),
    Row("POST", "/session/visitor", EVERYBODY, body={}, fresh=True),
    Row("PUT", "/session/visitor", CUSTOMERS, body={"contact": "13800001111"}),
    Row(
        "POST",
        "/session/entry",
        "401 401 409 409 409 409 409 409",
        body={"portalPass": "no-such-pass"},
        fresh=True,
        why="what nobody has signed makes nobody anything, and an account is never exchanged",
    ),
    Row("PUT", "/session/locale", EVERYBODY, body={"locale": "zh"}),
    Row("DELETE", "/session", EVERYBODY, fresh=True),
    # --- doors for programs
    Row("POST", "/auth/login", "401 401 401 401 401 401 401 401", body={"username": "$unique", "password": "wrong"}),
    Row("POST", "/auth/login/phone", "401 401 401 401 401 401 401 401", body={"phone": "$phone", "code": "000000"}),
    Row(
        "POST",
        "/auth/login/wechat",
        "503 503 503 503 503 503 503 503",
        body={"code": "x"},
        why="WeChat is not configured",
    ),
    Row("POST", "/auth/login/totp", "401 401 401 401 401 401 401 401", body={"step": "x", "code": "000000"}),
    Row(
        "POST",
        "/auth/codes",
        "503 503 503 503 503 503 503 503",
        body={"target": "$phone", "purpose": "login"},
        why="no way to send one is set up",
    ),
    Row("POST", "/auth/refresh", "401 401 401 401 401 401 401 401", body={"refreshToken": "x"}),
    Row("POST", "/auth/logout", SIGNED_IN, fresh=True),
    # --- one's own account
    Row("GET", "/user/info", WITH_ACCOUNT),
    Row("PUT", "/user/info", WITH_ACCOUNT, body={"locale": "zh"}),
    Row(
        "PUT",
        "/user/password",
        "401 401 400 400 400 400 400 400",
        body={"oldPassword": "wrong", "newPassword": "Other-pass-1"},
        fresh=True,
    ),
    Row(
        "POST",
        "/user/password/reset",
        "400 400 400 400 400 400 400 400",
        body={"target": "$phone", "code": "000000", "newPassword": "Other-pass-1"},
    ),
    Row(
        "POST",
        "/user/contact/verify",
        "401 401 400 400 400 400 400 400",
        body={"target": "$phone", "code": "000000"},
        fresh=True,
    ),
    Row("GET", "/user/operation-logs", WITH_ACCOUNT),
    Row("PUT", "/user/avatar", WITH_ACCOUNT, file=("face.png", PICTURE), fresh=True),
    Row("DELETE", "/user/avatar", WITH_ACCOUNT),
    Row("DELETE", "/user/wechat", "401 401 404 404 404 404 404 404", why="none of them has linked WeChat"),
    Row(
        "GET",
        "/avatars/<id:id>/<key>",
        "404 200 200 200 200 200 200 200",
        "avatar",
        why="whoever was shown the address, within the company",
    ),
    Row("GET", "/user/preferences", WITH_ACCOUNT),
    Row("PUT", "/user/preferences", WITH_ACCOUNT, body={"sound": True, "notices": {"ticket.moved": True}}),
    Row("POST", "/user/totp", "401 401 400 400 400 400 400 400", body={"password": "wrong"}, fresh=True),
    Row("POST", "/user/totp/confirm", "401 401 409 409 409 409 409 409", body={"code": "000000"}, fresh=True),
    Row("DELETE", "/user/totp", "401 401 400 400 400 400 400 400", body={"password": "wrong"}, fresh=True),
    # --- accounts and roles
    Row("GET", "/users", LEADERS),
    Row("GET", "/users/<id:id>", LEADERS, "user"),
    Row("POST", "/users", ADMINISTRATORS, body={"username": "$unique", "roleIds": []}),
    Row("PUT", "/users/<id:id>", ADMINISTRATORS, "user", {"fullName": "Somebody"}),
    Row("DELETE", "/users/<id:id>", ADMINISTRATORS, "user"),
    Row("POST", "/users/<id:id>/reset-password", ADMINISTRATORS, "user"),
    Row("POST", "/users/<id:id>/reset-second-factor", ADMINISTRATORS, "user"),
    Row(
        "POST",
        "/users/sync/oa",
        "401 403 403 403 403 403 503 503",
        body={"roleId": "$role"},
        why="no OA system is configured",
    ),
    Row("POST", "/users/import", ADMINISTRATORS, file=("users.csv", b"username,role\nimported-once,agent\n")),
    Row("GET", "/users/import/template.csv", ADMINISTRATORS),
    Row("GET", "/operation-logs", LEADERS),
    Row("GET", "/roles", ADMINISTRATORS),
    Row("GET", "/roles/<id:id>", ADMINISTRATORS, "role"),
    Row("GET", "/permissions", ADMINISTRATORS),
    Row("GET", "/permissions/tree", ADMINISTRATORS),
    Row("POST", "/roles", SUPER, body={"name": "$unique"}),
    Row("PUT", "/roles/<id:id>", SUPER, "role", {"name": "$unique"}),
    Row("DELETE", "/roles/<id:id>", SUPER, "role"),
    Row("POST", "/roles/<id:id>/permissions", SUPER, "role", {"permissionIds": []}),
    Row("POST", "/roles/<id:id>/users", SUPER, "role", {"userIds": ["$user"]}),
    # --- conversations
    Row("GET", "/sessions", SIGNED_IN),
    Row("POST", "/sessions", CUSTOMERS, body={}, why="only customers open conversations"),
    Row("GET", "/sessions/unassigned", LEADERS),
    Row("GET", "/sessions/<id:id>", CONCERNED, "session"),
    Row("GET", "/sessions/<id:id>/messages", CONCERNED, "session"),
    Row(
        "POST",
        "/sessions/<id:id>/messages",
        "401 200 404 200 404 403 403 403",
        "session",
        _MESSAGE,
        why="only the agent in charge answers",
    ),
    Row(
        "POST",
        "/sessions/<id:id>/messages/<id:message_id>/recall",
        "401 200 404 403 404 403 403 403",
        "session",
        why="the message is the customer's: nobody else takes it back",
    ),
    Row("POST", "/sessions/<id:id>/read", CONCERNED, "session", {"seq": 1}),
    Row("GET", "/sessions/<id:id>/colleagues", CONCERNED_STAFF.replace("403 403", "403 404"), "session"),
    Row("GET", "/sessions/<id:id>/assignments", CONCERNED_STAFF, "session"),
    Row("GET", "/sessions/<id:id>/suggestions", CONCERNED_STAFF, "session"),
    Row("POST", "/kb/suggest", STAFF, "", {"question": "$unique"}),
    Row(
        "POST",
        "/sessions/<id:id>/suggestions/choice",
        "401 403 403 404 404 404 404 404",
        "session",
        {"messageId": 1, "offered": [{"source": "article", "id": 1}]},
        why="one tells what became of one's own messages, and this is none",
    ),
    Row("GET", "/sessions/<id:id>/similar-tickets", CONCERNED_STAFF, "session"),
    Row("GET", "/tickets/<id:id>/similar", CONCERNED_STAFF, "ticket"),
    Row(
        "POST",
        "/sessions/<id:id>/article-draft",
        "401 403 403 403 403 409 409 409",
        "session",
        why="nobody has answered a question there yet",
    ),
    Row(
        "POST",
        "/tickets/<id:id>/article-draft",
        "401 403 403 403 403 409 409 409",
        "ticket",
        why="it has not been solved yet",
    ),
    Row("GET", "/kb/past-answers", LEADERS),
    Row("GET", "/kb/past-answers/<id:id>", LEADERS, "past_answer"),
    Row("DELETE", "/kb/past-answers/<id:id>", LEADERS, "past_answer"),
    Row("POST", "/sessions/<id:id>/handover", "401 200 404 403 403 403 200 200", "session", {}),
    Row("PUT", "/sessions/<id:id>/close", CONCERNED, "session", {}),
    Row("POST", "/sessions/<id:id>/hold", CONCERNED_STAFF, "session"),
    Row("POST", "/sessions/<id:id>/resume", CONCERNED_STAFF, "held_session"),
    Row("POST", "/sessions/<id:id>/transfer", CONCERNED_STAFF, "session", {"toAgentId": "$present_agent"}),
    Row("POST", "/sessions/<id:id>/cancel-transfer", CONCERNED_STAFF, "offered_session"),
    Row("POST", "/sessions/<id:id>/accept", "401 403 403 404 200 404 404 404", "offered_session"),
    Row("POST", "/sessions/<id:id>/decline", "401 403 403 404 200 404 404 404", "offered_session", {"reason": "busy"}),
    Row("GET", "/sessions/<id:id>/transfers", CONCERNED_STAFF, "session"),
    Row("GET", "/transfers", STAFF),
    Row("POST", "/sessions/<id:id>/to-bot", "401 200 404 403 403 403 200 200", "waiting_session"),
    Row("POST", "/sessions/<id:id>/prioritize", LEADERS, "waiting_session", {"reason": "urgent"}),
    Row("POST", "/sessions/<id:id>/invite-rating", "401 403 404 200 404 200 200 200", "session"),
    Row(
        "POST",
        "/sessions/<id:id>/left-message",
        "401 200 404 403 403 403 403 403",
        "waiting_session",
        {"clientMsgId": "$unique", "text": "call me"},
    ),
    Row("POST", "/sessions/<id:id>/assign", LEADERS, "session", {"agentId": "$agent"}),
    Row("POST", "/sessions/<id:id>/reassign", LEADERS, "session", {"agentId": "$agent"}),
    Row("POST", "/sessions/<id:id>/takeover", LEADERS, "session", {}),
    Row("PUT", "/sessions/<id:id>/problem-type", CONCERNED_STAFF, "session", {"problemType": "login"}),
    Row("POST", "/sessions/batch-assign", LEADERS, body={"ids": ["$waiting_session"], "agentId": "$agent"}),
    Row("POST", "/sessions/<id:id>/rating", "401 200 404 403 403 403 403 403", "closed_session", {"score": 5}),
    Row("PUT", "/sessions/<id:id>/rating", "401 200 404 403 403 403 403 403", "rated_session", {"score": 3}),
    Row("GET", "/sessions/<id:id>/rating", CONCERNED, "rated_session"),
    Row("POST", "/sessions/<id:id>/ticket", CONCERNED_STAFF, "session", {"title": "follow up"}),
    Row("GET", "/history", STAFF),
    Row("GET", "/history/channels", STAFF),
    Row("POST", "/sessions/<id:id>/legal-hold", ADMINISTRATORS, "session", {"reason": "law suit"}),
    Row("DELETE", "/sessions/<id:id>/legal-hold", ADMINISTRATORS, "preserved_session"),
    Row("GET", "/exports", LEADERS),
    Row("POST", "/exports", LEADERS, body={"format": "csv", "sessionId": "$session"}),
    Row(
        "GET",
        "/exports/<id:id>",
        "401 403 403 403 403 200 200 200",
        "export",
        why="who leads sees that somebody exported",
    ),
    Row(
        "GET",
        "/exports/<id:id>/content",
        "401 403 403 403 403 200 404 404",
        "export",
        why="the file is its owner's alone: the supervisor's here",
    ),
    Row("DELETE", "/exports/<id:id>", "401 403 403 403 403 200 404 404", "export"),
    # --- tickets
    Row("GET", "/tickets", SIGNED_IN),
    Row("POST", "/tickets", SIGNED_IN, body={"title": "$unique"}),
    Row("GET", "/tickets/unassigned", LEADERS),
    Row("GET", "/tickets/<id:id>", CONCERNED, "ticket"),
    Row("PUT", "/tickets/<id:id>", CONCERNED_STAFF, "ticket", {"version": "$version", "title": "$unique"}),
    Row("DELETE", "/tickets/<id:id>", ADMINISTRATORS, "ticket"),
    Row("POST", "/tickets/<id:id>/flow", "401 403 404 200 404 200 200 200", "ticket", {"status": "processing"}),
    Row("POST", "/tickets/<id:id>/assign", LEADERS, "ticket", {"agentId": "$agent"}),
    Row("POST", "/tickets/batch-assign", LEADERS, body={"ids": ["$waiting_ticket"], "agentId": "$agent"}),
    Row(
        "POST",
        "/tickets/<id:id>/transfer",
        CONCERNED_STAFF,
        "ticket",
        {"toAgentId": "$present_agent", "reason": "knows more"},
    ),
    Row("POST", "/tickets/<id:id>/takeover", LEADERS, "ticket"),
    Row("GET", "/tickets/<id:id>/assign-history", CONCERNED_STAFF, "ticket"),
    Row("GET", "/tickets/<id:id>/follow-ups", CONCERNED_STAFF, "ticket"),
    Row("POST", "/tickets/<id:id>/follow-ups", CONCERNED_STAFF, "ticket", {"content": "called"}),
    Row("GET", "/tickets/<id:id>/messages", CONCERNED, "ticket"),
    Row("POST", "/tickets/<id:id>/messages", CONCERNED, "ticket", _MESSAGE),
    Row("POST", "/tickets/<id:id>/messages/<id:message_id>/recall", "401 200 404 403 404 403 403 403", "ticket"),
    Row("POST", "/tickets/<id:id>/read", CONCERNED, "ticket", {"seq": 1}),
    Row("GET", "/tickets/<id:id>/colleagues", CONCERNED_STAFF.replace("403 403", "403 404"), "ticket"),
    # --- agents, customers, figures
    Row("GET", "/agents", STAFF),
    Row("GET", "/agents/<id:id>", STAFF, "agent"),
    Row("GET", "/agents/<id:id>/summary", ITS_LEADERS, "agent", why="figures are between an agent and who leads him"),
    Row("GET", "/agents/<id:id>/presence", ITS_LEADERS, "agent"),
    Row("PUT", "/agents/me/presence", STAFF, body={"presence": "offline"}),
    Row("PUT", "/agents/<id:id>/presence", LEADERS, "agent", {"presence": "offline"}),
    Row("POST", "/agents", ADMINISTRATORS, body={"userId": "$retired_agent", "workNo": "$unique"}),
    Row("PUT", "/agents/<id:id>", ADMINISTRATORS, "agent", {"region": "east"}),
    Row("DELETE", "/agents/<id:id>", ADMINISTRATORS, "agent"),
    Row("GET", "/customers", STAFF),
    Row("GET", "/customers/<id:id>", "401 403 403 200 404 200 200 200", "customer"),
    Row("GET", "/customers/<id:id>/services", "401 403 403 200 404 200 200 200", "customer"),
    Row("POST", "/customers", STAFF, body={"name": "$unique"}, why="who calls for the first time is not known yet"),
    Row("PUT", "/customers/<id:id>", "401 403 403 200 404 200 200 200", "customer", {"note": "prefers mail"}),
    Row("POST", "/customers/<id:id>/legal-hold", ADMINISTRATORS, "customer", {"reason": "law suit"}),
    Row("DELETE", "/customers/<id:id>/legal-hold", ADMINISTRATORS, "preserved_customer"),
    Row("DELETE", "/customers/<id:id>", ADMINISTRATORS, "served_customer", why="one with open work stays"),
    Row("GET", "/stats/overview", LEADERS),
    Row("GET", "/stats/agents/status", LEADERS),
    Row("GET", "/stats/agents/performance", LEADERS),
    Row("GET", "/stats/satisfaction", LEADERS),
    Row("GET", "/stats/tickets", LEADERS),
    Row("GET", "/stats/realtime/tickets", LEADERS),
    Row("GET", "/stats/agents/attendance", LEADERS),
    Row("GET", "/stats/agents/attendance/content", LEADERS),
    # --- members of teams, QR codes
    Row("GET", "/teams/<id:id>/members", STAFF, "team"),
    Row("POST", "/teams/<id:id>/members", LEADERS, "team", {"agentId": "$agent"}),
    Row("PUT", "/teams/<id:id>/members/<id:user_id>", LEADERS, "membership", {"teamId": "$team"}),
    Row("DELETE", "/teams/<id:id>/members/<id:user_id>", LEADERS, "membership"),
    Row("POST", "/teams/<id:id>/merge", LEADERS, "team", {"intoId": "$other_team"}),
    Row("GET", "/agents/me/entry-code", STAFF),
    Row("POST", "/agents/me/entry-code", STAFF),
    *resource(
        "entry-codes",
        "entry_code",
        read=LEADERS,
        write=LEADERS,
        create={"name": "$unique", "kind": "channel", "channel": "poster"},
        change={"hint": "$unique"},
    ),
    Row("POST", "/entry-codes/<id:id>/renew", LEADERS, "entry_code"),
    Row(
        "POST",
        "/agents/me/entry-code/renew",
        "401 403 403 200 200 200 200 200",
        why="each has made one by the line above",
    ),
    Row(
        "GET",
        "/entry-codes/<id:id>/qr",
        "404 404 404 404 404 200 200 200",
        "entry_code",
        why="an agent sees his own alone",
    ),
    Row("GET", "/entry/<code>", EVERYBODY, "entry_code", why="whoever holds a card may follow it"),
    Row("POST", "/entry/<code>/visits", EVERYBODY, "entry_code"),
    Row("GET", "/entry/<code>/avatar", EVERYBODY, "entry_code"),
    # --- how conversations find their agents
    Row("GET", "/settings/assignment", LEADERS),
    Row("PUT", "/settings/assignment", SUPER, body={"strategies": ["skill", "fewest"]}),
    *resource(
        "routing-rules",
        "routing_rule",
        read=LEADERS,
        write=SUPER,
        create={"name": "$unique", "strategies": ["fewest"], "active": False},
        change={"sort": 7},
    ),
    *resource(
        "problem-profiles",
        "problem_profile",
        read=LEADERS,
        write=ADMINISTRATORS,
        create={"problemType": "$problem_type", "keywords": ["zzz"]},
        change={"keywords": ["zzz", "yyy"]},
    ),
    *resource(
        "work-calendars",
        "work_calendar",
        read=LEADERS,
        write=ADMINISTRATORS,
        create={"name": "$unique", "monday": "09:00-18:00"},
        change={"tuesday": "09:00-18:00"},
    ),
    *resource(
        "work-days",
        "work_day",
        read=LEADERS,
        write=ADMINISTRATORS,
        create={"calendarId": "$new_calendar", "day": "2030-01-01"},
        change={"name": "$unique"},
    ),
    *resource(
        "duty-shifts",
        "duty_shift",
        read=LEADERS,
        write=LEADERS,
        create={"agentId": "$agent", "startTime": "2030-01-01T18:00:00Z", "endTime": "2030-01-02T09:00:00Z"},
        change={"note": "$unique"},
    ),
    Row("GET", "/customer-team-relations", STAFF),
    Row("GET", "/customer-team-relations/<id:id>", "401 403 403 200 404 200 200 200", "customer_team_relation"),
    Row("POST", "/customer-team-relations", LEADERS, body={"customerId": "$new_customer", "teamId": "$team"}),
    Row("PUT", "/customer-team-relations/<id:id>", LEADERS, "customer_team_relation", {"note": "$unique"}),
    Row("DELETE", "/customer-team-relations/<id:id>", LEADERS, "customer_team_relation"),
    Row(
        "POST",
        "/customer-team-relations/batch",
        LEADERS,
        body={"customerIds": ["$new_customer"], "teamId": "$team", "kind": "secondary"},
    ),
    Row("GET", "/customers/<id:id>/teams", "401 403 403 200 404 200 200 200", "customer"),
    Row("GET", "/teams/<id:id>/customers", STAFF, "team", why="each sees the customers he may see"),
    # --- what administrators and supervisors keep
    *resource(
        "departments",
        "department",
        read=STAFF,
        write=ADMINISTRATORS,
        create={"name": "$unique", "code": "$unique"},
        change={"name": "$unique"},
    ),
    Row("GET", "/departments/tree", STAFF),
    *resource("teams", "team", read=STAFF, write=LEADERS, create={"name": "$unique"}, change={"name": "$unique"}),
    *resource(
        "organizations",
        "organization",
        read=STAFF,
        write=LEADERS,
        create={"name": "$unique"},
        change={"note": "$unique"},
    ),
    *resource(
        "contacts",
        "contact",
        read=STAFF,
        write=LEADERS,
        create={"name": "$unique", "organizationId": "$organization"},
        change={"name": "$unique"},
    ),
    *resource(
        "quick-replies",
        "quick_reply",
        read=STAFF,
        write=STAFF,
        owned=LEADERS,
        create={"code": "$unique", "title": "$unique", "content": "$unique"},
        change={"title": "$unique"},
    ),
    Row("POST", "/quick-replies/<id:id>/use", STAFF, "quick_reply"),
    Row("POST", "/quick-replies/<id:id>/propose", "401 403 403 200 404 404 404 404", "own_quick_reply", {}),
    Row("POST", "/quick-replies/<id:id>/withdraw", "401 403 403 200 404 403 403 403", "proposed_quick_reply"),
    Row(
        "POST",
        "/quick-replies/<id:id>/review",
        "401 403 403 403 403 200 200 200",
        "proposed_quick_reply",
        {"approved": True},
    ),
    *resource(
        "dictionary-items",
        "dictionary_item",
        read=STAFF,
        write=ADMINISTRATORS,
        create={"dictionaryId": "$dictionary", "code": "$unique", "label": "$unique"},
        change={"label": "$unique"},
    ),
    *resource(
        "dictionaries",
        "dictionary",
        read=EVERYBODY,
        write=ADMINISTRATORS,
        create={"code": "$unique", "name": "$unique"},
        change={"name": "$unique"},
    ),
    Row("GET", "/dictionaries/<code>/items", EVERYBODY, "dictionary"),
    # --- sensitive words: the list is the administrators', the alerts are the supervisors', marks are for who serves
    *resource(
        "sensitive-words",
        "sensitive_word",
        read=ADMINISTRATORS,
        write=ADMINISTRATORS,
        create={"word": "$unique"},
        change={"groupName": "$unique"},
    ),
    Row("POST", "/sensitive-words/import", ADMINISTRATORS, body={"text": "$unique"}),
    Row("POST", "/sensitive-words/check", ADMINISTRATORS, body={"text": "$unique"}),
    *resource(
        "kb/synonyms",
        "synonym",
        read=LEADERS,
        write=LEADERS,
        create={"words": ["$unique", "$unique"]},
        change={"active": False},
    ),
    Row("POST", "/kb/synonyms/import", LEADERS, body={"text": "$unique"}),
    Row("POST", "/kb/synonyms/check", LEADERS, body={"text": "$unique"}),
    *resource(
        "kb/domain-words",
        "domain_word",
        read=LEADERS,
        write=LEADERS,
        create={"word": "$unique"},
        change={"active": False},
    ),
    Row("POST", "/kb/domain-words/import", LEADERS, body={"text": "$unique"}),
    Row("GET", "/kb/index", LEADERS),
    Row("GET", "/kb/index/errors", LEADERS),
    Row("POST", "/kb/articles/<id:id>/reindex", LEADERS, "article"),
    Row("POST", "/kb/index/rebuild", LEADERS, body={}),
    Row("POST", "/kb/index/cancel", LEADERS),
    Row("GET", "/sensitive-alerts", LEADERS),
    Row("GET", "/sensitive-alerts/trend", LEADERS),
    Row("GET", "/sensitive-alerts/<id:id>", LEADERS, "sensitive_alert"),
    Row("POST", "/sensitive-alerts/<id:id>/handle", LEADERS, "sensitive_alert", {"state": "seen"}),
    Row("GET", "/sessions/<id:id>/marks", MARKS, "session"),
    Row("GET", "/tickets/<id:id>/marks", MARKS, "ticket"),
    # --- channels and the widget on other sites
    *resource(
        "channels",
        "widget",
        read=ADMINISTRATORS,
        write=ADMINISTRATORS,
        create={"code": "$unique", "name": "$unique", "origins": ["https://www.example.org"]},
        change={"name": "$unique"},
    ),
    Row("POST", "/channels/<id:id>/secret", ADMINISTRATORS, "widget"),
    Row("POST", "/channels/<id:id>/logo", ADMINISTRATORS, "widget", file=("logo.png", PICTURE)),
    Row("DELETE", "/channels/<id:id>/logo", ADMINISTRATORS, "widget"),
    *resource(
        "invitations",
        "invitation",
        read=ADMINISTRATORS,
        write=ADMINISTRATORS,
        create={"channelId": "$widget", "name": "$unique", "textZh": "$unique"},
        change={"name": "$unique"},
    ),
    Row("GET", "/integration/embed", ADMINISTRATORS),
    # --- WeChat
    *resource(
        "wechat-accounts",
        "wechat_account",
        read=ADMINISTRATORS,
        write=ADMINISTRATORS,
        create={"channelId": "$wechat_channel", "appId": "$unique", "appSecret": "a-secret-of-tests", **WECHAT_KEYS},
        change={"kind": "mini"},
    ),
    # --- the learning loop
    Row("GET", "/kb/question-groups", LEADERS),
    Row("GET", "/kb/question-groups/<id:id>", LEADERS, "question_group"),
    Row("POST", "/kb/question-groups/<id:id>/draft", LEADERS, "question_group"),
    Row(
        "POST",
        "/kb/question-groups/<id:id>/add",
        LEADERS,
        "question_group",
        {"articleId": "$article", "texts": ["$unique"]},
        fresh=True,
    ),
    Row("POST", "/kb/question-groups/<id:id>/dismiss", LEADERS, "question_group"),
    Row("POST", "/kb/question-groups/<id:id>/reopen", LEADERS, "question_group"),
    Row("POST", "/kb/question-groups/refresh", LEADERS),
    Row("GET", "/stats/knowledge", LEADERS),
    Row("GET", "/kb/articles/low-rated", LEADERS),
    *resource(
        "kb/evaluation-questions",
        "evaluation_question",
        read=LEADERS,
        write=LEADERS,
        create={"text": "$unique"},
        change={"note": "$unique"},
    ),
    Row("POST", "/kb/questions/<id:id>/evaluate", LEADERS, "asked_question", {"articleIds": []}),
    Row("GET", "/kb/evaluation-runs", LEADERS),
    Row("GET", "/kb/evaluation-runs/<id:id>", LEADERS, "evaluation_run"),
    Row(
        "POST",
        "/kb/evaluation-runs",
        "401 403 403 403 403 400 400 400",
        body={"mode": "by magic"},
        why="a trial in earnest would stand in the way of the next one",
    ),
    Row("DELETE", "/kb/evaluation-runs/<id:id>", LEADERS, "evaluation_run", fresh=True),
    Row("POST", "/kb/try", LEADERS, body={"question": "$unique"}),
    # --- the language model
    *resource(
        "language-models",
        "language_model",
        read=ADMINISTRATORS,
        write=ADMINISTRATORS,
        create={"baseUrl": "https://llm.example.org/v1", "model": "$unique"},
        change={"keepDays": 3},
    ),
    Row("GET", "/model-calls", ADMINISTRATORS),
    Row("GET", "/model-calls/<id:id>", ADMINISTRATORS, "model_call"),
    Row("POST", "/language-models/<id:id>/try", ADMINISTRATORS, "closed_language_model", {"question": "$unique"}),
    Row("GET", "/language-model/features", STAFF),
    Row("GET", "/language-model/usage", ADMINISTRATORS),
    Row(
        "POST",
        "/sessions/<id:id>/suggestions/reply",
        "401 403 403 503 404 503 503 503",
        "session",
        why="the model is not switched on",
    ),
    Row("GET", "/sessions/<id:id>/undelivered", MARKS, "session"),
    Row("GET", "/widget/<code>", EVERYBODY, "widget"),
    Row("GET", "/widget/<code>/logo/<key>", EVERYBODY, "widget_logo"),
    Row("GET", "/sessions/form", EVERYBODY),
    Row("GET", "/sessions/<id:id>/form", CONCERNED, "session"),
    Row("POST", "/sessions/<id:id>/form", "401 200 404 403 403 403 403 403", "session", {"form": {}}),
    Row(
        "POST", "/widget/<code>/session", EVERYBODY, "widget", {}, fresh=True, why="our cookies count for nothing there"
    ),
    Row("GET", "/settings", ADMINISTRATORS),
    Row("PUT", "/settings", SUPER, body={"values": {"bot_misses_before_offer": 2}}),
    # --- knowledge: the help centre is open to everybody
    Row("GET", "/kb/articles", EVERYBODY),
    Row("GET", "/kb/articles/popular", EVERYBODY),
    Row("GET", "/kb/articles/search", EVERYBODY),
    Row("GET", "/kb/articles/<id:id>", EVERYBODY, "article"),
    Row("POST", "/kb/qa", EVERYBODY, body={"question": "如何登录"}),
    Row(
        "POST",
        "/kb/questions/<id:id>/verdict",
        "404 200 404 403 403 403 403 403",
        "question",
        {"helpful": True},
        why="only who asked judges the answer",
    ),
    # --- the bot, and what is recognised
    Row("GET", "/bot/menu", EVERYBODY),
    *resource(
        "bot-menu-entries",
        "bot_menu_entry",
        read=LEADERS,
        write=ADMINISTRATORS,
        create={"labelZh": "$unique", "kind": "question", "active": False},
        change={"sort": 7},
    ),
    Row("GET", "/sessions/<id:id>/moods", MARKS, "session"),
    Row("GET", "/sessions/<id:id>/problem-guesses", CONCERNED_STAFF, "session"),
    Row("POST", "/tickets/guesses", STAFF, body={"title": "$unique"}),
    Row("GET", "/learned-models", LEADERS),
    Row("GET", "/learned-models/cases", LEADERS),
    Row("GET", "/learned-models/<id:id>", LEADERS, "learned_model"),
    Row(
        "POST",
        "/learned-models/train",
        "401 403 403 403 403 403 409 409",
        body={"subject": "problem_type"},
        why="there is not enough to learn from",
    ),
    Row("POST", "/kb/articles/<id:id>/feedback", EVERYBODY, "article", {"helpful": True}),
    Row("GET", "/kb/verdicts", LEADERS),
    Row("GET", "/kb/verdicts/<id:id>", LEADERS, "verdict"),
    Row("POST", "/kb/articles", LEADERS, body={"title": "$unique", "body": "text"}),
    Row("PUT", "/kb/articles/<id:id>", LEADERS, "article", {"title": "$unique"}),
    Row("DELETE", "/kb/articles/<id:id>", LEADERS, "article"),
    Row("POST", "/kb/articles/<id:id>/publish", LEADERS, "article"),
    Row("POST", "/kb/articles/<id:id>/withdraw", LEADERS, "article"),
    Row("GET", "/kb/articles/<id:id>/draft", LEADERS, "article"),
    Row("PUT", "/kb/articles/<id:id>/draft", LEADERS, "article", {"title": "$unique"}),
    Row("DELETE", "/kb/articles/<id:id>/draft", LEADERS, "article"),
    Row("POST", "/kb/articles/<id:id>/submit", LEADERS, "draft", {"note": "please"}),
    Row("POST", "/kb/articles/<id:id>/approve", LEADERS, "reviewed", {"revision": 1}),
    Row("POST", "/kb/articles/<id:id>/send-back", LEADERS, "reviewed", {"revision": 1, "reason": "too short"}),
    Row("POST", "/kb/articles/<id:id>/take-back", LEADERS, "reviewed"),
    Row("GET", "/kb/articles/<id:id>/versions", LEADERS, "article"),
    Row("GET", "/kb/articles/<id:id>/versions/<id:number>", LEADERS, "article_version"),
    Row("POST", "/kb/articles/<id:id>/versions/<id:number>/restore", LEADERS, "article_version"),
    Row("GET", "/kb/articles/<id:id>/compare", LEADERS, "article"),
    Row("POST", "/kb/articles/<id:id>/editing", LEADERS, "article"),
    Row("POST", "/kb/compare", LEADERS, body={"before": "one", "after": "two"}),
    Row("POST", "/kb/preview", LEADERS, body={"body": "# text"}),
    Row("GET", "/kb/tags", LEADERS),
    Row("GET", "/kb/rules", LEADERS),
    *resource(
        "kb/templates",
        "article_template",
        read=LEADERS,
        write=LEADERS,
        create={"name": "$unique", "body": "text"},
        change={"name": "$unique"},
    ),
    Row("POST", "/kb/categories/<id:id>/move", LEADERS, "category", {"position": 0}),
    Row("GET", "/kb/imports", LEADERS),
    Row("POST", "/kb/imports", LEADERS, file=("faq.csv", "标题,答案\n如何登录,点登录".encode())),
    Row("GET", "/kb/imports/<id:id>", "401 403 403 403 403 200 200 200", "import"),
    Row("POST", "/kb/imports/<id:id>/start", LEADERS, "import", {"dryRun": True}),
    Row("POST", "/kb/imports/<id:id>/cancel", LEADERS, "import"),
    Row("GET", "/kb/imports/<id:id>/rows", LEADERS, "import"),
    Row("GET", "/kb/imports/<id:id>/report", LEADERS, "import"),
    Row("GET", "/kb/exports", LEADERS),
    Row("POST", "/kb/exports", LEADERS, body={"format": "xlsx"}),
    Row("GET", "/kb/exports/<id:id>", LEADERS, "articles_export", why="who leads sees that somebody exported"),
    Row("GET", "/kb/exports/<id:id>/content", "401 403 403 403 403 200 404 404", "articles_export"),
    Row("DELETE", "/kb/exports/<id:id>", "401 403 403 403 403 200 404 404", "articles_export"),
    Row("GET", "/kb/categories", EVERYBODY),
    Row("GET", "/kb/categories/<id:id>", EVERYBODY, "read_category"),
    Row("POST", "/kb/categories", LEADERS, body={"name": "$unique"}),
    Row("PUT", "/kb/categories/<id:id>", LEADERS, "category", {"name": "$unique"}),
    Row("DELETE", "/kb/categories/<id:id>", LEADERS, "category"),
    # --- files, notifications, documentation
    Row("POST", "/files", SIGNED_IN, file=("note.txt", b"hello")),
    Row("GET", "/files/<id:id>/content", "404 200 404 200 404 200 200 200", "file"),
    Row("GET", "/notifications", STAFF),
    Row(
        "POST",
        "/notifications/read",
        STAFF,
        body={"ids": ["$notification"]},
        why="those of others are passed over silently",
    ),
    Row("GET", "/openapi.json", EVERYBODY),
)

#: things with a rule of their own, beside their endpoint's line above
FURTHER: tuple[Row, ...] = (
    Row(
        "GET",
        "/kb/categories/<id:id>",
        "404 404 404 404 404 200 200 200",
        "category",
        why="nothing in it to read: for editors only",
    ),
    Row(
        "GET",
        "/kb/articles/<id:id>",
        "404 404 404 404 404 200 200 200",
        "draft",
        why="only editors see what is not published",
    ),
    Row("POST", "/kb/articles/<id:id>/feedback", "404 404 404 404 404 200 200 200", "draft", {"helpful": True}),
    Row(
        "GET",
        "/quick-replies/<id:id>",
        "401 403 403 200 404 404 404 404",
        "own_quick_reply",
        why="personal ones are personal",
    ),
    Row("PUT", "/quick-replies/<id:id>", "401 403 403 200 404 404 404 404", "own_quick_reply", {"title": "$unique"}),
    Row("POST", "/quick-replies/<id:id>/use", "401 403 403 200 404 404 404 404", "own_quick_reply"),
    Row(
        "GET", "/files/<id:id>/content", "404 404 404 200 404 404 404 404", "own_file", why="until a message carries it"
    ),
    Row(
        "POST",
        "/sessions/<id:id>/messages",
        CONCERNED_STAFF.replace("403 403", "403 404"),
        "session",
        {**_MESSAGE, "type": "note"},
        why="supervisors may leave internal notes",
    ),
)

#: socket event → data that succeeds, and the answer per role: ok or the kind of refusal
_OUT = "not_signed_in"
_CONCERNED = f"{_OUT} ok not_found ok not_found ok ok ok"
SOCKETS: dict[str, tuple[dict, str]] = {
    "auth": ({}, f"{_OUT} ok ok ok ok ok ok ok"),
    "ping": ({}, "ok ok ok ok ok ok ok ok"),
    "join": ({"sessionId": "$session"}, _CONCERNED),
    "leave": ({"sessionId": "$session"}, _CONCERNED),
    "send_message": (
        {"sessionId": "$session", **_MESSAGE},
        f"{_OUT} ok not_found ok not_found not_allowed not_allowed not_allowed",
    ),
    "message_ack": ({"sessionId": "$session", "seq": 1}, _CONCERNED),
    "typing": ({"sessionId": "$session"}, _CONCERNED),
    "received": ({"sessionId": "$session", "seq": 1}, _CONCERNED),
    "viewing": ({"sessionId": "$session"}, f"{_OUT} not_allowed not_found ok not_found ok ok ok"),
    "resume": ({"threads": [{"sessionId": "$session", "afterChange": 0}]}, _CONCERNED),
}
#: the same events about a ticket
TICKET_SOCKETS: dict[str, tuple[dict, str]] = {
    "join": ({"ticketId": "$ticket"}, _CONCERNED),
    "leave": ({"ticketId": "$ticket"}, _CONCERNED),
    "send_message": ({"ticketId": "$ticket", **_MESSAGE}, _CONCERNED),
    "message_ack": ({"ticketId": "$ticket", "seq": 1}, _CONCERNED),
    "typing": ({"ticketId": "$ticket"}, _CONCERNED),
    "received": ({"ticketId": "$ticket", "seq": 1}, _CONCERNED),
    "viewing": ({"ticketId": "$ticket"}, f"{_OUT} not_allowed not_found ok not_found ok ok ok"),
    "resume": ({"threads": [{"ticketId": "$ticket", "afterChange": 0}]}, _CONCERNED),
}
