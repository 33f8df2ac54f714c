"""自定义字段与工单流程: what a company defines itself, and what stands in a conversation's fields (SET-4, TKT-15)."""

from models.actor import Actor
from models.conversations import Conversation
from models.custom_fields import CustomField, FieldSubject
from models.ticket_types import TicketWorkflow
from services.custom_fields import definitions
from services.tickets import workflow
from views.api.conversations import SECTION, dump
from views.api.endpoint import action, endpoint
from views.api.resource import Resource, serve

#: these modules register the operations that the lines below name
OPERATION_MODULES = (definitions, workflow)

FIELDS = serve(
    Resource(
        "custom-fields",
        "custom_field",
        CustomField,
        "系统配置接口",
        "自定义字段",
        out=(
            "id",
            "subject",
            "code",
            "label",
            "label_en",
            "kind",
            "options",
            "help_text",
            "required",
            "shown_to_customers",
            "fillable_by_customers",
            "ticket_types",
            "in_list",
            "sort",
            "active",
            "version",
        ),
        filters=("subject", "code", "kind", "active"),
        sort=("id", "sort", "code"),
        search=("code", "label", "label_en"),
    )
)
serve(
    Resource(
        "ticket-workflows",
        "ticket_workflow",
        TicketWorkflow,
        "系统配置接口",
        "工单流程",
        out=(
            "id",
            "ticket_type",
            "steps",
            "needs_review",
            "required_at_creation",
            "required_before",
            "active",
            "create_time",
            "version",
        ),
        filters=("ticket_type", "active"),
        sort=("id", "ticket_type"),
        search=("ticket_type",),
    )
)


@endpoint("GET", "/ticket-form", section="工单管理接口", summary="工单表单字段", right="")
def ticket_form(actor: Actor):
    """The fields of tickets that whoever asks may see or fill in, also for who is not known yet: the portal's form."""
    return FIELDS.dump_all(actor, definitions.fields_of(FieldSubject.ticket, actor))


action(
    "PUT",
    "/sessions/<id:id>/custom-fields",
    "conversation.fill_fields",
    on=Conversation,
    dump=dump,
    section=SECTION,
    summary="填写会话自定义字段",
)
