"""Form fields for what FAB and WTForms have none: lists of texts, references, codes."""

from collections.abc import Callable

import pytz
from flask import g
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy import select
from wtforms import (
    DateTimeLocalField,
    Field,
    PasswordField,
    SelectField,
    SelectMultipleField,
    TextAreaField,
    ValidationError,
)
from wtforms.utils import unset_value
from wtforms.widgets import CheckboxInput, ListWidget, html_params

from app.extensions import db
from services.organization import LEVELS
from views.admin.cells import zone
from views.admin.filters import options_of, whole_number
from views.admin.references import RESOURCES, SMALL, named


class SecretField(PasswordField):
    """A secret that is shown to nobody again: what is left empty stays as it is."""

    def process_formdata(self, valuelist: list[str]) -> None:
        if valuelist and valuelist[0].strip():
            self.data = valuelist[0].strip()


class LinesField(TextAreaField):
    """A list of texts, one per line."""

    def _value(self) -> str:
        return self.raw_data[0] if self.raw_data else "\n".join(str(item) for item in self.data or [])

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = [line.strip() for line in (valuelist[0] if valuelist else "").splitlines() if line.strip()]


class ChoiceField(SelectField):
    """One of some choices, or nothing where that is allowed."""

    def __init__(self, *args, empty: bool = False, **kwargs):
        super().__init__(*args, **kwargs)
        if empty:
            self.choices = [("", "—"), *(self.choices or [])]

    def process(self, formdata, data=unset_value, extra_filters=None) -> None:
        super().process(formdata, data, extra_filters)
        # a value that has left the dictionary must survive an edit of something else
        if self.object_data and str(self.object_data) not in {value for value, _title in self.choices}:
            self.choices = [*self.choices, (str(self.object_data), str(self.object_data))]


