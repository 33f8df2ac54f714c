"""A language model of the tests: an OpenAI-compatible endpoint that says what a test wants and keeps what it heard."""

import re
from collections.abc import Callable
from typing import Any, Self

from tests.people import Company
from tests.standins import Call, Reply, StandIn

KEY = "key-of-the-tests"
_DATA = re.compile(r"^([^\n]*):\n<data (?P<key>\w+)>\n(.*?)\n</data (?P=key)>", re.DOTALL | re.MULTILINE)


class FakeModel:
    """`say` makes the answer from what the model was told; a Reply may stand for whatever else an endpoint does."""

    def __init__(self):
        self.say: Callable[[str], str | Reply] = lambda told: passages(told)[0]
        self.usage: Any = {"prompt_tokens": 120, "completion_tokens": 30}
        self._stand_in = StandIn()
        self._stand_in.answers["/v1/chat/completions"] = self._answer

    @property
    def url(self) -> str:
        return f"http://localhost:{self._stand_in.port}/v1"

    @property
    def calls(self) -> list[Call]:
        return self._stand_in.calls

    def told(self, number: int = -1) -> str:
        """Everything that went out with a call."""
        return "\n".join(message["content"] for message in self.calls[number].json["messages"])

    def switch_on(self, company: Company, *features: str, **settings) -> int:
        """The company's model from now on, for these features."""
        body = {"baseUrl": self.url, "model": "test-model", "apiKey": KEY, "active": True, "timeoutSeconds": 5}
        made = company.admin.post("/language-models", body | dict.fromkeys(features, True) | settings)
        return made["id"]

    def _answer(self, call: Call) -> Any:
        said = self.say("\n".join(message["content"] for message in call.json["messages"]))
        if isinstance(said, Reply):
            return said
        choice = {"index": 0, "message": {"role": "assistant", "content": said}, "finish_reason": "stop"}
        return {"choices": [choice], "usage": self.usage}

    def __enter__(self) -> Self:
        self._stand_in.__enter__()
        return self

    def __exit__(self, *problem: object) -> None:
        self._stand_in.__exit__(*problem)


def passages(told: str) -> list[str]:
    """The bodies of the passages in a prompt, without their titles."""
    return [text.partition("\n")[2] for what, _key, text in _DATA.findall(told) if what.startswith("passage")]
