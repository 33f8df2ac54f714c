"""Pictures, files and voice messages to the bot: it says that it can neither look nor listen (AI-1)."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browsing import Pages
from tests.factories import picture
from tests.people import Company, Person, unique
from tests.test_delivery import spoken
from tests.test_portal import CHINESE, ENGLISH, speaks
from tests.waiting import eventually


def send_picture(visitor: Person, path: str, **more) -> dict:
    file = visitor.upload("screen.png", picture(), "image/png")
    return visitor.say(path, "screen.png", type="image", fileId=file["fileId"], **more)


def answers(visitor: Person, path: str) -> list[dict]:
    return [one for one in visitor.messages(path)["list"] if one["type"] == "answer"]


def open_with_bot(visitor: Person) -> str:
    return f"/sessions/{visitor.open_conversation()['id']}"


def test_the_bot_asks_for_words_offers_a_person_and_is_quiet(people):
    visitor = speaks(people.visitor(), CHINESE)
    path = open_with_bot(visitor)
    send_picture(visitor, path)
    first = eventually(lambda: answers(visitor, path))
    assert "看不了图片" in first[0]["content"] and "转人工" in first[0]["content"]
    assert (first[0]["payload"]["answered"], first[0]["payload"]["choices"]) == (False, [])
    send_picture(visitor, path)
    second = eventually(lambda: answers(visitor, path)[1:])
    assert second[0]["content"] != first[0]["content"] and "人工" in second[0]["content"]
    send_picture(visitor, path)
    visitor.say(path, "你好")  # jobs of one conversation come in order: when this is answered, the third one was not
    eventually(lambda: [one for one in answers(visitor, path) if one["payload"]["kind"] == "small_talk"])
    assert len(answers(visitor, path)) == 3
    # no question went without an answer: nobody is handed over for sending pictures
    assert visitor.get(path)["status"] == "bot"
    # once there were words, the next picture is the first one again
    send_picture(visitor, path)
    assert eventually(lambda: answers(visitor, path)[3:])[0]["content"] == first[0]["content"]


def test_pictures_sent_together_are_answered_once(people):
    visitor = people.visitor()
    path = open_with_bot(visitor)
    files = [visitor.upload(f"{number}.png", picture(), "image/png") for number in range(4)]
    for file in files:
        visitor.say(path, file["name"], type="image", fileId=file["fileId"])
    visitor.say(path, "你好")
    eventually(lambda: [one for one in answers(visitor, path) if one["payload"]["kind"] == "small_talk"])
    asked = [one for one in answers(visitor, path) if one["payload"]["kind"] == "wordless"]
    assert 1 <= len(asked) <= 2 and len({one["content"] for one in asked}) == len(asked)


def test_what_is_said_fits_what_was_sent_and_the_language_of_the_page(people):
    for name, content, mime, more, said in (
        ("a.txt", b"text", "text/plain", {"type": "file"}, "cannot read files"),
        ("a.wav", spoken(), "audio/wav", {"type": "voice", "seconds": 3}, "cannot listen"),
    ):
        visitor = speaks(people.visitor(), ENGLISH)
        path = open_with_bot(visitor)
        file = visitor.upload(name, content, mime)
        visitor.post(f"{path}/messages", {"clientMsgId": unique("m"), "fileId": file["fileId"], **more})
        assert said in eventually(lambda visitor=visitor, path=path: answers(visitor, path))[0]["content"]


def test_with_a_person_asked_for_the_bot_says_nothing(people):
    visitor = people.visitor()
    path = open_with_bot(visitor)
    visitor.post(f"{path}/handover")
    send_picture(visitor, path)
    visitor.post(f"{path}/to-bot")
    visitor.say(path, "你好")
    assert eventually(lambda: answers(visitor, path))[0]["payload"]["kind"] == "small_talk"
    assert len(answers(visitor, path)) == 1


def test_company_chooses_the_words(new_company: Callable[[], Company]):
    company = new_company()
    company.admin.put("/settings", {"values": {"bot_wordless_zh": "请用文字描述。"}})
    visitor = speaks(company.visitor(), CHINESE)
    path = open_with_bot(visitor)
    send_picture(visitor, path)
    assert eventually(lambda: answers(visitor, path))[0]["content"] == "请用文字描述。"


def test_the_answer_has_the_button_to_a_person(people: Company, open_page: Pages, screenshot: Callable):
    page = open_page("/chat", viewport="phone")
    page.locator("input[type=file]").first.set_input_files(
        {"name": "screen.png", "mimeType": "image/png", "buffer": picture()}
    )
    expect(page.get_by_text("看不了图片")).to_be_visible()
    screenshot(page, "bot-picture")
    page.get_by_role("log").get_by_role("button", name="转人工").click()
    expect(page.get_by_role("status").filter(has_text="咨询编号")).to_be_visible()
