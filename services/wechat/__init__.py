"""WeChat as a channel: official accounts and mini programs (CHT-17). How it works stands in docs/wechat.md."""

from services.wechat.accounts import find_account
from services.wechat.chats import forget, speaks_wechat, undelivered_of
from services.wechat.incoming import answer_check, receive, take_all
from services.wechat.outgoing import deliver, deliver_all
from services.wechat.protocol import MOST_BYTES, Signed

__all__ = [
    "MOST_BYTES",
    "Signed",
    "answer_check",
    "deliver",
    "deliver_all",
    "find_account",
    "forget",
    "receive",
    "speaks_wechat",
    "take_all",
    "undelivered_of",
]
