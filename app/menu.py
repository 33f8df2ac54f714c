"""MENU: the administration's menu, one table. A new screen is a new line.

An entry shows when the actor may read its resource and holds the right to the entry itself
("ticket.menu_access"): what a role may do and what its menu is cluttered with are decided apart.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from flask_babel import lazy_gettext as _
from flask_babel import lazy_pgettext as pgettext


@dataclass(frozen=True)
class Entry:
    """One line of the menu; its name is the resource, `view` the class of its screen."""

    name: str
    view: str
    label: object
    icon: str

    @property
    def rights(self) -> tuple[str, str]:
        return f"{self.name}.read", f"{self.name}.menu_access"


@dataclass(frozen=True)
class Category:
    """A group of entries; it shows when one of them does."""

    name: str
    label: object
    icon: str
    entries: tuple[Entry, ...]


MENU = (
    Category(
        "service",
        _("Service"),
        "fa-headset",
        (
            Entry("conversation", "ConversationView", _("Conversations"), "fa-comments"),
            Entry("chat_message", "MessageView", _("Messages"), "fa-message"),
            Entry("rating", "RatingView", _("Ratings"), "fa-star"),
            Entry("sensitive_alert", "SensitiveAlertView", _("Sensitive-word alerts"), "fa-triangle-exclamation"),
            Entry("conversation_assignment", "ConversationAssignmentView", _("Assignments"), "fa-shuffle"),
            Entry("conversation_transfer", "ConversationTransferView", _("Transfers"), "fa-right-left"),
            Entry("quick_reply", "QuickReplyView", _("Quick replies"), "fa-bolt"),
            Entry("past_answer", "PastAnswerView", _("Past answers"), "fa-thumbs-up"),
            Entry("export_job", "ExportJobView", _("Exported files"), "fa-file-export"),
        ),
    ),
    Category(
        "assigning",
        _("Assigning"),
        "fa-route",
        (
            Entry("routing_rule", "RoutingRuleView", _("Assignment rules"), "fa-route"),
            Entry("problem_profile", "ProblemProfileView", _("Problem recognition"), "fa-magnifying-glass-chart"),
            Entry("customer_team_relation", "CustomerTeamRelationView", _("Customers' teams"), "fa-handshake"),
            Entry("work_calendar", "WorkCalendarView", _("Working hours"), "fa-clock"),
            Entry("work_day", "WorkDayView", _("Holidays and make-up days"), "fa-calendar-day"),
            Entry("duty_shift", "DutyShiftView", _("Duty roster"), "fa-user-clock"),
        ),
    ),
    Category(
        "tickets",
        _("Tickets"),
        "fa-ticket",
        (
            Entry("ticket", "TicketView", _("Tickets"), "fa-ticket"),
            Entry("ticket_follow_up", "TicketFollowUpView", _("Follow-ups"), "fa-list-check"),
            Entry("ticket_rating", "TicketRatingView", _("Ratings of tickets"), "fa-star"),
            Entry("ticket_assignment", "TicketAssignmentView", _("Assignments"), "fa-shuffle"),
            Entry("ticket_transfer", "TicketTransferView", pgettext("ticket", "Transfers"), "fa-right-left"),
            Entry("ticket_rule", "TicketRuleView", _("Assignment rules"), "fa-route"),
            Entry("sla_policy", "SlaPolicyView", _("Service levels"), "fa-stopwatch"),
            Entry("sla_escalation", "SlaEscalationView", _("Escalation"), "fa-arrow-up-right-dots"),
            Entry("ticket_clock", "TicketClockView", _("Clocks of tickets"), "fa-hourglass-half"),
            Entry("ticket_letter", "TicketLetterView", _("E-mails about tickets"), "fa-envelope"),
            Entry("ticket_workflow", "TicketWorkflowView", _("Ticket workflows"), "fa-diagram-project"),
            Entry("automation_rule", "AutomationRuleView", _("Automation rules"), "fa-wand-magic-sparkles"),
            Entry("automation_run", "AutomationRunView", _("Runs of automation rules"), "fa-list-check"),
            Entry("macro", "MacroView", _("Macros"), "fa-bolt-lightning"),
            Entry("ticket_template", "TicketTemplateView", _("Ticket templates"), "fa-file-lines"),
        ),
    ),
    Category(
        "customers",
        _("Customers"),
        "fa-user-tag",
        (
            Entry("customer", "CustomerView", _("Customers"), "fa-user-tag"),
            Entry("organization", "OrganizationView", _("Organizations"), "fa-building"),
            Entry("contact", "ContactView", _("Contacts"), "fa-address-book"),
        ),
    ),
    Category(
        "knowledge",
        _("Knowledge base"),
        "fa-book-open",
        (
            Entry("article", "ArticleView", _("Articles"), "fa-book-open"),
            Entry("article_category", "ArticleCategoryView", _("Categories"), "fa-folder-tree"),
            Entry("article_template", "ArticleTemplateView", _("Templates"), "fa-file-lines"),
            Entry("question_group", "QuestionGroupView", _("Open questions by meaning"), "fa-layer-group"),
            Entry("evaluation_question", "EvaluationQuestionView", _("Evaluation questions"), "fa-vial"),
            Entry("evaluation_run", "EvaluationRunView", _("Trials"), "fa-vials"),
            Entry("language_model", "LanguageModelView", _("Language model"), "fa-wand-magic-sparkles"),
            Entry("model_call", "ModelCallView", _("Calls of the language model"), "fa-receipt"),
            Entry("article_import", "ArticleImportView", _("Imports"), "fa-file-import"),
            Entry("question", "QuestionView", _("Questions asked"), "fa-circle-question"),
            Entry("bot_menu_entry", "BotMenuEntryView", _("Bot menu"), "fa-robot"),
            Entry("learned_model", "LearnedModelView", _("Learned recognition"), "fa-graduation-cap"),
            Entry("article_verdict", "ArticleVerdictView", _("Readers' verdicts"), "fa-thumbs-up"),
            Entry("synonym", "SynonymView", _("Synonyms"), "fa-equals"),
            Entry("domain_word", "DomainWordView", _("Words of the trade"), "fa-spell-check"),
        ),
    ),
    Category(
        "people",
        _("Organisation"),
        "fa-sitemap",
        (
            Entry("user", "UserView", _("Users"), "fa-users"),
            Entry("role", "RoleView", _("Roles and rights"), "fa-user-shield"),
            Entry("agent", "AgentView", _("Agents"), "fa-headset"),
            Entry("team", "TeamView", _("Teams"), "fa-people-group"),
            Entry("team_member", "TeamMemberView", _("Team members"), "fa-user-plus"),
            Entry("department", "DepartmentView", _("Departments"), "fa-sitemap"),
            Entry("entry_code", "EntryCodeView", _("QR codes"), "fa-qrcode"),
            Entry("presence_interval", "PresenceView", _("Times at work"), "fa-user-clock"),
        ),
    ),
    Category(
        "system",
        _("System"),
        "fa-gear",
        (
            Entry("system_setting", "SettingsView", _("Settings"), "fa-sliders"),
            Entry("channel", "ChannelView", _("Channels"), "fa-comment-dots"),
            Entry("wechat_account", "WechatAccountView", _("WeChat accounts"), "fa-comments"),
            Entry("invitation", "InvitationView", _("Invitations"), "fa-bullhorn"),
            Entry("dictionary", "DictionaryView", _("Dictionaries"), "fa-book"),
            Entry("dictionary_item", "DictionaryItemView", _("Dictionary items"), "fa-list"),
            Entry("custom_field", "CustomFieldView", _("Custom fields"), "fa-table-list"),
            Entry("sensitive_word", "SensitiveWordView", _("Sensitive words"), "fa-comment-slash"),
            Entry("operation_log", "OperationLogView", _("Operation log"), "fa-clock-rotate-left"),
            Entry("provision", "ProvisionView", _("New since updates"), "fa-gift"),
            Entry("login_session", "SignInView", _("Sign-ins"), "fa-right-to-bracket"),
            Entry("file_object", "FileView", _("Files"), "fa-paperclip"),
            Entry("retention_run", "RetentionRunView", _("Retention"), "fa-box-archive"),
            Entry("notification", "NotificationView", _("My notifications"), "fa-bell"),
        ),
    ),
)
ENTRIES = {entry.name: entry for category in MENU for entry in category.entries}
CATEGORIES = {category.name: category for category in MENU}


def with_menu(rights: Iterable[str]) -> tuple[str, ...]:
    """These rights of a preset role and the menu entries of everything it may read ("ticket.*" reads too)."""
    rights = tuple(rights)
    seen = (
        entry.rights[1] for entry in ENTRIES.values() if any(fnmatchcase(entry.rights[0], right) for right in rights)
    )
    return tuple(dict.fromkeys((*rights, *seen)))
