"""How articles are written: versions, review, publishing, files, templates (KB-1, KB-2)."""

from services.articles import editing, files, publishing, reviewing, revisions, templates, writing

__all__ = ["editing", "files", "publishing", "reviewing", "revisions", "templates", "writing"]
