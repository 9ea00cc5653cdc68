"""Signing in with a password of this system, and signing out."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext_noop

from access.client import actor_of
from access.middleware import SESSION_KEY
from access.models import EntityChangeLog, ProviderSession
from access.services import audit, provider_sessions
from access.views.sign_in_views import provider_logout_url


class SignIn(LoginView):
    """The choice: through the provider, or with a name and a password of this system."""

    template_name = "registration/login_choice.html"
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Offer the provider where one is set up."""
        return super().get_context_data(provider=settings.OIDC_ENABLED and settings.OIDC_PROVIDER_NAME, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        """Note who came in."""
        response = super().form_valid(form)
        audit.record(
            actor_of(self.request),
            EntityChangeLog.Action.SIGN_IN,
            form.get_user(),
            reason=gettext_noop("with a password"),
        )
        return response


class DjangoSignIn(SignIn):
    """The password form alone."""

    template_name = "registration/django_login.html"


class SignOut(LogoutView):
    """Sign out; by POST only, so that no foreign page can do it. Who came through the provider is signed out there too."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """End the session, then go to the provider or to the login page."""
        actor, session = actor_of(request), _provider_session(request)
        if actor.user is not None:
            audit.record(actor, EntityChangeLog.Action.SIGN_OUT, actor.user)
        response: HttpResponse = super().post(request, *args, **kwargs)
        if session is None:
            return response
        id_token = provider_sessions.id_token_of(session.pk)
        provider_sessions.end(session, "signed out", timezone.now())
        if not id_token:
            return response
        return HttpResponseRedirect(provider_logout_url(request, id_token))


def _provider_session(request: HttpRequest) -> ProviderSession | None:
    pk, user = request.session.get(SESSION_KEY), request.user.pk
    if pk is None or user is None:
        return None
    return ProviderSession.objects.filter(pk=pk, user_id=user, ended_at=None).first()