class ChecksField(SelectMultipleField):
    """Several of some choices, as check boxes."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class ReferenceWidget:
    """A select: all rows of a small table; of a big one the chosen row, the script searches for others."""

    def __call__(self, field: "ReferenceField", **attributes) -> Markup:
        attributes.setdefault("id", field.id)
        attributes["class"] = "ad-input"
        if field.target not in SMALL:
            attributes["data-remote"] = f"/admin/options/{RESOURCES[field.target]}"
        options = Markup("")
        if not field.flags.required or field.target not in SMALL:
            options += Markup('<option value="">—</option>')
        for value, title in field.options():
            chosen = Markup(" selected") if value == str(field.data or "") else ""
            options += Markup('<option value="{}"{}>{}</option>').format(value, chosen, title)
        return Markup("<select {}>{}</select>").format(Markup(html_params(name=field.name, **attributes)), options)


class ReferenceField(Field):
    """The number of another row, which the actor must be allowed to see."""

    widget = ReferenceWidget()

    def __init__(self, *args, target: type, **kwargs):
        super().__init__(*args, **kwargs)
        self.target = target

    def options(self) -> list[tuple[str, str]]:
        if self.target in SMALL:
            return options_of(self.target)
        row = db.session.scalars(named(self.target).where(self.target.id == self.data)).first() if self.data else None
        return [(str(row.id), str(row))] if row is not None else []

    def process_formdata(self, valuelist: list[str]) -> None:
        text = valuelist[0].strip() if valuelist else ""
        self.data = whole_number(text) if text else None
        if text and self.data is None:
            raise ValidationError(_("This does not exist"))

    def pre_validate(self, form) -> None:
        if (
            self.data is not None
            and self.data != self.object_data
            and db.session.scalar(
                select(self.target.id).where(self.target.id == self.data, self.target.visible_to(g.actor))
            )
            is None
        ):
            raise ValidationError(_("This does not exist"))


class ReferencesField(ChecksField):
    """Several rows of a small table, as check boxes."""

    def __init__(self, *args, target: type, **kwargs):
        super().__init__(*args, coerce=int, choices=lambda: self._rows(target), **kwargs)

    @staticmethod
    def _rows(target: type) -> list[tuple[int, str]]:
        return [(int(number), title) for number, title in options_of(target)]


class PeopleField(SelectMultipleField):
    """Several rows of a big table, searched while typing."""

    def __init__(self, *args, target: type, **kwargs):
        super().__init__(*args, coerce=int, choices=[], validate_choice=False, **kwargs)
        self.target = target
        self.render_kw = {"data-remote": f"/admin/options/{RESOURCES[target]}"}


class TagsField(SelectMultipleField):
    """Texts offered from a dictionary; others may be typed as well."""

    def __init__(self, *args, choices: Callable, **kwargs):
        super().__init__(*args, choices=[], validate_choice=False, **kwargs)
        self._offered = choices
        self.render_kw = {"data-open-choice": "", "class": "ad-input"}

    def process(self, formdata, data=unset_value, extra_filters=None) -> None:
        super().process(formdata, data, extra_filters)
        offered = [(str(value), title) for value, title in self._offered()]
        known = {value for value, _title in offered}
        self.choices = [*offered, *((text, text) for text in self.data or [] if text not in known)]

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = list(dict.fromkeys(text.strip()[:64] for text in valuelist if text.strip()))


class SkillsField(Field):
    """Skills with their levels: a line each, and three empty ones for more."""

    SPARE = 3

    def _lines(self) -> list[tuple[str, int]]:
        return [(skill["name"], skill["level"]) for skill in self.data or []]

    @staticmethod
    def widget(field: "SkillsField", **attributes) -> Markup:
        lines = [*field._lines(), *[("", 1)] * field.SPARE]
        return Markup("").join(field._line(name, level, place) for place, (name, level) in enumerate(lines))

    def _line(self, name: str, level: int, place: int) -> Markup:
        options = Markup("").join(
            Markup('<option value="{}"{}>{}</option>').format(
                number, Markup(" selected") if number == level else "", _("Level %(number)s", number=number)
            )
            for number in LEVELS
        )
        return Markup(
            '<div class="ad-pair"><input class="ad-input" name="{0}" value="{1}" maxlength="64" placeholder="{2}" '
            'aria-label="{2}"{5}><select class="ad-input" name="{0}-level" aria-label="{3}">{4}</select></div>'
        ).format(
            self.name, name, _("Skill"), _("Level"), options, Markup(' id="{}"').format(self.id) if not place else ""
        )

    def process(self, formdata, data=unset_value, extra_filters=None) -> None:
        super().process(formdata, data, extra_filters)
        if formdata is not None and self.name in formdata:
            names, levels = formdata.getlist(self.name), formdata.getlist(f"{self.name}-level")
            self.data = [
                {"name": name.strip()[:64], "level": int(level) if level.isdigit() else 1}
                for name, level in zip(names, [*levels, *["1"] * len(names)], strict=False)
                if name.strip()
            ]


class OrderField(Field):
    """Some of several choices, in an order: a select for each place, and some empty ones for more.

    `choices` returns (value, title, what it means); the meanings stand below, folded.
    """

    SPARE = 3

    def __init__(self, *args, choices: Callable, explained: bool = False, **kwargs):
        super().__init__(*args, **kwargs)
        self._offered, self._explained = choices, explained

    @staticmethod
    def widget(field: "OrderField", **attributes) -> Markup:
        offered = list(field._offered())
        chosen = [*(field.data or []), *[""] * field.SPARE][: len(offered)]
        places = (field._place(offered, value, place) for place, value in enumerate(chosen, start=1))
        shown = Markup('<ol class="ad-order">{}</ol>').format(Markup("").join(places))
        return shown + field._meanings(offered) if field._explained else shown

    def _place(self, offered: list[tuple], chosen: str, place: int) -> Markup:
        options = Markup("").join(
            Markup('<option value="{}"{}>{}</option>').format(
                value, Markup(" selected") if value == chosen else "", title
            )
            for value, title, _meaning in [("", "—", ""), *offered]
        )
        return Markup('<li><select class="ad-input" name="{}" aria-label="{} {}"{}>{}</select></li>').format(
            self.name,
            self.label.text,
            place,
            Markup(' id="{}"').format(self.id) if place == 1 else "",
            options,
        )

    @staticmethod
    def _meanings(offered: list[tuple]) -> Markup:
        lines = (Markup("<li><b>{}</b>: {}</li>").format(title, meaning) for _value, title, meaning in offered)
        return Markup('<details class="ad-meanings"><summary>{}</summary><ul>{}</ul></details>').format(
            _("What these mean"), Markup("").join(lines)
        )

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = list(dict.fromkeys(value for value in valuelist if value))

    def pre_validate(self, form) -> None:
        if set(self.data or ()) - {value for value, _title, _meaning in self._offered()}:
            raise ValidationError(_("This does not exist"))


class MomentField(DateTimeLocalField):
    """Day and time by the reader's clock, kept in UTC."""

    def _value(self) -> str:
        if self.raw_data:
            return self.raw_data[0]
        return pytz.utc.localize(self.data).astimezone(zone()).strftime("%Y-%m-%dT%H:%M") if self.data else ""

    def process_formdata(self, valuelist: list[str]) -> None:
        super().process_formdata(valuelist)
        if self.data is not None:
            self.data = zone().localize(self.data).astimezone(pytz.utc).replace(tzinfo=None)
