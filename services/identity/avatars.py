"""Pictures of people: a small square each, under an address that nobody can guess (ID-11)."""

import io
import secrets
from collections.abc import Iterable
from pathlib import Path

from PIL import Image, ImageOps
from sqlalchemy import select

from app.errors import Invalid, NotAllowed, NotFound, TooLarge
from app.extensions import db
from app.offload import offload
from models.actor import Actor
from models.customers import Customer
from models.identity import User
from services.files import NOT_A_PICTURE, storage
from services.operation import announce, operation

MAX_BYTES = 5 * 1024 * 1024
#: sharp at 128 px on a dense screen, and some ten kilobytes
SIDE = 256
MIME = "image/webp"
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
_PREFIX = "/api/v1/avatars"

#: who signed a message: (sender kind, id), as `Actor.sender` has it
Sender = tuple[str, int]


def set_own_avatar(actor: Actor, user: User, *, data: bytes) -> User:
    """The person's own picture, drawn anew as a square. Raises TooLarge, Invalid when it is no picture."""
    if len(data) > MAX_BYTES:
        raise TooLarge("The file is too large", limit=MAX_BYTES)
    picture = offload(square, data)
    key = secrets.token_hex(20)
    offload(storage.write, key, picture)
    return store_avatar(actor, user, url=f"{_PREFIX}/{user.id}/{key}")


def remove_own_avatar(actor: Actor, user: User) -> User:
    """From now on the person is a letter on a colour again."""
    return store_avatar(actor, user, url=None)


@operation("user.set_avatar", title="Change own picture", right="")
def store_avatar(actor: Actor, user: User, *, url: str | None) -> User:
    """The address of a picture that lies in the storage already; the one before goes once this is committed."""
    if user.id != actor.user_id:
        raise NotAllowed("You can only change your own profile")
    former, user.avatar_url = user.avatar_url, url
    db.session.flush()
    announce("user.avatar_changed", user_id=user.id, former=former)
    return user


def get_file(actor: Actor, user_id: int, key: str) -> Path:
    """The picture behind an address, for everybody of the company who was shown it. Raises NotFound."""
    url = db.session.scalar(select(User.avatar_url).where(User.id == user_id))
    if actor.kind == "anonymous" or not url or url != f"{_PREFIX}/{user_id}/{key}":
        raise NotFound("This picture does not exist")
    return _stored(key)


def file_of(user: User) -> Path:
    """The picture of somebody whose card is held by whoever asks. Raises NotFound."""
    if not user.avatar_url or not user.avatar_url.startswith(f"{_PREFIX}/"):
        raise NotFound("This picture does not exist")
    return _stored(user.avatar_url.rsplit("/", 1)[1])


def _stored(key: str) -> Path:
    path = storage.path(key)
    if not path.is_file():
        raise NotFound("This picture does not exist")
    return path


def discard(url: str | None) -> None:
    """Remove the file of a picture that nobody uses any more; twice does no harm."""
    if url and url.startswith(f"{_PREFIX}/"):
        offload(storage.remove, url.rsplit("/", 1)[1])


def urls_of(senders: Iterable[Sender]) -> dict[Sender, str]:
    """The pictures of those who signed messages, as far as they have one; a query per kind of sender."""
    ids: dict[str, set[int]] = {"agent": set(), "customer": set()}
    for kind, sender_id in senders:
        if kind in ids:
            ids[kind].add(sender_id)
    statements = {
        "agent": select(User.id, User.avatar_url).where(User.id.in_(ids["agent"])),
        "customer": select(Customer.id, User.avatar_url).join(Customer.user).where(Customer.id.in_(ids["customer"])),
    }
    return {
        (kind, sender_id): url
        for kind, wanted in ids.items()
        if wanted
        for sender_id, url in db.session.execute(statements[kind].where(User.avatar_url.is_not(None))).tuples()
    }


def square(data: bytes) -> bytes:
    """The middle of the picture, upright and on white, without anything the camera or its owner wrote into it."""
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as picture:
            if picture.width * picture.height > Image.MAX_IMAGE_PIXELS:
                raise Image.DecompressionBombError
            picture.draft("RGB", (2 * SIDE, 2 * SIDE))  # a JPEG needs not be unpacked in full
            upright = ImageOps.exif_transpose(picture).convert("RGBA")
    except NOT_A_PICTURE:
        raise Invalid("Please choose a picture: JPEG, PNG, WebP or GIF", fields={"file": "not a picture"}) from None
    small = ImageOps.fit(upright, (SIDE, SIDE), Image.Resampling.LANCZOS)
    drawn = Image.new("RGB", (SIDE, SIDE), "white")
    drawn.paste(small, mask=small)
    output = io.BytesIO()
    drawn.save(output, "WEBP", quality=85)
    return output.getvalue()
