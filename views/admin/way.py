"""The way back: which part of a list somebody came from travels along in the addresses of its rows.

`back` holds what stood behind the question mark of the list; `stay` says that a form was opened from the row's own
page and leads back there.
"""

from urllib.parse import parse_qsl, urlencode

from flask import request


def with_args(**changes) -> str:
    """The address of this page with some arguments changed; None or "" takes one out."""
    return _address(request.path, {**request.args.to_dict(), **changes})


def to_list(view) -> str:
    """The list of this view as it was filtered."""
    return _address(f"{view.route_base}/list/", dict(parse_qsl(_came_from(view))))


def to_row(view, row, page: str = "show", **more) -> str:
    """A page of this row ("show", "edit", "delete", "action/close"), from which `to_list` still knows its list."""
    where, _, name = page.partition("/")
    path = f"{view.route_base}/{where}/{name}/{row.id}" if name else f"{view.route_base}/{where}/{row.id}"
    return _address(path, {"back": _came_from(view), **more})


def after_edit(view, row) -> str:
    """Where a saved (or given up) form leads: to the page it was opened from."""
    return to_row(view, row) if request.args.get("stay") else to_list(view)


def _came_from(view) -> str:
    """What stands, or stood, behind the question mark of the view's list."""
    if request.path == f"{view.route_base}/list/" or request.path.endswith("/action_post"):
        return request.query_string.decode("utf-8", "replace")
    # on the page of another table's row the list of this one was never seen
    return request.args.get("back", "") if request.path.startswith(f"{view.route_base}/") else ""


def _address(path: str, arguments: dict) -> str:
    told = {name: value for name, value in arguments.items() if value not in (None, "")}
    return f"{path}?{urlencode(told)}" if told else path
