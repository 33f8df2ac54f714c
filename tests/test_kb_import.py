"""`manage.py kb import`: what editors keep in spreadsheets becomes articles, once, and is found."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

from ai.model import load_embedder
from app.errors import Invalid
from app.kb_import import BULK_FROM, Threaded, fast_embedder
from app.terminal import width
from services.documents.columns import NAMES
from services.documents.rows import read_rows
from services.imports import ArticleRow, Choices
from services.imports.planning import Planned, planned
from tests.documents import archive, picture, word
from tests.documents import paragraph as words
from tests.people import unique
from tests.servers import ROOT, clean_environment, run_cli
from tests.waiting import eventually

#: what libraries say among themselves, and what a bar of theirs leaves behind
CHATTER = re.compile(r"faiss|alembic|flask_appbuilder|transformers|LOAD REPORT|MISSING|it/s|\x1b")
EXAMPLE = ROOT / "docs" / "examples" / "articles.csv"


def kb_import(settings, *arguments: str | Path, expect: int = 0) -> str:
    """Run the command as an operator does; what it printed. By words alone unless the settings name a model."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "app.cli", "kb", "import", *map(str, arguments)],
        cwd=ROOT,
        env=clean_environment(**{"EMBEDDING_MODEL": "none", **settings, "LANG": "C.UTF-8"}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == expect, done.stdout + done.stderr
    assert not CHATTER.search(done.stdout + done.stderr), done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def lexical(backend) -> dict[str, str]:
    return {**backend.settings, "EMBEDDING_MODEL": "none"}


@pytest.fixture
def write(tmp_path):
    """Write a file: write("faq.csv", text, encoding) or write("faq.jsonl", row, row …)."""

    def make(name: str, *content, encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        text = "\n".join(row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in content)
        path.write_bytes((text + "\n").encode(encoding))
        return path

    return make


def read_file(path: Path, category: tuple[str, ...] = ()) -> list[Planned]:
    """The rows of a table as they would be stored."""
    return planned(read_rows(path.read_bytes(), path.name, most_rows=1000), Choices(category=category))


# --- reading --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk"])
@pytest.mark.parametrize(
    "header",
    [
        "title,text,similar,category",
        "标题,答案,相似问,分类",
        "Question, Answer ,Phrasings,Category",
        "问题,内容,相似问题,目录",
    ],
)
def test_spreadsheets_are_read_whatever_wrote_them(write, encoding, header):
    path = write(
        "faq.csv", header, '怎么改密码,"点“设置”，\n再点“密码”。",忘记密码;换密码,账号|安全', encoding=encoding
    )
    [found] = read_file(path)
    assert found.row == ArticleRow("怎么改密码", "点“设置”，\n再点“密码”。", ("账号", "安全"), ("忘记密码", "换密码"))


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_all_usual_delimiters_are_known(write, delimiter):
    [found] = read_file(write("faq.csv", delimiter.join(("title", "text", "tags")), delimiter.join(("T", "B", "a|b"))))
    assert (found.row.title, found.row.body, found.row.tags) == ("T", "B", ("a", "b"))


def test_json_lines_are_read(write):
    path = write(
        "faq.jsonl",
        {"title": "T", "text": "B", "similar": ["x", " y "], "category": ["a", "b"], "visibility": "staff"},
        "",
        {"question": "T2", "answer": "B2", "other": 5},
    )
    first, second = read_file(path)
    assert first.row == ArticleRow("T", "B", ("a", "b"), ("x", "y"), visibility="staff")
    assert second.row == ArticleRow("T2", "B2")
    assert (first.place, second.place) == ("faq.jsonl:1", "faq.jsonl:3")


def test_the_default_category_is_for_rows_without(write):
    own, without = read_file(write("a.csv", "title,text,category", "T,B,own", "T2,B2,"), ("a", "b"))
    assert (own.row.category, without.row.category) == (("own",), ("a", "b"))


@pytest.mark.parametrize(
    ("name", "content", "place", "problem"),
    [
        ("a.csv", ("title,text", "only one cell"), "a.csv:2", "1 cells instead of 2"),
        ("a.csv", ("name,words", "x,y"), "", "The first line must name the columns"),
        ("a.csv", ("title,text", "T,B,C"), "a.csv:2", "3 cells instead of 2"),
        ("a.jsonl", ("{broken", {"title": "T", "text": "B"}), "a.jsonl:1", "Not JSON"),
        ("a.jsonl", ("[1]", {"title": "T", "text": "B"}), "a.jsonl:1", "Not a JSON object"),
        ("a.jsonl", ({"title": "T"}, {"title": "T2", "text": "B"}), "a.jsonl:1", "Title or text is missing"),
        ("a.jsonl", ({"title": 5, "text": "B"},), "a.jsonl:1", "title must be a text"),
        ("a.jsonl", ({"title": "T", "text": "B", "similar": ["x", 1]},), "a.jsonl:1", "phrasings must be a text"),
    ],
)
def test_rows_that_cannot_be_read_are_named(write, name, content, place, problem):
    found = read_file(write(name, *content))[0]
    assert found.row is None and found.place == place and found.remarks[0].startswith(problem)


def test_a_file_in_no_known_encoding_is_refused_as_a_whole(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"title,text\n\xff\xff\xff,\x81\n")
    with pytest.raises(Invalid, match="neither UTF-8 nor GBK"):
        read_file(path)


# --- storing --------------------------------------------------------------------------------------------------------


def test_imported_articles_are_found_by_visitors(lexical, people, write):
    word = unique("thermometer").replace("-", "")
    kb_import(lexical, write("a.csv", "title,text,category", f"How to calibrate a {word},Turn it to zero.,{word}|deep"))
    # who asks has what there is when the index takes longer than his patience
    found = eventually(lambda: people.visitor().get("/kb/articles/search", q=word)["list"])
    assert [hit["title"] for hit in found][:1] == [f"How to calibrate a {word}"]
    article = people.visitor().get(f"/kb/articles/{found[0]['articleId']}")
    assert (article["categoryName"], "Turn it to zero." in article["bodyHtml"]) == ("deep", True)


def test_drafts_stay_with_the_editors(lexical, people, write):
    title = unique("draft")
    kb_import(lexical, "--draft", write("a.csv", "title,text", f"{title},Not yet."))
    assert people.visitor().get("/kb/articles", q=title)["total"] == 0
    [row] = people.supervisor.get("/kb/articles", q=title)["list"]
    assert row["status"] == "draft"


def test_a_bad_row_is_named_and_leaves_nothing_behind(lexical, people, write):
    mark = unique("mixed")
    path = write(
        "a.jsonl",
        {"title": f"{mark} good", "text": "B"},
        "{broken",
        {"title": "", "text": "B", "category": f"{mark}-category"},
        {"title": f"{mark} {'x' * 260}", "text": "B"},
        {"title": f"{mark} empty", "text": " "},
        {"title": f"{mark} seen", "text": "B", "visibility": "everybody"},
        {"title": f"{mark} fine", "text": "B"},
    )
    output = kb_import(lexical, path, expect=1)
    assert [line.split(":")[1] for line in output.splitlines() if line.startswith("✗")] == ["2", "3", "4", "5", "6"]
    assert "2 created, 0 updated, 0 unchanged, 0 skipped, 5 failed" in output
    assert {row["title"] for row in people.supervisor.get("/kb/articles", q=mark)["list"]} == {
        f"{mark} good",
        f"{mark} fine",
    }
    assert f"{mark}-category" not in {row["name"] for row in people.supervisor.get("/kb/categories", size=100)["list"]}


def test_importing_again_changes_what_changed_and_doubles_nothing(lexical, people, write):
    mark = unique("again")
    rows = [f"{mark} one,First.,{mark}", f"{mark} two,Second.,{mark}"]
    assert "2 created" in kb_import(lexical, write("a.csv", "title,text,category", *rows))
    assert "0 created, 0 updated, 2 unchanged" in kb_import(lexical, write("a.csv", "title,text,category", *rows))
    assert "0 created, 1 updated, 1 unchanged" in kb_import(
        lexical, write("a.csv", "title,text,category", rows[0], f"{mark} two,Second and better.,{mark}")
    )
    listed = {row["title"]: row["summary"] for row in people.supervisor.get("/kb/articles", q=mark)["list"]}
    assert listed == {f"{mark} one": "First.", f"{mark} two": "Second and better."}


def test_what_the_file_does_not_say_stays_as_the_editors_wrote_it(lexical, people, write):
    title = unique("kept")
    kb_import(lexical, write("a.jsonl", {"title": title, "text": "Old.", "similar": ["another way"], "tags": ["tag"]}))
    kb_import(lexical, write("a.csv", "title,text", f"{title},New."))
    [row] = people.supervisor.get("/kb/articles", q=title)["list"]
    article = people.supervisor.get(f"/kb/articles/{row['id']}")
    assert (article["bodyMarkdown"], article["phrasings"], article["tags"]) == ("New.", ["another way"], ["tag"])


def test_the_same_title_twice_in_one_file_is_told(lexical, people, write):
    title = unique("double")
    output = kb_import(lexical, write("a.csv", "title,text", f"{title},Old.", f"{title},New."))
    assert "· a.csv:2: Left out: it stands again in a.csv:3" in output
    [row] = people.supervisor.get("/kb/articles", q=title)["list"]
    assert row["summary"] == "New."


def test_categories_become_a_tree_even_where_names_repeat(lexical, people, write):
    mark = unique("tree")
    file = write(
        "a.csv", "title,text,category", f"{mark} a,B,{mark}-x|{mark}-forms", f"{mark} b,B,{mark}-y|{mark}-forms"
    )
    for _ in range(2):  # the second time finds the same ones
        kb_import(lexical, file)
    made = {row["name"]: row for row in people.supervisor.get("/kb/categories", size=100, q=mark)["list"]}
    assert set(made) == {f"{mark}-x", f"{mark}-y", f"{mark}-forms", f"{mark}-y / {mark}-forms"}
    assert made[f"{mark}-forms"]["parentId"] == made[f"{mark}-x"]["id"]
    assert made[f"{mark}-y / {mark}-forms"]["parentId"] == made[f"{mark}-y"]["id"]


@pytest.mark.parametrize(("text", "locale"), [("先点设置，再点 Save。", "zh"), ("Choose Settings, then Save.", "en")])
def test_the_language_is_guessed_where_the_file_does_not_say(lexical, people, write, text, locale):
    title = unique("guess")
    kb_import(lexical, write("a.jsonl", {"title": title, "text": text}))
    [row] = people.supervisor.get("/kb/articles", q=title)["list"]
    assert row["locale"] == locale
    kb_import(lexical, write("a.jsonl", {"title": title, "text": text, "locale": "en"}))
    assert people.supervisor.get(f"/kb/articles/{row['id']}")["locale"] == "en"


def test_the_example_of_the_documentation_can_be_imported():
    read = read_file(EXAMPLE)
    assert [found.place for found in read if found.row is None] == []
    assert {found.row.visibility for found in read} == {"public", "customer", "staff"}
    assert all(found.row.category and found.row.phrasings and found.row.locale in ("zh", "en") for found in read)


@pytest.mark.parametrize("language", ["C.UTF-8", "zh_CN.UTF-8"])
def test_the_help_names_every_column_and_an_example_that_exists(language):
    shown = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "app.cli", "kb", "import", "--help"],
        cwd=ROOT,
        env={name: value for name, value in clean_environment().items() if not name.startswith("LC_")}
        | {"LANG": language},
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout
    assert [name for names in NAMES.values() for name in names if name not in shown] == []
    assert str(EXAMPLE.relative_to(ROOT)) in shown and "GBK" in shown
    assert ("用法" in shown, "Usage" in shown) == ((True, False) if language.startswith("zh") else (False, True))
    assert max(width(line) for line in shown.splitlines()) <= 80


def test_a_folder_is_tried_then_stored_and_reported(lexical, people, tmp_path):
    mark = unique("folder")
    folder, report = tmp_path / "manual", tmp_path / "report.csv"
    (folder / mark).mkdir(parents=True)
    (folder / mark / "one.md").write_text(f"# {mark} one\n\n![x](p.png)\n", encoding="utf-8")
    (folder / mark / "p.png").write_bytes(picture())
    (folder / "two.docx").write_bytes(word(words(f"{mark} two", "Title"), words("Text.")))
    (folder / "broken.docx").write_bytes(archive({"x": "y"}))
    (folder / "link.md").symlink_to("/etc/hostname")
    output = kb_import(lexical, "--dry-run", folder, expect=1)
    assert "2 created, 0 updated, 0 unchanged, 0 skipped, 2 failed" in output
    assert people.supervisor.get("/kb/articles", q=mark)["total"] == 0
    output = kb_import(lexical, "--report", report, "--visibility", "staff", folder, expect=1)
    assert [line.split(":")[0] for line in output.splitlines() if line.startswith("✗")] == [
        "✗ broken.docx",
        "✗ link.md",
    ]
    rows = {row["title"]: row for row in people.supervisor.get("/kb/articles", q=mark)["list"]}
    assert {row["visibility"] for row in rows.values()} == {"staff"} and len(rows) == 2
    shown = people.supervisor.get(f"/kb/articles/{rows[f'{mark} one']['id']}")
    assert "/api/v1/files/" in shown["bodyHtml"] and shown["categoryName"] == mark
    assert report.read_text(encoding="utf-8-sig").count("\n") == 5
    assert [row["name"] for row in people.supervisor.get("/kb/imports")["list"]][:1] == ["manual"]


def test_an_unknown_company_is_refused(lexical, write):
    kb_import(lexical, "--tenant", "nobody", write("a.csv", "title,text", "T,B"), expect=1)


# --- learning -------------------------------------------------------------------------------------------------------


def test_an_import_learns_meanings_and_leaves_a_snapshot(tmp_path, write):
    settings = {
        "DATA_DIR": str(tmp_path / "data"),
        "KB_INDEX_DIR": str(tmp_path / "kb"),
        "EMBEDDING_MODEL": "default",
        "BCRYPT_ROUNDS": "4",
    }
    run_cli("migrate", settings=settings)
    database = sa.create_engine(f"sqlite:///{tmp_path / 'data' / 'smartsupport.db'}")
    with database.begin() as connection:  # the manuals would only make it slow
        connection.execute(sa.text("UPDATE article SET deleted = 1"))
    file = write(
        "a.jsonl",
        {
            "title": "如何修改绑定的手机号",
            "text": "在“我的”里点“账号安全”，再点“更换手机号”。",
            "similar": ["换手机号"],
        },
    )
    kb_import(settings, file)
    with database.connect() as connection:
        rows = connection.execute(sa.text("SELECT part, model, length(vector) FROM article_vector ORDER BY part")).all()
    assert [tuple(row) for row in rows] == [
        (part, "multilingual-e5-small-q4", 4 * 384) for part in ("body:0", "chunk:0", "phrasing:0", "title:0")
    ]
    manifest = json.loads((tmp_path / "kb" / "1" / "manifest.json").read_text())
    assert (manifest["articles"], manifest["model"]) == (1, "multilingual-e5-small-q4")


def test_few_articles_do_not_wait_for_torch(tmp_path):
    texts = ["如何修改绑定的手机号"]
    few, small = fast_embedder("default", tmp_path, BULK_FROM - 1), load_embedder("default", tmp_path)
    assert np.array_equal(few.encode_queries(texts), small.encode_queries(texts))
    assert list(tmp_path.iterdir()) == []  # the model was not rebuilt for torch


def test_spreading_texts_over_threads_changes_no_vector():
    embedder = load_embedder("default", Path("none"))
    texts = [f"问题{number}" * (number % 7 + 1) for number in range(70)]
    assert np.allclose(Threaded(embedder, 4).encode_queries(texts), embedder.encode_queries(texts), atol=1e-5)
