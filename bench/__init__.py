"""Measurements of the product: `python3 manage.py bench NAME`. Figures and what they taught: docs/performance.md."""
