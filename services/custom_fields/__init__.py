"""Fields that a company defines itself: definitions, values, filters, texts (SET-4, TKT-3)."""

from services.custom_fields import definitions
from services.custom_fields.filtering import conditions
from services.custom_fields.reading import SUBJECTS, custom_columns, shown_of, shown_of_many, values_of, values_of_many
from services.custom_fields.values import CUSTOM, set_values

__all__ = [
    "CUSTOM",
    "SUBJECTS",
    "conditions",
    "custom_columns",
    "definitions",
    "set_values",
    "shown_of",
    "shown_of_many",
    "values_of",
    "values_of_many",
]
