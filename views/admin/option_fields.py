"""Form fields for the options of a custom field and for the steps of a workflow."""

import re
from collections.abc import Callable

from flask_babel import gettext as _
from markupsafe import Markup
from wtforms import Field
from wtforms.utils import unset_value

from models.tickets import TRANSITIONS, TicketStatus
from services.tickets.workflow import BEFORE
from views.admin import fields, labels


class OptionsField(Field):
    """The options of a select: a line each with its names, and some empty ones for more."""

    SPARE = 3
    _PARTS = ("label", "labelEn", "code")

    @staticmethod
    def widget(field: "OptionsField", **attributes) -> Markup:
        lines = [*(field.data or []), *[{}] * field.SPARE]
        return Markup("").join(field._line(option, place) for place, option in enumerate(lines))

    def _line(self, option: dict, place: int) -> Markup:
        titles = {"label": _("Name"), "labelEn": _("English name"), "code": _("Code (may stay empty)")}
        inputs = Markup("").join(
            Markup(
                '<input class="ad-input" name="{0}-{1}" value="{2}" maxlength="64" placeholder="{3}" '
                'aria-label="{3}"{4}>'
            ).format(
                self.name,
                part,
                option.get(part) or "",
                titles[part],
                Markup(' id="{}"').format(self.id) if part == "label" and not place else "",
            )
            for part in self._PARTS
        )
        offered = option.get("active", True)
        choices = Markup("").join(
            Markup('<option value="{}"{}>{}</option>').format(value, Markup(" selected") if chosen else "", title)
            for value, chosen, title in (("1", offered, _("Offered")), ("0", not offered, _("No longer offered")))
        )
        return Markup(
            '<div class="ad-option">{}<select class="ad-input" name="{}-active" aria-label="{}">{}</select></div>'
        ).format(inputs, self.name, _("State"), choices)

    def process(self, formdata, data=unset_value, extra_filters=None) -> None:
        super().process(formdata, data, extra_filters)
        if formdata is None or f"{self.name}-label" not in formdata:
            return
        texts = [formdata.getlist(f"{self.name}-{part}") for part in (*self._PARTS, "active")]
        found = []
        for label, label_en, code, active in zip(*texts, strict=False):
            if label.strip() or code.strip():
                found.append(
                    {
                        "code": code.strip() or _code_for(label_en, found),
                        "label": label.strip(),
                        "labelEn": label_en.strip() or None,
                        "active": active != "0",
                    }
                )
        self.data = found or None


def _code_for(name: str, others: list[dict]) -> str:
    """A code that no other option has, after the English name if there is one."""
    taken, number = {option["code"] for option in others}, len(others) + 1
    wanted = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:60]
    while not wanted or wanted in taken:
        wanted, number = f"option_{number}", number + 1
    return wanted


def steps_offered() -> list[tuple[str, str]]:
    """Every step there is, in words: [(“pending>processing”, “Pending → In progress”)]."""
    return [(">".join(step), step_title(">".join(step))) for step in TRANSITIONS]


def step_title(step: str) -> str:
    return " → ".join(str(labels.state_title(TicketStatus(state))) for state in step.split(">"))


class StepsField(fields.ChecksField):
    """The steps of a workflow, all of them ticked at first; all of them are stored as "all"."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, choices=steps_offered, **kwargs)

    def process(self, formdata, data=unset_value, extra_filters=None) -> None:
        super().process(formdata, data, extra_filters)
        every = [value for value, _title in steps_offered()]
        if not formdata:
            self.data = every if self.data is None else self.data
        elif self.data == every:
            self.data = None


class RequiredBeforeField(Field):
    """Which facts must be known before which state: a table to tick. `facts` returns [(name, title)]."""

    def __init__(self, *args, facts: Callable[[], list[tuple[str, str]]], **kwargs):
        super().__init__(*args, **kwargs)
        self._facts = facts

    @staticmethod
    def widget(field: "RequiredBeforeField", **attributes) -> Markup:
        heads = Markup("").join(
            Markup('<th scope="col">{}</th>').format(labels.state_title(status)) for status in BEFORE
        )
        lines = Markup("").join(
            Markup('<tr><th scope="row">{}</th>{}</tr>').format(
                title, Markup("").join(field._box(name, title, status) for status in BEFORE)
            )
            for name, title in field._facts()
        )
        return Markup(
            '<div class="ad-scroll"><table class="ad-grid" id="{}"><thead><tr><td></td>{}</tr></thead>'
            '<tbody>{}</tbody></table></div><input type="hidden" name="{}" value="">'
        ).format(field.id, heads, lines, field.name)

    def _box(self, name: str, title: str, status: TicketStatus) -> Markup:
        ticked = name in (self.data or {}).get(status.value, ())
        return Markup('<td><input type="checkbox" name="{}" value="{}" aria-label="{}"{}></td>').format(
            self.name,
            f"{status.value}:{name}",
            f"{labels.state_title(status)}: {title}",
            Markup(" checked") if ticked else "",
        )

    def process_formdata(self, valuelist: list[str]) -> None:
        if not valuelist:
            return
        found: dict[str, list[str]] = {}
        for value in filter(None, valuelist):
            status, _colon, name = value.partition(":")
            found.setdefault(status, []).append(name)
        self.data = found or None
