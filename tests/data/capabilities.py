"""Who may do what by which door: the role matrix (C §4.1, §4.2) and every page of the product (ID-10).

Three tables. CAPABILITIES is the matrix itself: for each capability its pages, endpoints and socket events. PAGES are
the pages outside of the administration, SCREENS and FURTHER those of the administration. A new page needs a line here.
What REST and sockets answer in detail stands in matrix.py.
"""

from dataclasses import dataclass

#: anonymous has not said a word yet, a visitor talks on the portal without an account
ROLES = ("anonymous", "visitor", "customer", "agent", "supervisor", "admin", "super_admin")
#: who has business in the administration, each with all that the one before may do
LEADERS = ("supervisor", "admin", "super_admin")

#              anonymous visitor customer agent supervisor admin super_admin
EVERYBODY = "yes yes yes yes yes yes yes"
SERVED = "- yes yes yes yes yes yes"
STAFF = "- - - yes yes yes yes"
LEADING = "- - - - yes yes yes"
CONFIGURING = "- - - - - - yes"


def holders(marks: str) -> frozenset[str]:
    """The roles with a "yes"."""
    return frozenset(role for role, mark in zip(ROLES, marks.split(), strict=True) if mark == "yes")


# --- the role matrix ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Door:
    """One way to a capability.

    "GET /admin/…" and other pages, "PUT /api/v1/…" endpoints, "SOCKET join" what a socket sends, "HEAR message" what it
    is told. "{own}" is a conversation of the asker, "{other}" one of somebody else, "{agent}" an agent, "{colleague}"
    one with free places, "{new}" a value that nothing has yet. `holds`: the capability is to find this in the answer.
    `not_for`: roles that have the capability and come to it by another door, with the reason.
    """

    what: str
    data: dict | None = None
    holds: str = ""
    not_for: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True)
class Capability:
    """A line of the matrix; one that changes something names its operation, by which the log knows it."""

    title: str
    marks: str
    doors: tuple[Door, ...]
    operation: str = ""


_AT_THE_DESK = {"not_for": ("agent",), "why": "agents work at the desk, the administration is not for them"}
_ON_THE_PORTAL = {"not_for": ("visitor", "customer"), "why": "customers talk on the portal"}
_NOT_HERE = {"not_for": ("visitor", "customer", "agent"), "why": "customers use the portal, agents the desk"}

CAPABILITIES: tuple[Capability, ...] = (
    Capability(
        "see one's own conversations",
        SERVED,
        (
            Door("GET /desk/c/{own}", **_ON_THE_PORTAL),
            Door("GET /admin/conversation/show/{own}", **_NOT_HERE),
            Door("GET /admin/conversation/list/", holds="{own_no}", **_NOT_HERE),
            Door("GET /api/v1/sessions/{own}"),
            Door("GET /api/v1/sessions/{own}/messages", holds="{own_word}"),
            Door("GET /api/v1/sessions", holds="{own_no}"),
            Door("SOCKET join", {"sessionId": "{own}"}),
            Door("SOCKET resume", {"threads": [{"sessionId": "{own}", "afterChange": 0}]}, holds="{own_word}"),
            Door("HEAR session_update", {"sessionId": "{own}"}),
        ),
    ),
    Capability(
        "see all conversations",
        LEADING,
        (
            Door("GET /admin/conversation/show/{other}"),
            Door("GET /admin/conversation/list/", holds="{other_no}"),
            Door("GET /admin/chat_message/list/", holds="{other_word}"),
            Door("GET /api/v1/sessions/{other}"),
            Door("GET /api/v1/sessions/{other}/messages", holds="{other_word}"),
            Door("GET /api/v1/sessions", holds="{other_no}"),
            Door("SOCKET join", {"sessionId": "{other}"}),
            Door("SOCKET resume", {"threads": [{"sessionId": "{other}", "afterChange": 0}]}, holds="{other_word}"),
            Door("HEAR session_update", {"sessionId": "{other}"}),
        ),
    ),
    Capability(
        "hand one's own conversation over",
        STAFF,
        (
            Door(
                "POST /admin/conversation/action/transfer/{own}",
                {"to_agent_id": "{colleague}", "reason": "knows more"},
                **_AT_THE_DESK,
            ),
            Door("POST /api/v1/sessions/{own}/transfer", {"toAgentId": "{colleague}", "reason": "knows more"}),
        ),
        operation="conversation.transfer",
    ),
    Capability(
        "hand any conversation over",
        LEADING,
        (
            Door(
                "POST /admin/conversation/action/transfer/{other}", {"to_agent_id": "{colleague}", "reason": "is there"}
            ),
            Door("POST /api/v1/sessions/{other}/transfer", {"toAgentId": "{colleague}", "reason": "is there"}),
        ),
        operation="conversation.transfer",
    ),
    Capability(
        "see statistics",
        LEADING,
        (
            Door("GET /admin/", holds="Agents online"),
            Door("GET /api/v1/stats/overview", holds="onlineAgents"),
        ),
    ),
    Capability(
        "set the presence of agents",
        LEADING,
        (
            Door("POST /admin/agent/action/presence/{agent}", {"presence": "offline"}),
            Door("PUT /api/v1/agents/{agent}/presence", {"presence": "offline"}),
        ),
        operation="agent.set_presence_of_others",
    ),
    Capability(
        "configure the system",
        CONFIGURING,
        (
            Door("POST /admin/settings/", {"company_name": "{new}"}),
            Door("PUT /api/v1/settings", {"values": {"company_name": "{new}"}}),
        ),
        operation="system_setting.update",
    ),
)

