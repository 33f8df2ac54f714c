"""How a process is put together: configuration → extensions → models → security → views → reactions."""

from flask import Flask, current_app
from flask_appbuilder import AppBuilder
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from app import delivery, fail_points, jobs, logs, tasks
from app.database import engine_options
from app.extensions import db, migrate, socketio
from app.fab import ActorSecurityManager, patch_fab
from app.locale import LANGUAGES
from celery_app import celery_app
from celery_app import configure as configure_celery
from config import Config
from models.types import Encrypted
from services import (
    assistance,
    exports,
    files,
    imports,
    knowledge_index,
    mail,
    operation,
    retention,
    safe_http,
    threads,
    throttle,
)
from services.identity import codes, oa, oauth, passwords, signin, tokens
from services.identity.senders import senders
from views import auth, compression, errors, headers, pages
from views.admin import register_admin
from views.admin.index import AdminIndexView
from views.api import register_api
from views.sockets import handlers
from views.sockets.packets import CheckedPacket
from views.sockets.relay import Relay
from views.sockets.rooms import Rooms

__all__ = ["create_app", "tasks"]

#: the name under which the processes of one installation hear each other in Redis
CHANNEL = "smartsupport"


def create_app(config: Config | None = None, *, serving: bool = False) -> Flask:
    """The application. `serving` also prepares sockets and in-process jobs; commands leave that out.

    Raises ConfigError when the configuration cannot be used.
    """
    config = config or Config()
    config.check()
    logs.configure(config.LOG_LEVEL)
    app = Flask(__name__)
    app.config.from_mapping(_flask_settings(config))
    app.smartsupport = config
    app.json.ensure_ascii = False
    app.json.sort_keys = False
    if config.PROXY_HOPS:
        app.wsgi_app = ProxyFix(
            app.wsgi_app, x_for=config.PROXY_HOPS, x_proto=config.PROXY_HOPS, x_host=config.PROXY_HOPS
        )
    config.data_dir.mkdir(parents=True, exist_ok=True)
    _configure_services(config)
    db.init_app(app)
    migrate.init_app(app, db, render_as_batch=True, compare_type=True)
    csrf = CSRFProtect(app)
    auth.install(app)
    headers.install(app)
    compression.install(app)
    errors.install(app)
    with app.app_context():
        _build_admin()
    register_api(app, csrf)
    pages.register(app, csrf)
    jobs.jobs.configure(app, config.broker_url)
    configure_celery(config.broker_url)
    celery_app.flask_app = app
    operation.listen(delivery.deliver)
    if serving:
        _prepare_sockets(app, config)
    elif config.REDIS_URL:  # jobs have no sockets of their own: they speak through Redis to those of the web processes
        socketio.init_app(
            None, async_mode="threading", client_manager=Relay(config.REDIS_URL, CHANNEL, write_only=True)
        )
    return app


def _build_admin() -> None:
    patch_fab()
    appbuilder = AppBuilder(security_manager_class=ActorSecurityManager, indexview=AdminIndexView)
    appbuilder.init_app(current_app, db.session)
    register_admin(appbuilder)


def _prepare_sockets(app: Flask, config: Config) -> None:
    handlers.configure(config.EVENT_RATE)
    socketio.init_app(
        app,
        path="ws",
        async_mode=config.SOCKETIO_ASYNC_MODE,
        cors_allowed_origins=None,  # the same origin only
        client_manager=Relay(config.REDIS_URL, CHANNEL) if config.REDIS_URL else Rooms(),
        serializer=CheckedPacket,
        max_http_buffer_size=100_000,
        ping_interval=25,
        ping_timeout=20,
        manage_session=False,
        always_connect=False,
    )
    handlers.register_events(app)


