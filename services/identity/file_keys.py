"""Keys for pictures and files in framed pages: an address cannot carry the header that signs the page in.

Such a key reads files and does nothing else, for a day at most, and ends with the sign-in it was made for.
"""

from itsdangerous import BadData, URLSafeTimedSerializer

from models.identity import SessionKind
from services.identity import signin

LIFE_SECONDS = 86_400


def make(sign_in_id: int) -> str:
    return _signer().dumps(sign_in_id)


def resume(key: str, *, ip: str = "") -> signin.Resumed | None:
    """The living visitor's sign-in that a key stands for; None for a key that is old, forged or of somebody gone."""
    try:
        sign_in_id = _signer().loads(key, max_age=LIFE_SECONDS)
    except BadData:
        return None
    resumed = signin.resume_by_id(sign_in_id, ip=ip)
    return resumed if resumed is not None and resumed.sign_in.kind is SessionKind.visitor else None


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(signin.rules.secret, salt="file-key")
