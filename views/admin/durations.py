"""Lengths of time in words."""

from flask_babel import gettext


def duration(seconds: float | None) -> str | None:
    """In two parts at most, none of them zero: 45 s, 3 min 20 s, 1 h 5 min, 24 h."""
    if seconds is None:
        return None
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours and not minutes:
        return gettext("%(hours)d h", hours=hours)
    if hours:
        return gettext("%(hours)d h %(minutes)d min", hours=hours, minutes=minutes)
    if minutes and not seconds:
        return gettext("%(minutes)d min", minutes=minutes)
    if minutes:
        return gettext("%(minutes)d min %(seconds)d s", minutes=minutes, seconds=seconds)
    return gettext("%(seconds)d s", seconds=seconds)
