"""One's own picture and preferences (ID-11); who one is and how one signs in stands in `people`."""

from flask import Response, send_file

from models.actor import Actor
from services.identity import avatars, preferences
from services.operation import OPERATIONS
from views import auth
from views.api.endpoint import endpoint, sent_file
from views.api.people import SECTION, own_account

#: an address is never used for another picture
_KEPT_SECONDS = 365 * 86400


@endpoint("PUT", "/user/avatar", section=SECTION, summary="更新头像", right="", takes_file=True)
def change_avatar(actor: Actor):
    """multipart/form-data with one part `file`: JPEG, PNG, WebP or GIF of at most 5 MB."""
    user, (_, data) = own_account(actor), sent_file(avatars.MAX_BYTES)
    changed = avatars.set_own_avatar(actor, user, data=data)
    return {"avatarUrl": changed.avatar_url}


@endpoint("DELETE", "/user/avatar", section=SECTION, summary="移除头像", right="")
def remove_avatar(actor: Actor):
    return {"avatarUrl": avatars.remove_own_avatar(actor, own_account(actor)).avatar_url}


@endpoint("GET", "/avatars/<id:id>/<key>", section=SECTION, summary="头像", right="", query={"key": str})
def show_avatar(actor: Actor, user_id: int, picture: str, key: str = "") -> Response:
    """A picture at the address that people, agents and messages name as `avatarUrl`."""
    response = send_file(
        avatars.get_file(auth.reader_of_file(actor, key), user_id, picture),
        mimetype=avatars.MIME,
        etag=False,
        download_name="avatar.webp",
    )
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    # private: what lies between may not go on giving out a picture that its owner has removed
    response.headers["Cache-Control"] = f"private, max-age={_KEPT_SECONDS}, immutable"
    return response


@endpoint("GET", "/user/preferences", section=SECTION, summary="个人偏好", right="")
def show_preferences(actor: Actor):
    return preferences.preferences_of(actor, own_account(actor))


@endpoint(
    "PUT",
    "/user/preferences",
    section=SECTION,
    summary="更新个人偏好",
    right="",
    fields=OPERATIONS["user.set_preferences"].data_fields,
)
def change_preferences(actor: Actor, **data):
    user = preferences.change_preferences(actor, own_account(actor), **data)
    return preferences.preferences_of(actor, user)
