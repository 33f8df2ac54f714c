"""智能生成接口: the language model's endpoint, its log, and what it writes for staff (AI-8)."""

from app.locale import current_locale
from models.actor import Actor
from models.conversations import Conversation
from models.generation import LanguageModel, ModelCall
from services import generation, proposals
from services.operation import DataField
from views.api.endpoint import endpoint, load
from views.api.resource import Resource, serve

SECTION = "智能生成接口"

MODELS = serve(
    Resource(
        "language-models",
        "language_model",
        LanguageModel,
        SECTION,
        "语言模型",
        out=(
            "id",
            "active",
            "base_url",
            "model",
            *(feature.value for feature in generation.FEATURE_SWITCHES),
            "timeout_seconds",
            "max_tokens",
            "temperature",
            "instructions",
            "tokens_per_day",
            "tokens_per_month",
            "calls_per_day",
            "calls_per_month",
            "keep_days",
            "create_time",
            "update_time",
            "version",
        ),
        filters=("active",),
        sort=("id", "model"),
        search=("model", "base_url"),
        more={"hasKey": lambda actor, row: row.api_key is not None},
    )
)
CALLS = serve(
    Resource(
        "model-calls",
        "model_call",
        ModelCall,
        SECTION,
        "语言模型调用",
        out=(
            "id",
            "feature",
            "outcome",
            "reason",
            "user_id",
            "conversation_id",
            "model",
            "prompt_tokens",
            "answer_tokens",
            "duration_ms",
            "prompt",
            "answer",
            "create_time",
        ),
        filters=("feature", "outcome", "user_id", "conversation_id"),
        sort=("id", "create_time", "duration_ms"),
        writes=(),
    )
)


@endpoint(
    "POST",
    "/language-models/<id:id>/try",
    section=SECTION,
    summary="试用语言模型",
    right="language_model.update",
    fields=(DataField("question", str, max_length=500),),
)
def try_out(actor: Actor, row_id: int, question: str):
    trial = generation.try_out(actor, load(LanguageModel, row_id, actor), question, locale=current_locale())
    return vars(trial)


@endpoint(
    "GET", "/language-model/features", section=SECTION, summary="已开启的生成功能", right="conversation.propose_reply"
)
def features(actor: Actor):
    """What the language model may do here, for pages that offer it."""
    return {feature.value: generation.is_on(feature) for feature in generation.FEATURE_SWITCHES}


@endpoint("GET", "/language-model/usage", section=SECTION, summary="生成用量", right="language_model.read")
def usage(actor: Actor):
    spent = generation.spent()
    return {
        "callsToday": spent.calls_today,
        "tokensToday": spent.tokens_today,
        "callsThisMonth": spent.calls_this_month,
        "tokensThisMonth": spent.tokens_this_month,
    }


@endpoint(
    "POST",
    "/sessions/<id:id>/suggestions/reply",
    section=SECTION,
    summary="生成回复草稿",
    right="conversation.propose_reply",
)
def propose_reply(actor: Actor, row_id: int):
    return proposals.propose_reply(actor, load(Conversation, row_id, actor))
