"""Signing in and out."""

from django.contrib.auth.views import LoginView, LogoutView


class SignIn(LoginView):
    """Sign in with a name and a password of this system."""

    template_name = "registration/login.html"
    redirect_authenticated_user = True


class SignOut(LogoutView):
    """Sign out; by POST only, so that no foreign page can do it."""
