"""Retrieval and cited answers, offline: text in, answers out.

This package knows no table, no request and no user. It takes plain values and returns plain values:

    text       normalising, terms, keywords, sentences
    model      sentence vectors: the bundled model, any other sentence-transformers model, or none
    rebuild    the bundled model as an ordinary sentence-transformers folder, for bulk work
    articles   which pieces of an article are embedded, and how they become an index entry
    tickets    the same for tickets, which are compared with tickets
    lexical    BM25 over characters and words
    vectors    nearest neighbours over FAISS, and an optional linear transform
    segment    an immutable batch of indexed articles
    index      KnowledgeIndex: what a customer's question is searched in
    snapshot   a KnowledgeIndex on disk, checked when it is read back
    adapter    a linear map of the vectors, learnt from one knowledge base
    asking     a question on its way into the search: spelling, synonyms
    spelling   pinyin, slips and sound-alikes, by the words of the index
    answer     is there an answer, and which sentences are it
    lexicon    a company's synonyms and own words, for questions
    classify   which label a text has, learnt from examples

Every public function may be called from any native thread. Functions that embed, search or build use
the processor for milliseconds to seconds: a server calls them on native threads, never on its event
loop. Nothing heavy (torch, faiss, jieba, the model) is loaded by importing this package.
"""