def _configure_services(config: Config) -> None:
    """Hand each service the settings it needs; services read no configuration themselves."""
    fail_points.configure(config.FAIL_POINT)
    secret = config.secret_key()
    Encrypted.use_key(secret)
    passwords.configure(config.BCRYPT_ROUNDS, config.PASSWORD_MIN_LENGTH)
    tokens.configure(secret, config.ACCESS_TOKEN_MINUTES)
    signin.configure(
        signin.SignInRules(
            failures=config.LOGIN_FAILURES,
            lock_minutes=config.LOGIN_LOCK_MINUTES,
            rate_per_ip=config.LOGIN_RATE_PER_IP,
            browser_hours=config.BROWSER_SESSION_HOURS,
            visitor_days=config.VISITOR_SESSION_DAYS,
            refresh_days=config.REFRESH_TOKEN_DAYS,
            secret=secret,
        )
    )
    codes.configure(secret, config.CODE_RATE, config.CODE_RATE_PER_IP)
    senders.configure(config.sms_sender, config.SMS_HTTP_URL, config.data_dir)
    mail.configure(
        config.mail_sender,
        mail.SmtpServer(
            host=config.SMTP_HOST,
            port=config.SMTP_PORT,
            security=config.SMTP_SECURITY,
            sender=config.MAIL_FROM,
            username=config.SMTP_USERNAME,
            password=config.SMTP_PASSWORD,
        ),
        config.data_dir,
    )
    safe_http.configure(config.OUTBOUND_ALLOW)
    oauth.configure(config.WECHAT_APP_ID, config.WECHAT_APP_SECRET, config.WECHAT_API_URL)
    oa.configure(config.OA_API_URL, config.OA_API_KEY)
    throttle.configure(config.REDIS_URL)
    threads.configure(config.MESSAGE_RATE, config.MESSAGE_MAX_CHARS)
    files.storage.configure(config.data_dir / "files", config.UPLOAD_MAX_BYTES, config.UPLOAD_TYPES, config.UPLOAD_RATE)
    imports.storage.configure(config.data_dir / "imports", config.IMPORT_MAX_BYTES)
    exports.storage.configure(config.data_dir / "exports", config.UPLOAD_MAX_BYTES, "")
    retention.configure(config.data_dir / "archive")
    knowledge_index.engine.configure(
        config.EMBEDDING_MODEL, config.kb_index_dir, config.QUESTION_RATE, config.INDEX_ASIDE_FROM
    )
    assistance.lookup.forget()


def _flask_settings(config: Config) -> dict:
    return {
        "SECRET_KEY": config.secret_key(),
        "SQLALCHEMY_DATABASE_URI": config.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": engine_options(config),
        "MAX_CONTENT_LENGTH": config.UPLOAD_MAX_BYTES + 65_536,
        "MAX_FORM_MEMORY_SIZE": config.MAX_BODY_BYTES,
        "MAX_FORM_PARTS": 200,
        "APP_NAME": "SmartSupport",
        "FAB_BASE_TEMPLATE": "admin/base.html",
        "LANGUAGES": LANGUAGES,
        "BABEL_DEFAULT_LOCALE": config.DEFAULT_LOCALE,
        "BABEL_DEFAULT_FOLDER": "translations",
        "FAB_UPDATE_PERMS": False,
        "FAB_CREATE_DB": False,
        "FAB_ADD_SECURITY_API": False,
        "FAB_ADD_MENU_API": False,
        "FAB_API_SWAGGER_UI": False,
        "FAB_ADD_OPENAPI_VIEWS": False,
        "FAB_ADD_SECURITY_VIEWS": False,
        "RATELIMIT_ENABLED": False,
        "AUTH_RATE_LIMITED": False,
        "SESSION_COOKIE_NAME": "smartsupport_form",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": config.COOKIE_SECURE,
        "WTF_CSRF_TIME_LIMIT": 86_400,
        "UPLOAD_MAX_BYTES": config.UPLOAD_MAX_BYTES,
        "REQUEST_RATE_PER_IP": config.REQUEST_RATE_PER_IP,
        "VISITOR_RATE_PER_IP": config.VISITOR_RATE_PER_IP,
        "MAX_BODY_BYTES": config.MAX_BODY_BYTES,
        "TRUSTED_HOSTS": [host.strip() for host in config.TRUSTED_HOSTS.split(",") if host.strip()] or None,
    }
