"""Where WeChat's server calls us: the address that an administrator enters in WeChat's own administration."""

from flask import Blueprint, Response, g, request

from app.errors import DomainError, Invalid
from services import wechat
from views.public_address import public_address

blueprint = Blueprint("wechat_callback", __name__)


@blueprint.errorhandler(DomainError)
def refuse(error: DomainError) -> Response:
    """WeChat reads the status; whoever else calls learns nothing from us."""
    return Response("", error.status, mimetype="text/plain")


@blueprint.get("/wechat/<code>")
def check(code: str) -> Response:
    """WeChat asks whether this address is ours, when it is entered there."""
    account = wechat.find_account(code)
    echo = request.args.get("echostr", "")[:256]
    return _plain(wechat.answer_check(account, _signed(), echo, base_url=public_address(g.actor)))


@blueprint.post("/wechat/<code>")
def hear(code: str) -> Response:
    """A message or an event: stored, then acknowledged. Everything else happens afterwards."""
    account = wechat.find_account(code)
    request.max_content_length = wechat.MOST_BYTES
    if (request.content_length or 0) > wechat.MOST_BYTES:
        raise Invalid("The request is too large")
    wechat.receive(account, _signed(), request.get_data(), base_url=public_address(g.actor))
    return _plain("success")


def _signed() -> wechat.Signed:
    given = (request.args.get(name, "")[:128] for name in ("signature", "timestamp", "nonce", "msg_signature"))
    return wechat.Signed(*given)


def _plain(text: str) -> Response:
    # the text of the check comes from outside: nothing may take it for a page
    return Response(text, mimetype="text/plain", headers={"X-Content-Type-Options": "nosniff"})