#: what a socket may send; those about one conversation stand above, the others reach nothing of the matrix
SOCKET_EVENTS = {
    "join",
    "resume",
    "auth",
    "ping",
    "leave",
    "send_message",
    "message_ack",
    "typing",
    "received",
    "viewing",
}

# --- pages outside of the administration ----------------------------------------------------------------------------

#: rule → what each role gets: the page, the way to the sign-in, or the word that it is not for him
#                                 anonymous visitor customer agent supervisor admin super_admin
_OPEN = "page page page page page page page"
_ON = "on on on on on on on"
_DESK = "sign-in sign-in no page page page page"
PAGES: dict[str, str] = {
    "/": _OPEN,
    "/ask": _OPEN,
    "/chat": _OPEN,
    "/chat/<path:rest>": _OPEN,
    "/c/<path:rest>": _OPEN,
    "/search": _OPEN,
    # a number alone leads on to the address with the name
    "/articles/<id:number>": _ON,
    "/articles/<id:number>-<words>": _OPEN,
    "/categories/<id:number>": _ON,
    "/categories/<id:number>-<words>": _OPEN,
    "/robots.txt": _OPEN,
    "/sitemap.xml": _OPEN,
    "/sitemap-<int:part>.xml": _OPEN,
    "/tickets": _OPEN,
    "/tickets/<path:rest>": _OPEN,
    "/login": _OPEN,
    "/widget.js": _OPEN,
    "/widget/<code>": _OPEN,
    # WeChat's server calls it, by the code of a channel of its own
    "/wechat/<code>": "nothing nothing nothing nothing nothing nothing nothing",
    "/api/docs": _OPEN,
    "/favicon.ico": _OPEN,
    "/static/<path:filename>": _OPEN,
    "/static/appbuilder/<path:filename>": _OPEN,
    # those who keep the codes; an agent prints his own
    "/cards/<int:number>": "sign-in nothing nothing nothing page page page",
    "/desk": _DESK,
    "/desk/<path:rest>": _DESK,
}
#: rules that are no pages: the way to WeChat and back, and two of Flask-AppBuilder's that lead on
#: to its front page
WAYS = {"/auth/wechat/start", "/auth/wechat/callback", "/back", "/lang/<string:locale>"}
#: the addresses of the older ticket system lead on to our pages; to whom, tests/test_case_doors.py says
CASE_WAYS = {
    "/case/",
    "/case/login",
    "/case/admin/login",
    "/case/submit",
    "/case/my-tickets",
    "/case/admin/tickets",
    "/case/ticket/<id:ticket_id>",
}
#: what the script on other sites tells; who may, tests/test_invitations.py says
TOLD = {"/widget/<code>/invitations/<int:invitation_id>/<any(shown, accepted):what>"}

# --- the administration ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Screen:
    """What a supervisor may do on a screen, what an administrator besides, what only the super administrator.

    read: list and row; create, update, delete, restore, export; the rest are the buttons of the screen.
    """

    supervisor: str = ""
    admin: str = ""
    super_admin: str = ""

    def allows(self, role: str) -> frozenset[str]:
        if role not in LEADERS:
            return frozenset()
        lines = (self.supervisor, self.admin, self.super_admin)[: LEADERS.index(role) + 1]
        return frozenset(" ".join(lines).split())


