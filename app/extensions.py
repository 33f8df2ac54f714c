"""Bare extension objects, filled by `app.factory`.

`db` shares Flask-AppBuilder's metadata, so that one migration history covers our tables and FAB's own.
The naming convention (B §6.3) must be set before FAB's security models are imported, hence here.
"""

from flask_appbuilder import Model
from flask_appbuilder.models.sqla.base import SQLA
from flask_migrate import Migrate
from flask_socketio import SocketIO

Model.metadata.naming_convention = {
    "ix": "idx_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "pk": "pk_%(table_name)s",
}

db = SQLA(model_class=Model, session_options={"expire_on_commit": False})
migrate = Migrate()
socketio = SocketIO()
