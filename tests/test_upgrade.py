"""An update gives companies that exist what new ones are made with, each thing once; what was taken away stays away."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from config import Config
from tests.people import Company, Person
from tests.screens import Screens, text_of
from tests.servers import AppServer, flask_db, run_cli

#: what came into the product after revision 0007
LATER = (
    "channel",
    "entry_code",
    "export_job",
    "presence_interval",
    "retention_run",
    "sensitive_alert",
    "sensitive_word",
)


@pytest.fixture
def engine(own_settings: Mapping[str, str]) -> Iterator[sa.Engine]:
    engine = sa.create_engine(Config(own_settings).database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def serve(own_settings: Mapping[str, str], tmp_path: Path) -> Callable[[], AppServer]:
    return lambda: AppServer(tmp_path / "own-server", own_settings)


def administration(server: AppServer, settings: Mapping[str, str]) -> Company:
    return Company(server.base_url, "admin", settings["ADMIN_PASSWORD"])


def rights(admin: Person, role: str) -> dict[str, int]:
    """The rights of a role by name."""
    found = admin.get("/roles", code=role)["list"][0]
    return {right["name"]: right["id"] for right in admin.get(f"/roles/{found['id']}")["permissions"]}


def take_away(company: Company, role: str, right: str) -> None:
    held = rights(company.admin, role)
    kept = [number for name, number in held.items() if name != right]
    assert len(kept) == len(held) - 1
    company.admin.post(f"/roles/{company.role_id(role)}/permissions", {"permissionIds": kept})


def go_back(settings: Mapping[str, str], engine: sa.Engine) -> None:
    """The database as the release of revision 0007 left it: neither tables nor rights of what came later."""
    flask_db(settings, "downgrade", "0007")
    later = (
        "SELECT pv.id FROM ab_permission_view pv JOIN ab_view_menu v ON v.id = pv.view_menu_id WHERE v.name IN :later"
    )
    with engine.begin() as connection:
        names = {"later": LATER}
        expanding = sa.bindparam("later", expanding=True)
        numbers = connection.scalars(sa.text(later).bindparams(expanding), names).all()
        for table, column in (("ab_permission_view_role", "permission_view_id"), ("ab_permission_view", "id")):
            statement = sa.text(f"DELETE FROM {table} WHERE {column} IN :numbers")
            connection.execute(statement.bindparams(sa.bindparam("numbers", expanding=True)), {"numbers": numbers})
        connection.execute(sa.text("DELETE FROM problem_profile"))


def test_old_company_is_given_what_is_new_and_nothing_it_gave_up(own_settings, engine, serve):
    run_cli("migrate", settings=own_settings)
    with serve() as server:
        company = administration(server, own_settings)
        take_away(company, "supervisor", "ticket.review")
        own = company.admin.post("/roles", {"name": "质检"})["id"]
        reply = company.admin.get("/quick-replies", q="bye")["list"][0]["id"]
        company.admin.delete(f"/quick-replies/{reply}")
        manual = company.admin.get("/kb/articles", size=100)["list"][0]
        company.admin.delete(f"/kb/articles/{manual['id']}")
    go_back(own_settings, engine)

    with ThreadPoolExecutor() as at_once:  # several processes start after the update: one does it, the others wait
        list(at_once.map(lambda _: run_cli("migrate", settings=own_settings), range(3)))
    run_cli("company", "fresh", "新公司", "--host", "fresh.localhost", settings=own_settings)

    with serve() as server:
        company = administration(server, own_settings)
        newcomers = Company(server.base_url, "admin@fresh", own_settings["ADMIN_PASSWORD"], host="fresh.localhost")
        fresh = rights(newcomers.admin, "supervisor").keys()
        assert {name for name in fresh if name.split(".")[0] in LATER} >= {"sensitive_alert.handle", "entry_code.renew"}
        for role in ("admin", "agent", "customer"):
            assert rights(company.admin, role).keys() == rights(newcomers.admin, role).keys()
        assert rights(company.admin, "supervisor").keys() == fresh - {"ticket.review"}
        assert set(company.supervisor.actor["permissions"]) == fresh - {"ticket.review"}
        assert company.supervisor.get("/sensitive-alerts")["list"] == []
        assert company.admin.get(f"/roles/{own}")["permissions"] == []
        assert company.admin.get("/quick-replies", q="bye")["list"] == []
        assert manual["title"] not in [row["title"] for row in company.admin.get("/kb/articles", size=100)["list"]]
        words = company.admin.get("/sensitive-words", size=100)
        for path in ("sensitive-words", "problem-profiles"):
            assert company.admin.get(f"/{path}")["total"] == newcomers.admin.get(f"/{path}")["total"] > 0

        # the administrator is told once, and sees what it was
        told = [one for one in company.admin.get("/notifications")["list"] if one["kind"] == "company.updated"]
        assert [one["link"] for one in told] == ["/admin/provision/list/"]
        screens = Screens(company.admin)
        listed = text_of(screens.page("/provision/list/?role_code=supervisor&size=100"))
        assert "Sensitive-word alerts: Handle" in listed and "Tickets: Review" not in listed
        granted = text_of(screens.page("/operation_log/list/?operation=role.grant"))
        assert granted.count("主管") == 2, "once by the administrator, once by the update"

        # what is given once is not given again
        take_away(company, "supervisor", "sensitive_alert.handle")
        for word in words["list"]:
            company.admin.delete(f"/sensitive-words/{word['id']}")
        run_cli("migrate", settings=own_settings)
        assert rights(company.admin, "supervisor").keys() == fresh - {"ticket.review", "sensitive_alert.handle"}
        assert company.admin.get("/sensitive-words")["total"] == 0
        assert "Taken away since" in text_of(screens.page("/provision/list/?role_code=supervisor&size=100"))