KEPT = "read create update delete export"
SCREENS: dict[str, Screen] = {
    # service
    "conversation": Screen("read assign transfer prioritize takeover classify close export", "preserve release"),
    "chat_message": Screen("read", "", "export"),
    "rating": Screen("read", "export"),
    "sensitive_alert": Screen("read export handle reopen"),
    "conversation_transfer": Screen("read", "", "export"),
    "conversation_assignment": Screen("read", "", "export"),
    "quick_reply": Screen("read create update delete share review", "export"),
    "past_answer": Screen("read delete export"),
    "export_job": Screen("", "read", "export"),
    # assigning
    "routing_rule": Screen("read", "", "create update delete export"),
    "problem_profile": Screen("read", "create update delete export"),
    "customer_team_relation": Screen(KEPT),
    "work_calendar": Screen("read", "create update delete export"),
    "work_day": Screen("read", "create update delete export"),
    "duty_shift": Screen(KEPT),
    # tickets
    "ticket": Screen("read create update flow assign follow_up export", "delete"),
    "ticket_follow_up": Screen("read", "", "export"),
    "ticket_rating": Screen("read", "export"),
    "ticket_assignment": Screen("read", "", "export"),
    "automation_rule": Screen("read", "update delete export"),
    "automation_run": Screen("read", "export"),
    "macro": Screen("read update delete share", "export"),
    "ticket_template": Screen(KEPT),
    "ticket_transfer": Screen("read", "", "export"),
    "ticket_rule": Screen("read", "", "create update delete export"),
    "sla_policy": Screen("read", "create update delete export"),
    "sla_escalation": Screen("read", "create update delete export"),
    "ticket_clock": Screen("read", "export"),
    "ticket_letter": Screen("read", "", "export"),
    # customers
    "customer": Screen("read create update", "delete restore export preserve release"),
    "organization": Screen(KEPT),
    "contact": Screen(KEPT),
    # knowledge
    "article": Screen(f"{KEPT} restore publish withdraw"),
    "article_category": Screen(KEPT),
    "article_template": Screen(KEPT),
    "article_import": Screen("read export"),
    "question": Screen("read", "", "export"),
    "bot_menu_entry": Screen("read", "create update delete export switch_off switch_on"),
    "learned_model": Screen("read", "export"),
    "question_group": Screen("read export dismiss reopen"),
    "evaluation_question": Screen(KEPT),
    "evaluation_run": Screen("read delete export"),
    "language_model": Screen("", KEPT),
    "model_call": Screen("", "read export"),
    "article_verdict": Screen("read", "", "export"),
    "synonym": Screen(f"{KEPT} switch_off switch_on"),
    "domain_word": Screen(f"{KEPT} switch_off switch_on"),
    # organisation
    "user": Screen("read", "create update delete export reset_password reset_second_factor disable enable"),
    "role": Screen("", "read", "create update delete export give copy"),
    "agent": Screen("read presence", "create update delete export"),
    "team": Screen(f"{KEPT} restore merge"),
    "entry_code": Screen(f"{KEPT} renew"),
    "presence_interval": Screen("read export"),
    "team_member": Screen(KEPT),
    "department": Screen("read", "create update delete restore export"),
    # system
    "system_setting": Screen("", "read", "update"),
    "channel": Screen("", "read create update delete secret export"),
    "wechat_account": Screen("", KEPT),
    "invitation": Screen("", "read create update delete export"),
    "dictionary": Screen("read", "create update delete export"),
    "dictionary_item": Screen("read", "create update delete export"),
    "custom_field": Screen("read", "create update delete export"),
    "ticket_workflow": Screen("read", "create update delete export"),
    "sensitive_word": Screen("", f"{KEPT} switch_off switch_on"),
    "operation_log": Screen("read", "export"),
    "provision": Screen("", "read", "export"),
    "login_session": Screen("", "read", "export end"),
    "file_object": Screen("", "read", "export"),
    "retention_run": Screen("", "read", "export"),
    "notification": Screen("read", "", "export"),
}

#: pages of the administration that are no list, row, form or button of a screen: (method, rule) → the first of LEADERS
#: who may
FURTHER: dict[tuple[str, str], str] = {
    ("GET", "/admin/"): "supervisor",
    ("GET", "/admin/role/rights/<pk>"): "admin",
    ("POST", "/admin/role/rights/<pk>"): "super_admin",
    ("GET", "/admin/settings/"): "admin",
    ("POST", "/admin/settings/"): "super_admin",
    ("GET", "/admin/channel-preview/page"): "admin",
    ("GET", "/admin/channel-preview/window"): "admin",
    ("POST", "/admin/channel/logo/<pk>"): "admin",
    ("GET", "/admin/language_model/try/<pk>"): "admin",
    ("POST", "/admin/language_model/try/<pk>"): "admin",
    ("GET", "/admin/presence_interval/days"): "supervisor",
    ("GET", "/admin/presence_interval/days/<string:kind>"): "supervisor",
    ("GET", "/admin/retention_run/plan"): "admin",
    ("POST", "/admin/learned-models/train"): "admin",
    **{
        (method, f"/admin/{words}/import"): "supervisor"
        for method in ("GET", "POST")
        for words in ("synonyms", "domain-words")
    },
    ("GET", "/admin/sensitive-words/import"): "admin",
    ("POST", "/admin/sensitive-words/import"): "admin",
    ("GET", "/admin/users/import"): "admin",
    ("POST", "/admin/users/import"): "admin",
    **{
        ("GET", f"/admin/options/{resource}"): "supervisor"
        for resource in (
            "agent",
            "article",
            "contact",
            "conversation",
            "customer",
            "organization",
            "ticket",
            "user",
        )
    },
}
