"""微信渠道: the accounts behind channels, and what customers did not get in WeChat (CHT-17)."""

from app.errors import NotFound
from models.actor import Actor
from models.conversations import Conversation
from models.wechat import UndeliveredMessage, WechatAccount
from services import wechat
from services.operation import Event
from views.api.endpoint import endpoint, load
from views.api.resource import Resource, serve

SECTION = "系统集成接口"

ACCOUNTS = serve(
    Resource(
        "wechat-accounts",
        "wechat_account",
        WechatAccount,
        SECTION,
        "微信账号",
        out=(
            "id",
            "channel_id",
            "kind",
            "app_id",
            "mode",
            "api_url",
            "heard_time",
            "problem",
            "problem_time",
            "create_time",
            "version",
        ),
        filters=("kind", "channel_id"),
        sort=("id", "app_id", "create_time"),
        search=("app_id",),
        more={"callbackPath": lambda actor, row: f"/wechat/{row.channel.code}"},
        eager=("channel",),
    )
)


def dump_undelivered(row: UndeliveredMessage) -> dict:
    """What stands beside one message."""
    return {
        "sessionId": row.conversation_id,
        "messageId": row.message_id,
        "reason": row.reason.value,
        "code": row.code,
    }


def dump_undelivered_event(event: Event) -> dict:
    """The same, as it is told when it happens."""
    told = event.payload
    return {
        "sessionId": told["conversation_id"],
        "messageId": told["message_id"],
        "reason": told["reason"],
        "code": told["code"],
    }


@endpoint("GET", "/sessions/<id:id>/undelivered", section=SECTION, summary="未送达的消息", right="conversation.read")
def list_undelivered(actor: Actor, row_id: int):
    """Which messages the customer's own app did not take. For staff: a customer cannot miss what he has."""
    if actor.sees_as_customer:
        raise NotFound("This does not exist")
    return [dump_undelivered(row) for row in wechat.undelivered_of(load(Conversation, row_id, actor))]
