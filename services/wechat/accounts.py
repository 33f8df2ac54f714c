"""The accounts behind channels of the kind WeChat: kept by administrators, found by the code of their channel."""

import re
from urllib.parse import urlsplit

from sqlalchemy import inspect, select, update

from app.errors import Conflict, Invalid, NotFound, Reason
from app.extensions import db
from models.actor import Actor
from models.channels import Channel, ChannelKind
from models.types import utcnow
from models.wechat import API_URL, MessageMode, WechatAccount
from services import safe_http
from services.crud import crud, referenced
from services.operation import write
from services.wechat import protocol
from services.wechat.protocol import Keys

_APP_ID = re.compile(r"[A-Za-z0-9_-]{6,64}")
_TOKEN = re.compile(r"[A-Za-z0-9]{3,32}")
_SECRET = re.compile(r"[\x21-\x7e]{8,128}")
#: WeChat's numbers for "this app id, secret or address is not right", as against "this message is not"
SETUP_CODES = frozenset({40002, 40013, 40125, 40164, 40243, 41002, 41004, 48001, 48004, 50002, 61003, 89503})


def find_account(code: str) -> WechatAccount:
    """The account behind an active channel of the bound company. Raises NotFound."""
    found = db.session.scalars(
        select(WechatAccount)
        .join(Channel, Channel.id == WechatAccount.channel_id)
        .where(Channel.code == code, Channel.kind == ChannelKind.wechat, Channel.active == 1)
    ).first()
    if found is None:
        raise NotFound("This does not exist")
    return found


def account_of(channel_id: int) -> WechatAccount | None:
    """The account of a channel, whether or not the channel is active: what was taken in is answered."""
    return db.session.scalars(select(WechatAccount).where(WechatAccount.channel_id == channel_id)).first()


def keys_of(account: WechatAccount) -> Keys:
    return Keys(account.app_id, account.token, account.aes_key, account.mode)


def note_problem(account: WechatAccount, code: int) -> None:
    """For the administrator's screen: WeChat finds fault with how the account is set up."""
    _note(account, problem=f"errcode {code}", problem_time=utcnow())


def note_heard(account: WechatAccount, base_url: str) -> None:
    """WeChat reaches us, and by this address; written now and then."""
    _note(account, heard_time=utcnow(), base_url=base_url[:255])


def _note(account: WechatAccount, **values) -> None:
    with write(account.tenant_id) as session:
        session.execute(
            update(WechatAccount).where(WechatAccount.id == account.id).values(**values),
            execution_options={"synchronize_session": False},
        )


def _check(actor: Actor, row: WechatAccount, data: dict) -> None:
    channel = referenced(Channel, row.channel_id, actor, "channelId")
    if channel is None or channel.kind is not ChannelKind.wechat:
        raise Invalid("Choose a channel of the kind WeChat", fields={"channelId": "no WeChat channel"})
    with db.session.no_autoflush:
        other = account_of(row.channel_id)
    if other is not None and other.id != row.id:
        raise Conflict("This channel has its account already")
    for name in ("app_id", "app_secret", "token", "aes_key"):
        setattr(row, name, (getattr(row, name) or "").strip() or None)
    _check_keys(row)
    row.api_url = (row.api_url or API_URL).strip().rstrip("/")
    _check_address(row)
    _keep_secret(row)


def _check_keys(row: WechatAccount) -> None:
    for name, pattern, form in (
        ("app_id", _APP_ID, "wx…"),
        ("app_secret", _SECRET, Reason("at least 8 characters")),
        ("token", _TOKEN, Reason("3 to 32 letters and digits")),
    ):
        if not pattern.fullmatch(getattr(row, name) or ""):
            field = {"app_id": "appId", "app_secret": "appSecret", "token": "token"}[name]
            raise Invalid("Copy this from WeChat's administration as it stands there", fields={field: form})
    if row.aes_key is not None and protocol.aes_key_of(row.aes_key) is None:
        raise Invalid(
            "Copy this from WeChat's administration as it stands there", fields={"aesKey": "43 letters and digits"}
        )
    if row.aes_key is None and row.mode is not MessageMode.plain:
        raise Invalid("Encrypted messages need the EncodingAESKey", fields={"aesKey": "required"})


def _check_address(row: WechatAccount) -> None:
    """The app secret goes there: encrypted, or to a host that the operator has named himself."""
    parts = safe_http.client.check_form(row.api_url, field="apiUrl")
    if parts.query or parts.fragment:
        raise Invalid("An address without anything behind it", fields={"apiUrl": API_URL})
    if parts.scheme != "https" and not safe_http.client.is_allowed(row.api_url):
        raise Invalid("The address must begin with https", fields={"apiUrl": API_URL})


def _keep_secret(row: WechatAccount) -> None:
    """Whoever may change the address must not get the secret by it; another app has another token."""
    changed = {name for name in ("app_id", "app_secret", "api_url") if inspect(row).attrs[name].history.has_changes()}
    if row.id is not None and "api_url" in changed and "app_secret" not in changed:
        with db.session.no_autoflush:
            before = db.session.scalar(select(WechatAccount.api_url).where(WechatAccount.id == row.id))
        if urlsplit(before).netloc != urlsplit(row.api_url).netloc:
            raise Invalid("Another address needs the app secret once more", fields={"appSecret": "required"})
    if changed:
        row.access_token = row.access_token_until = row.problem = row.problem_time = None


crud(
    "wechat_account",
    WechatAccount,
    title="WeChat account",
    writable=("channel_id", "kind", "app_id", "app_secret", "token", "aes_key", "mode", "api_url"),
    check=_check,
)
