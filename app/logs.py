"""What is written to the log: all of our own, of libraries only what somebody should look at."""

import logging

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
#: these tell at INFO what they do all day: steps of a migration, screens registered, files a model is read from
TALKATIVE = (
    "alembic.runtime",
    "eventlet.wsgi",
    "faiss",
    "flask_appbuilder",
    "huggingface_hub",
    "sentence_transformers",
    "transformers",
)


def configure(level: str) -> None:
    """Called once by the factory. At DEBUG the libraries speak as well."""
    logging.basicConfig(level=level, format=FORMAT)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING if level == "INFO" else logging.NOTSET)
