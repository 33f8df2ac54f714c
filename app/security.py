"""ROLES: role → rights and data scope, one table (ID-8 to ID-10; C §4.1). FAB's manager asks the same actor as REST."""

from app.menu import with_menu
from models.actor import Scope
from services.identity.roles import Preset

#: what can be read and exported as a list; the other rights are the operations'
READABLE = ("agent", "article", "article_category", "chat_message", "contact", "conversation", "conversation_assignment",
            "customer", "department", "dictionary", "dictionary_item", "file_object", "login_session", "notification",
            "operation_log", "organization", "question", "quick_reply", "rating", "role", "role_scope", "statistics",
            "system_setting", "team", "team_member", "ticket", "ticket_assignment", "ticket_follow_up", "user")
#: rights that neither a list nor an operation carries
FURTHER = ("admin.enter", "customer.read_pii", "conversation.monitor", "conversation.suggest", "article.ask", "user.create",
           "user.import", "user.sync",
           "ticket.process", "ticket.cancel", "ticket.review", "ticket.close", "ticket.reopen", "agent.set_presence")

#: everybody who may enter the staff's side
_STAFF = ("agent.read", "agent.set_presence", "team.read", "department.read", "dictionary.read", "dictionary_item.read",
          "article.read", "article.ask", "article.rate", "article_category.read", "quick_reply.read", "quick_reply.create",
          "quick_reply.update", "quick_reply.delete", "notification.read",
          "file.upload", "rating.read", "message.read", "message.send", "message.recall", "organization.read", "contact.read")
_SERVING = ("conversation.read", "conversation.transfer", "conversation.hold", "conversation.resume", "conversation.close",
            "conversation.suggest", "ticket.read", "ticket.create", "ticket.update", "ticket.process", "ticket.cancel",
            "ticket.reopen", "ticket.close", "ticket.follow_up", "ticket.message", "ticket.from_conversation",
            "customer.read", "customer.update", "ticket_follow_up.read", "ticket_assignment.read",
            "conversation_assignment.read")
_LEADING = ("conversation.monitor", "conversation.assign", "conversation.takeover", "agent.set_presence_of_others",
            "ticket.assign", "ticket.review", "customer.create", "customer.read_pii", "statistics.read", "article.*",
            "article_category.*", "organization.*", "contact.*", "team.*", "team_member.*", "operation_log.read",
            "user.read", "admin.enter", "quick_reply.share", "question.read", "chat_message.read")
_ADMINISTERING = ("user.*", "role.read", "department.*", "agent.*", "dictionary.*", "dictionary_item.*", "customer.*",
                  "conversation.*", "ticket.*", "rating.*", "quick_reply.*", "operation_log.*", "role_scope.read",
                  "system_setting.read", "login_session.read", "file_object.read", "notification.read")


def rights_without_operation() -> set[str]:
    """The rights that exist beside the operations'."""
    return {f"{name}.{verb}" for name in READABLE for verb in ("read", "export")} | set(FURTHER)


ROLES = (
    Preset("super_admin", "超级管理员", ("*",), {"*": Scope.all}, "拥有全部权限，可配置系统"),
    Preset("admin", "管理员", with_menu((*_STAFF, *_SERVING, *_LEADING, *_ADMINISTERING)), {"*": Scope.all},
           "管理用户、组织、会话与工单；不能修改系统配置"),
    Preset("supervisor", "主管", with_menu((*_STAFF, *_SERVING, *_LEADING)),
           {"*": Scope.all, "conversation": Scope.all, "ticket": Scope.all, "operation_log": Scope.all, "user": Scope.all},
           "查看全部会话，分配、转接与接管"),
    Preset("agent", "客服", (*_STAFF, *_SERVING), {"*": Scope.own, "customer": Scope.own}, "处理分配给自己的会话与工单"),
    Preset("customer", "客户", ("article.read", "article.ask", "article.rate", "article_category.read", "conversation.open",
                               "conversation.read", "conversation.handover", "conversation.close", "conversation.rate",
                               "message.send", "message.read", "message.recall", "file.upload", "ticket.read",
                               "ticket.create", "ticket.message", "ticket.reopen", "ticket.close", "dictionary.read"),
           {"*": Scope.own}, "咨询、提交工单"),
)
