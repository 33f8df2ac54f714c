"""Whoever adds a column that people fill in finds it everywhere: in the form, on the page of the row, in REST."""

import gc

import pytest

from app import factory
from services.operation import OPERATIONS
from views.admin import screens
from views.api.resource import Resource, to_snake

assert factory  # whose imports register screens, resources and operations

SCREENS = {screen.resource: screen for screen in screens()}
RESOURCES = {found.key: found for found in gc.get_objects() if isinstance(found, Resource)}
#: made by hand or by events, and described by other names than their columns
OWN_WAYS = {"user", "notification"}
NOT_IN_FORMS = {
    "automation_rule.actions",  # written on the desk, where each action has its pickers
    "automation_rule.conditions",
    "automation_rule.event",
    "macro.actions",
    "macro.owner_id",
    "quick_reply.owner_id",  # everybody's or one's own: said by a button
    "ticket.assignee_id",  # given by the operation that also tells the agent
}
OTHERWISE_IN_REST = {
    "article.body": "bodyMarkdown, of one article only",
    "article.phrasings": "of one article only",
    "agent.max_conversations": "maxCount",
    "ticket.assignee_id": "assignee",
    "ticket.customer_id": "customer",
    "language_model.api_key": "nowhere: nobody sees it again; hasKey",
    **dict.fromkeys(
        ("wechat_account.aes_key", "wechat_account.app_secret", "wechat_account.token"), "nowhere: nobody sees it again"
    ),
}
#: says what a row begins with, and is not kept
NO_COLUMN = {"ticket.template_id"}
FIELDS = sorted(
    f"{name.removesuffix('.create')}.{field.name}"
    for name, operation in OPERATIONS.items()
    if name.endswith(".create") and name.removesuffix(".create") not in OWN_WAYS
    for field in operation.data_fields
    if field.name != "custom"  # fields that the company defines: test_custom_fields, test_custom_field_pages
    and f"{name.removesuffix('.create')}.{field.name}" not in NO_COLUMN
)


@pytest.mark.parametrize("field", [field for field in FIELDS if field.split(".")[0] in SCREENS])
def test_what_can_be_written_is_in_the_form_and_on_the_page_of_its_row(field):
    key, name = field.split(".")
    screen = SCREENS[key]
    assert field in NOT_IN_FORMS or name in {*(screen.add_columns or ()), *(screen.edit_columns or ())}
    assert name in screen.show_columns


@pytest.mark.parametrize("field", [field for field in FIELDS if field.split(".")[0] in RESOURCES])
def test_what_can_be_written_can_be_read_by_rest(field):
    key, name = field.split(".")
    assert field in OTHERWISE_IN_REST or name in {*RESOURCES[key].out, *map(to_snake, RESOURCES[key].more)}
