"""Screens of rows by which people can be reached: in full only with the right customer.read_pii, as in REST (M09)."""

from collections.abc import Callable
from typing import ClassVar

from flask import g, request

from services.customers import mask_email, mask_phone
from services.reach import shown_to
from views.admin.base import AdminView

Mask = Callable[[str | None], str | None]


def reach_of(column: str, mask: Mask) -> Callable[[object], str | None]:
    """How a number or address of a row is shown."""

    return lambda row: shown_to(g.actor, getattr(row, column), mask)


class ReachView(AdminView):
    """A screen of persons whose numbers and addresses are masked for those who may not see them."""

    #: column → how it is masked
    reach: ClassVar[dict[str, Mask]] = {
        "phone": mask_phone,
        "landline": mask_phone,
        "emergency_phone": mask_phone,
        "email": mask_email,
    }
    formatters = {column: reach_of(column, mask) for column, mask in reach.items()}

    def data_of(self, form, verb: str, row=None) -> dict:
        data = super().data_of(form, verb, row)
        if row is not None and not g.actor.may("customer.read_pii"):
            # the form showed the masked value: what was not typed anew stays as it is
            data = {
                name: value
                for name, value in data.items()
                if name not in self.reach or value != self.reach[name](getattr(row, name))
            }
        return data

    def edit_form_of(self, row):
        form = super().edit_form_of(row)
        if request.method == "GET" and not g.actor.may("customer.read_pii"):
            for name in self.reach.keys() & set(form._fields):
                form[name].data = self.reach[name](form[name].data)
        return form
