"""Every plain resource, one line each. What needs more than columns stands in a file of its own."""

from sqlalchemy import func, select

from app.extensions import db
from app.locale import current_locale
from models.actor import Actor
from models.conversations import Conversation, QuickReply
from models.customers import Contact, Customer, Organization
from models.knowledge import ArticleCategory
from models.organization import Department, Team
from models.settings import Dictionary, DictionaryItem
from models.tickets import Ticket
from services import customers, knowledge, organization, quick_replies, reach, retention, settings
from views.api.conversations import dump_hold
from views.api.endpoint import action
from views.api.resource import Resource, serve

#: these modules register the operations that the lines below name
OPERATION_MODULES = (customers, knowledge, organization, quick_replies, retention, settings)


def _reach(name: str, mask):
    """A phone number or address in full only for those who may see it (M09)."""
    return lambda actor, row: reach.shown_to(actor, getattr(row, name), mask)


def _reached(model: type):
    """`q` may also be a phone number or an address."""
    return lambda actor, text: reach.reached_by(actor, model, text)


def _counts(actor: Actor, rows: list[Customer]) -> dict[int, dict]:
    """How many conversations and tickets each customer had, as far as this actor may see them."""
    found: dict[int, dict] = {row.id: {"conversationCount": 0, "ticketCount": 0} for row in rows}
    for model, key in ((Conversation, "conversationCount"), (Ticket, "ticketCount")):
        for customer_id, count in db.session.execute(
            select(model.customer_id, func.count())
            .where(model.customer_id.in_(found), model.visible_to(actor))
            .group_by(model.customer_id)
        ):
            found[customer_id][key] = count
    return found


def _article_counts(actor: Actor, rows: list[ArticleCategory]) -> dict[int, dict]:
    counts = knowledge.article_counts(actor, [row.id for row in rows], current_locale())
    return {row.id: {"articleCount": counts.get(row.id, 0)} for row in rows}


_MASKED = {"phone": _reach("phone", customers.mask_phone), "email": _reach("email", customers.mask_email)}

serve(
    Resource(
        "departments",
        "department",
        Department,
        "组织架构接口",
        "部门",
        out=("id", "name", "code", "parent_id", "sort", "description", "create_time", "version"),
        filters=("parent_id", "code"),
        sort=("id", "name", "sort", "create_time"),
        search=("name", "code"),
    )
)
serve(
    Resource(
        "teams",
        "team",
        Team,
        "客服团队接口",
        "团队",
        out=(
            "id",
            "name",
            "description",
            "department_id",
            "leader_id",
            "problem_types",
            "skills",
            "max_conversations",
            "current_count",
            "calendar_id",
            "create_time",
            "version",
        ),
        filters=("department_id",),
        sort=("id", "name", "create_time"),
        search=("name",),
    )
)
serve(
    Resource(
        "organizations",
        "organization",
        Organization,
        "客户管理接口",
        "机构",
        out=(
            "id",
            "name",
            "credit_code",
            "region",
            "address",
            "phone",
            "industry",
            "cooperation_level",
            "note",
            "create_time",
            "version",
        ),
        filters=("region", "industry"),
        sort=("id", "name", "create_time"),
        search=("name", "credit_code"),
        custom=True,
    )
)
serve(
    Resource(
        "contacts",
        "contact",
        Contact,
        "客户管理接口",
        "工作人员",
        out=("id", "organization_id", "name", "gender", "position", "department_name", "create_time", "version"),
        filters=("organization_id",),
        sort=("id", "name", "create_time"),
        search=("name",),
        search_further=_reached(Contact),
        more={
            **_MASKED,
            "landline": _reach("landline", customers.mask_phone),
            "emergencyPhone": _reach("emergency_phone", customers.mask_phone),
        },
    )
)
serve(
    Resource(
        "customers",
        "customer",
        Customer,
        "客户管理接口",
        "客户",
        out=(
            "id",
            "name",
            "vip_level",
            "tags",
            "user_id",
            "contact_id",
            "organization_id",
            "organization_told",
            "source",
            "is_temporary",
            "agent_id",
            "region",
            "note",
            "create_time",
            "last_contact_time",
            "version",
        ),
        filters=("vip_level", "organization_id", "source", "is_temporary", "agent_id", "region"),
        sort=("id", "name", "vip_level", "create_time", "last_contact_time"),
        search=("name",),
        search_further=_reached(Customer),
        eager=("organization",),
        enrich=_counts,
        custom=True,
        more={
            **_MASKED,
            "organizationName": lambda actor, row: row.organization.name if row.organization else None,
            "legalHold": dump_hold,
        },
    )
)
for _method, _operation in (("POST", "customer.preserve"), ("DELETE", "customer.release")):
    action(
        _method,
        "/customers/<id:id>/legal-hold",
        _operation,
        on=Customer,
        dump=lambda actor, row: {"id": row.id, "legalHold": dump_hold(actor, row)},
        section="客户管理接口",
    )
serve(
    Resource(
        "kb/categories",
        "article_category",
        ArticleCategory,
        "知识库接口",
        "分类",
        out=("id", "name", "parent_id", "sort", "version"),
        filters=("parent_id",),
        sort=("id", "sort", "name"),
        search=("name",),
        enrich=_article_counts,
    )
)
QUICK_REPLIES = serve(
    Resource(
        "quick-replies",
        "quick_reply",
        QuickReply,
        "系统配置接口",
        "快捷回复",
        out=(
            "id",
            "code",
            "title",
            "content",
            "category",
            "owner_id",
            "team_id",
            "use_count",
            "review",
            "review_note",
            "proposed_team_id",
            "replaces_id",
            "version",
        ),
        filters=("category", "team_id", "review"),
        sort=("id", "code", "use_count"),
        search=("code", "title", "content"),
        eager=("team", "proposed_team", "owner"),
        more={
            "scope": lambda actor, row: row.scope,
            "teamName": lambda actor, row: row.team.name if row.team else None,
            "proposedTeamName": lambda actor, row: row.proposed_team.name if row.proposed_team else None,
            "ownerName": lambda actor, row: row.owner.full_name if row.owner else None,
            "mayChange": quick_replies.may_change,
        },
    )
)
for verb, title in (("propose", "propose"), ("withdraw", "withdraw a proposal"), ("review", "approve or reject")):
    action(
        "POST",
        f"/quick-replies/<id:id>/{verb}",
        f"quick_reply.{verb}",
        on=QuickReply,
        dump=QUICK_REPLIES.dump,
        section="系统配置接口",
        summary=f"快捷回复: {title}",
    )
action(
    "POST",
    "/quick-replies/<id:id>/use",
    "quick_reply.use",
    on=QuickReply,
    dump=lambda actor, reply: {"id": reply.id, "useCount": reply.use_count},
    section="系统配置接口",
    summary="快捷回复: use",
)
serve(
    Resource(
        "dictionaries",
        "dictionary",
        Dictionary,
        "系统配置接口",
        "数据字典",
        out=("id", "code", "name", "description", "version"),
        filters=("code",),
        sort=("id", "code"),
        search=("code", "name"),
    )
)
serve(
    Resource(
        "dictionary-items",
        "dictionary_item",
        DictionaryItem,
        "系统配置接口",
        "字典项",
        out=("id", "dictionary_id", "code", "label", "label_en", "sort", "active", "version"),
        filters=("dictionary_id", "active"),
        sort=("id", "sort", "code"),
        search=("code", "label"),
    )
)
