"""Fields that a company defines itself: definitions, values, filters, texts (SET-4, TKT-3)."""

from services.custom_fields import definitions
from services.custom_fields.filtering import conditions
from services.custom_fields.reading import custom_columns, shown_of, shown_of_many, values_of
from services.custom_fields.values import CUSTOM, missing_in, set_values

__all__ = [
    "CUSTOM",
    "conditions",
    "custom_columns",
    "definitions",
    "missing_in",
    "set_values",
    "shown_of",
    "shown_of_many",
    "values_of",
]
