"""Make companies: `python -m tests.companies CODE …`. One process for many, for starting it takes longest."""

import os
import sys

from app import bootstrap
from app.factory import create_app


def main(codes: list[str]) -> None:
    """Each is reached under CODE.localhost; its administrator admin@CODE has the ADMIN_PASSWORD of the environment."""
    app = create_app()
    for code in codes:
        bootstrap.company(app, code, code, f"{code}.localhost", os.environ["ADMIN_PASSWORD"])


if __name__ == "__main__":
    main(sys.argv[1:])
