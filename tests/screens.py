"""The administration as one person with a browser uses it: pages, forms, buttons, files."""

import csv
import html
import io
import re
from html.parser import HTMLParser

import openpyxl
import requests

from tests.people import Company, Person, unique


class FormReader(HTMLParser):
    """The forms of a page: {id or action: {name: value as the browser would send it}}."""

    def __init__(self, page: str):
        super().__init__()
        self.forms: list[dict] = []
        self._select: str | None = None
        self._chosen: str | None = None
        self._several = False
        self._area: str | None = None
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "form":
            self.forms.append({})
        elif not self.forms or ("name" not in given and tag != "option") or "disabled" in given:
            return
        elif tag == "input" and given.get("type") in ("checkbox", "radio"):
            if "checked" in given:
                self.forms[-1].setdefault(given["name"], []).append(given.get("value", "on"))
        elif tag == "input":
            self._put(given["name"], given.get("value", ""))
        elif tag == "select":
            self._select, self._chosen = given["name"], None
            self._several = "multiple" in given
        elif tag == "option" and self._select and self._several:
            if "selected" in given:
                self.forms[-1].setdefault(self._select, []).append(given.get("value", ""))
        elif tag == "option" and self._select and (self._chosen is None or "selected" in given):
            self._chosen = given.get("value", "")
        elif tag == "textarea":
            self._area = given["name"]
            self.forms[-1][self._area] = ""

    def handle_endtag(self, tag):
        if tag == "select" and self._select:
            if self._chosen is not None:
                self._put(self._select, self._chosen)
            self._select = self._chosen = None
        elif tag == "textarea":
            self._area = None

    def handle_data(self, data):
        if self._area:
            self.forms[-1][self._area] += data.removeprefix("\r\n").removeprefix("\n")

    def _put(self, name: str, value: str) -> None:
        """A field's value; of several fields of one name all, in their order."""
        form = self.forms[-1]
        form[name] = [*([form[name]] if isinstance(form[name], str) else form[name]), value] if name in form else value

    def with_field(self, name: str) -> dict:
        return next(form for form in self.forms if name in form)


class Screens:
    """A person's way through /admin, in English unless said otherwise."""

    def __init__(self, person: Person, locale: str = "en"):
        self.person = person.at(person.base_url)
        # the sign-in brought the account's language along
        self.person.http.cookies = requests.cookies.cookiejar_from_dict(
            {cookie.name: cookie.value for cookie in person.http.cookies} | {"locale": locale}
        )

    def fetch(self, path: str, method: str = "GET", **options) -> requests.Response:
        options.setdefault("allow_redirects", False)
        return self.person.http.request(method, f"{self.person.base_url}/admin{path}", timeout=30, **options)

    def page(self, path: str, *, expect: int = 200) -> str:
        answer = self.fetch(path)
        assert answer.status_code == expect, (
            f"{path}: {answer.status_code} {answer.headers.get('Location')} {text_of(answer.text)[:300]}"
        )
        assert_readable(path, answer.text)
        return answer.text

    def submit(
        self, path: str, changes: dict, *, page: str | None = None, marker: str = "csrf_token", to: str | None = None
    ) -> requests.Response:
        """Fill the form with the field `marker` in and send it; the answer, redirects followed."""
        form = FormReader(page or self.page(path)).with_field(marker) | changes
        return self.fetch(to or path, method="POST", data=form, allow_redirects=True)

    def make(self, resource: str, **data) -> int:
        """Add a row by its form; its number."""
        answer = self.submit(f"/{resource}/add", data, marker=next(iter(data)))
        found = re.search(rf"/admin/{resource}/show/(\d+)$", answer.url)
        assert found, f"{answer.url}: {problems_of(answer.text)}"
        return int(found[1])

    def do(self, resource: str, pk: int, action: str) -> requests.Response:
        """Press the button of an operation on a row's page."""
        page = self.page(f"/{resource}/show/{pk}")
        return self.submit("", {}, page=page, to=f"/{resource}/action/{action}/{pk}")

    def export(self, resource: str, kind: str = "csv", query: str = "") -> list[list[str]]:
        answer = self.fetch(f"/{resource}/export/{kind}?{query}")
        assert answer.status_code == 200, answer.text[:300]
        if kind == "csv":
            return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
        sheet = openpyxl.load_workbook(io.BytesIO(answer.content), read_only=True).active
        return [[cell or "" for cell in row] for row in sheet.iter_rows(values_only=True)]


#: the cookie to which Flask-WTF binds the keys of its forms
FORM_COOKIE = "smartsupport_form"


def form_key(screens: Screens) -> tuple[str, str]:
    """A key with which forms are accepted, and the cookie that belongs to it, from a page with a form."""
    key = FormReader(screens.page("/article/add")).with_field("csrf_token")["csrf_token"]
    return key, next(cookie.value for cookie in screens.person.http.cookies if cookie.name == FORM_COOKIE)


def carry_form_key(screens: Screens, key: tuple[str, str]) -> str:
    """Give this person the cookie too: his forms are then refused for want of a right and for nothing else."""
    screens.person.http.cookies.set(FORM_COOKIE, key[1])
    return key[0]


def text_of(page: str) -> str:
    """The words of a page as a person reads them."""
    page = re.sub(r"<(script|style|svg)\b.*?</\1>", " ", page, flags=re.S)
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", page).split()))


def problems_of(page: str) -> list[str]:
    """What the page says against the person's wish, at its top and below the fields."""
    found = re.findall(r'class="ad-(?:error|flash ad-flash--danger)"[^>]*>(.*?)</(?:p|div)>', page, flags=re.S)
    return [text_of(text) for text in found]


def assert_readable(path: str, page: str) -> None:
    words = text_of(page)
    bad = re.search(r"\bNone\b|Traceback|<[A-Z]\w+ object|sqlalchemy|SELECT .* FROM|INSERT INTO|UPDATE \w+ SET", words)
    assert not bad, f"{path}: {words[max(0, bad.start() - 60) : bad.end() + 60]}"


def role_with(people: Company, *names: str, scopes: dict | None = None) -> int:
    """A role of the test's own with exactly these rights."""
    role = people.admin.post("/roles", {"name": unique("role")})
    return grant(people, role["id"], *names, scopes=scopes)


def grant(people: Company, role_id: int, *names: str, scopes: dict | None = None) -> int:
    """Give a role exactly these rights; its number."""
    known = {right["name"]: right["id"] for right in people.admin.get("/permissions")}
    wanted = {"permissionIds": [known[name] for name in names], "scopes": scopes or {"*": "all"}}
    people.admin.post(f"/roles/{role_id}/permissions", wanted)
    return role_id


def somebody_with(people: Company, *names: str, scopes: dict | None = None) -> Screens:
    """A new account with a role of exactly these rights."""
    role_id = role_with(people, *names, scopes=scopes)
    username = unique("clerk")
    people.admin.post("/users", {"username": username, "password": "First-pass-12", "roleIds": [role_id]})
    return Screens(Person(people.base_url).sign_in(username, "First-pass-12"))


def last_log(people: Company, operation: str) -> dict:
    """The administrator's newest entry of this operation."""
    return people.admin.get("/user/operation-logs", q=operation, size=1)["list"][0]
