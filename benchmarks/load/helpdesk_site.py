"""django-helpdesk as a Django site: its settings, and what must be in its database.

Runs in the virtual environment that `django_helpdesk.py` makes. Where being fast is only configuration, it is:
production mode, persistent database connections, an API token instead of a hashed password, mails to nowhere.
"""

import os
import sys
from pathlib import Path

DEBUG = False
SECRET_KEY = "for this measurement only, on this machine"
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "helpdesk_urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SITE_ID = 1
USE_TZ = True
HELPDESK_TEAMS_MODE_ENABLED = False
STATIC_URL = "/static/"
LOGIN_URL = "/login/"
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.sites",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
    "rest_framework",
    "rest_framework.authtoken",
    "helpdesk",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
REST_FRAMEWORK = {"DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.TokenAuthentication"]}
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "helpdesk",
        "USER": "postgres",
        "PASSWORD": os.environ["HELPDESK_PASSWORD"],
        "HOST": "127.0.0.1",
        "PORT": os.environ["HELPDESK_PORT"],
        "CONN_MAX_AGE": None,
    }
}


def prepare() -> tuple[str, int]:
    """Make the tables, an agent and a queue; the agent's token and the queue's id."""
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    from django.contrib.auth import get_user_model
    from helpdesk.models import Queue
    from rest_framework.authtoken.models import Token

    agent = get_user_model().objects.create_superuser("agent", "agent@example.com", "agent")
    queue = Queue.objects.create(title="Questions", slug="questions", allow_public_submission=True)
    return Token.objects.create(user=agent).key, queue.pk


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = Path(__file__).stem
    sys.stdout.write("{} {}\n".format(*prepare()))
