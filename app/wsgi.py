"""The application for Flask's own command line (`flask --app app.wsgi db …`)."""

from app.factory import create_app

app = create_app()
