"""The picture in the head of a channel's window, drawn anew as a small square (CHT-17)."""

import secrets
from pathlib import Path

from app.errors import NotFound, TooLarge
from app.extensions import db
from app.offload import offload
from models.actor import Actor
from models.channels import Channel
from services.files import storage
from services.identity import avatars
from services.operation import announce, operation


def set_logo(actor: Actor, channel: Channel, *, data: bytes) -> Channel:
    """Give a channel a picture. Raises TooLarge, Invalid when it is no picture."""
    actor.require("channel.update")
    if len(data) > avatars.MAX_BYTES:
        raise TooLarge("The file is too large", limit=avatars.MAX_BYTES)
    picture = offload(avatars.square, data)
    key = secrets.token_hex(20)
    offload(storage.write, key, picture)
    return store_logo(actor, channel, url=f"/api/v1/widget/{channel.code}/logo/{key}")


def remove_logo(actor: Actor, channel: Channel) -> Channel:
    """From now on the product's own mark stands there again."""
    return store_logo(actor, channel, url=None)


@operation("channel.set_logo", title="Change the picture of a channel", right="channel.update")
def store_logo(actor: Actor, channel: Channel, *, url: str | None) -> Channel:
    """The address of a picture that lies in the storage already; the one before goes once this is committed."""
    former, channel.logo_url = channel.logo_url, url
    db.session.flush()
    announce("channel.logo_changed", channel_id=channel.id, former=former)
    return channel


def get_file(channel: Channel, key: str) -> Path:
    """The picture behind an address. Raises NotFound."""
    path = storage.path(key)
    if channel.logo_url is None or _key_in(channel.logo_url) != key or not path.is_file():
        raise NotFound("This picture does not exist")
    return path


def discard(url: str | None) -> None:
    """Remove the file of a picture that nobody sees any more; twice does no harm."""
    if url:
        offload(storage.remove, _key_in(url))


def _key_in(url: str) -> str:
    return url.rsplit("/", 1)[1]
