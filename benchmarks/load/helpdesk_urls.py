"""The addresses of `helpdesk_site.py`."""

from django.urls import include, path

urlpatterns = [path("", include("helpdesk.urls"))]
