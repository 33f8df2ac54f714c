"""A linear map of all vectors, learnt from one knowledge base's own questions: the adapter of the model.

A sentence model knows language in general; which differences matter here, the knowledge base itself says: every known
phrasing of a question, and every question that a customer confirmed, belongs to one article and to no other. From these
pairs a matrix is learnt that brings questions near to their articles and away from the rest. Where few articles have
phrasings, titles are questions, too, and what stands below them the answers; and the rest are then the other articles
of which questions were confirmed, for nobody has said that what nobody asked for is no answer.

One fifth of the questions is held back. The adapter is kept only where they find their articles better with it than
without, through the same KnowledgeIndex that serves customers; then it is learnt once more from all of them.

Plain numpy, seconds for thousands of articles. Run it in a worker or a native thread.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ai.index import KnowledgeIndex
from ai.segment import Entry
from ai.vectors import LinearTransform

#: fewer questions than this teach nothing that can be checked
LEAST_QUESTIONS = 100
#: more questions and articles than these only cost time
MOST_QUESTIONS, MOST_ARTICLES = 8_000, 8_000
#: what is held back to see whether it helped, and at most how much of it is asked
HELD_BACK, MOST_ASKED = 0.2, 600
#: by how much the mean reciprocal rank of the held-back questions must rise, and by how many standard errors
LEAST_GAIN, SURE = 0.002, 1.5
#: how sharply the right article is to stand out
TEMPERATURE = 0.05
EPOCHS, BATCH, RATE = 4, 256, 2e-3
#: of more articles so many stand for the wrong ones in each step
MOST_WRONG = 2048
#: how strongly the matrix is held to the identity: known phrasings are many ways to say what the article says;
#: customers' own questions and titles are of another kind than what they are compared with, and fewer
DECAY_PHRASINGS, DECAY_OTHERS = 0.1, 1.0
DEPTH = 10


class Lesson(NamedTuple):
    """A question and the article that answers it."""

    text: str
    vector: np.ndarray
    key: int


class Learnt(NamedTuple):
    """What came of learning. `transform` is None where nothing is kept."""

    transform: LinearTransform | None
    questions: int  #: learnt from
    asked: int  #: held back and asked
    before: float  #: their mean reciprocal rank without the adapter
    after: float  #: and with it

    @property
    def is_kept(self) -> bool:
        """Whether it serves from now on."""
        return self.transform is not None


class _Problem(NamedTuple):
    """Articles, and questions that belong to them."""

    entries: list[Entry]
    questions: list[Lesson]
    decay: float
    #: other questions that teach but are not asked: each entry's own title, of what stands below it
    own: "_Problem | None" = None

    @property
    def places(self) -> np.ndarray:
        """Which entry each question belongs to."""
        place = {entry.key: number for number, entry in enumerate(self.entries)}
        return np.array([place[question.key] for question in self.questions], np.int64)

    @property
    def titles(self) -> np.ndarray:
        return np.array([entry.title_vector for entry in self.entries], np.float32)

    @property
    def bodies(self) -> np.ndarray:
        return np.array([entry.body_vector for entry in self.entries], np.float32)


def learn(entries: Sequence[Entry], confirmed: Sequence[Lesson] = (), *, seed: int = 7) -> Learnt:
    """The adapter of a knowledge base, if it helps. Entries without vectors teach nothing; order does not matter."""
    draw = np.random.default_rng(seed)
    known = [entry for entry in entries if entry.title_vector is not None]
    problem = _problem(_sample(known, {lesson.key for lesson in confirmed}, draw), confirmed)
    questions = problem.questions
    if len(questions) < LEAST_QUESTIONS:
        return Learnt(None, len(questions), 0, 0.0, 0.0)
    held = draw.permutation(len(questions)) < max(round(len(questions) * HELD_BACK), 10)
    transform = _trained(problem, ~held, draw)
    asked = draw.permutation(np.flatnonzero(held))[:MOST_ASKED]
    without = [questions[place] for place in np.flatnonzero(held)]
    bare = _without_phrasings(problem.entries, without)
    before, after = (_ranks(bare, way, [questions[place] for place in asked]) for way in (None, transform))
    gain, chance = (after - before).mean(), (after - before).std() / len(asked) ** 0.5
    kept = _trained(problem, np.ones(len(questions), bool), draw) if gain > max(LEAST_GAIN, SURE * chance) else None
    return Learnt(kept, len(questions), len(asked), float(before.mean()), float(after.mean()))


def _sample(entries: list[Entry], wanted: set[int], draw: np.random.Generator) -> list[Entry]:
    """Not too many articles: first those of which questions were confirmed."""
    if len(entries) > MOST_ARTICLES:
        order = draw.permutation(len(entries))
        order = order[np.argsort([entries[place].key not in wanted for place in order], kind="stable")]
        entries = [entries[place] for place in order[:MOST_ARTICLES]]
    return sorted(entries, key=lambda entry: entry.key)


def _problem(entries: list[Entry], confirmed: Sequence[Lesson]) -> _Problem:
    """What can be learnt: from phrasings and confirmed questions, else from titles."""
    known = {entry.key for entry in entries}
    phrasings = [
        Lesson(text, vector, entry.key)
        for entry in entries
        for text, vector in zip(entry.phrasings, entry.phrasing_vectors, strict=True)
    ]
    questions = [*phrasings, *(lesson for lesson in confirmed if lesson.key in known)][-MOST_QUESTIONS:]
    if len(questions) >= LEAST_QUESTIONS and len(phrasings) * 2 > len(questions):
        return _Problem(entries, questions, DECAY_PHRASINGS)
    answered = [entry for entry in entries if entry.title and entry.chunk_vectors]
    titles = [Lesson(entry.title, entry.title_vector, entry.key) for entry in answered]
    own = _Problem([_answer_only(entry) for entry in answered], titles, DECAY_OTHERS)
    return own if len(questions) < LEAST_QUESTIONS else _Problem(entries, questions, DECAY_OTHERS, own)


def _answer_only(entry: Entry) -> Entry:
    """An article as if it had no title: what its title, asked as a question, is to find."""
    answer = entry.chunk_vectors[0]
    return Entry(entry.key, entry.version, "", entry.body, (), answer, answer, (), entry.chunk_vectors[1:])


def _without_phrasings(entries: list[Entry], questions: Sequence[Lesson]) -> list[Entry]:
    """The articles as if nobody had ever asked these questions."""
    gone: dict[int, set[str]] = {}
    for question in questions:
        gone.setdefault(question.key, set()).add(question.text)
    return [_bared(entry, gone[entry.key]) if entry.key in gone else entry for entry in entries]


def _bared(entry: Entry, gone: set[str]) -> Entry:
    kept = [place for place, text in enumerate(entry.phrasings) if text not in gone]
    return entry._replace(
        phrasings=tuple(entry.phrasings[place] for place in kept),
        phrasing_vectors=tuple(entry.phrasing_vectors[place] for place in kept),
    )


def _ranks(entries: list[Entry], transform: LinearTransform | None, asked: Sequence[Lesson]) -> np.ndarray:
    """How high each question finds its article: 1 at the first place, 1/2 at the second, 0 beyond the tenth."""
    index = KnowledgeIndex(len(entries[0].title_vector), transform)
    index.upsert(entries)
    ranks = []
    for question in asked:
        keys = [hit.key for hit in index.search(question.text, question.vector, DEPTH)]
        ranks.append(1 / (1 + keys.index(question.key)) if question.key in keys else 0.0)
    return np.array(ranks)


# Learning


class _Task(NamedTuple):
    """Questions, the articles they choose between as vectors of titles and bodies, and which one is right."""

    questions: np.ndarray
    titles: np.ndarray
    bodies: np.ndarray
    right: np.ndarray

    @classmethod
    def of(cls, problem: _Problem, chosen: np.ndarray | slice, mean: np.ndarray) -> "_Task":
        """The chosen questions of a problem, less the mean. Of confirmed ones only those articles are wrong that others
        ask for.
        """
        titles, bodies = problem.titles - mean, problem.bodies - mean
        questions = np.array([question.vector for question in problem.questions], np.float32)[chosen] - mean
        right = problem.places[chosen]
        if problem.own is not None:
            asked, right = np.unique(right, return_inverse=True)
            titles, bodies = titles[asked], bodies[asked]
        return cls(questions, titles, bodies, right)


def _trained(problem: _Problem, chosen: np.ndarray, draw: np.random.Generator) -> LinearTransform:
    """The map learnt from the chosen questions: softmax cross entropy over the articles, by Adam."""
    mean = ((problem.titles.mean(axis=0) + problem.bodies.mean(axis=0)) / 2).astype(np.float32)
    tasks = [_Task.of(problem, chosen, mean)]
    if problem.own is not None and problem.own.questions:
        tasks.append(_Task.of(problem.own, slice(None), mean))
    step = _Adam(len(mean))
    for _ in range(EPOCHS):
        for task, batch in _batches(tasks, draw):
            articles, right = _articles_of(task.right[batch], len(task.titles), draw)
            slope = _slope(step.matrix, task.questions[batch], task.titles[articles], task.bodies[articles], right)
            step.go(slope + 2 * problem.decay / len(mean) * (step.matrix - np.eye(len(mean), dtype=np.float32)))
    return LinearTransform(mean, step.matrix)


def _batches(tasks: Sequence[_Task], draw: np.random.Generator) -> list[tuple[_Task, np.ndarray]]:
    """All questions once, in small groups of one task each, in any order."""
    batches = []
    for task in tasks:
        order = draw.permutation(len(task.questions))
        batches += [(task, order[start : start + BATCH]) for start in range(0, len(order), BATCH)]
    return [batches[place] for place in draw.permutation(len(batches))]


def _articles_of(places: np.ndarray, count: int, draw: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """The articles of one step, and which of them is the right one for each question."""
    if count <= MOST_WRONG:
        return np.arange(count), places
    own, right = np.unique(places, return_inverse=True)
    others = np.setdiff1d(draw.choice(count, MOST_WRONG, replace=False), own)
    return np.concatenate([own, others]), right


def _slope(
    matrix: np.ndarray, questions: np.ndarray, titles: np.ndarray, bodies: np.ndarray, right: np.ndarray
) -> np.ndarray:
    """How the loss of a batch changes with the matrix."""
    asked, asked_lengths = _unit(questions @ matrix)
    titled, title_lengths = _unit(titles @ matrix)
    told, body_lengths = _unit(bodies @ matrix)
    articles = (titled + told) / 2
    scores = asked @ articles.T / TEMPERATURE
    chances = np.exp(scores - scores.max(axis=1, keepdims=True))
    chances /= chances.sum(axis=1, keepdims=True)
    chances[np.arange(len(right)), right] -= 1
    wrong = chances / (TEMPERATURE * len(right))
    of_articles = wrong.T @ asked / 2
    return (
        questions.T @ _through_unit(wrong @ articles, asked, asked_lengths)
        + titles.T @ _through_unit(of_articles, titled, title_lengths)
        + bodies.T @ _through_unit(of_articles, told, body_lengths)
    )


def _unit(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    lengths = np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    return rows / lengths, lengths


def _through_unit(slope: np.ndarray, unit: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """The slope before bringing rows to length one: what points along a row has no effect."""
    return (slope - unit * (slope * unit).sum(axis=1, keepdims=True)) / lengths


class _Adam:
    """Small steps from the identity, each direction at its own pace."""

    def __init__(self, dim: int):
        self.matrix = np.eye(dim, dtype=np.float32)
        self._mean, self._square, self._count = np.zeros_like(self.matrix), np.zeros_like(self.matrix), 0

    def go(self, slope: np.ndarray) -> None:
        self._count += 1
        self._mean += 0.1 * (slope - self._mean)
        self._square += 0.001 * (slope**2 - self._square)
        mean, square = self._mean / (1 - 0.9**self._count), self._square / (1 - 0.999**self._count)
        self.matrix = (self.matrix - RATE * mean / (np.sqrt(square) + 1e-8)).astype(np.float32)
