"""Lengths of time in words."""

from flask_babel import gettext


def duration(seconds: float | None) -> str | None:
    """In two parts at most: 45 s, 3 min 20 s, 1 h 5 min."""
    if seconds is None:
        return None
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return gettext("%(hours)d h %(minutes)d min", hours=hours, minutes=minutes)
    if minutes:
        return gettext("%(minutes)d min %(seconds)d s", minutes=minutes, seconds=seconds)
    return gettext("%(seconds)d s", seconds=seconds)
