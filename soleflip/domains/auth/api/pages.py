"""Signing in and out by page; the token lies in a cookie no script can read."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from domains.auth.repositories.user_repository import UserRepository
from domains.auth.services.auth_service import AuthService
from shared.api.dependencies import COOKIE, SessionDep, SettingsDep
from shared.api.limiting import limit_login
from shared.error_handling.exceptions import SoleFlipException
from shared.web.pages import Looking, render, to_login

router = APIRouter(include_in_schema=False)


@router.get("/login")
async def login_page(request: Request) -> Response:
    """The form."""
    return render(request, "login.html", None)


@router.post("/login")
async def login(
    request: Request,
    session: SessionDep,
    settings: SettingsDep,
    username: Annotated[str, Form(max_length=255)] = "",
    password: Annotated[str, Form(max_length=128)] = "",
) -> Response:
    """Sign in and go to the dashboard; what is wrong stands above the form."""
    try:
        await limit_login(request, username)
        found = await AuthService(session, settings).login(username, password)
    except SoleFlipException as error:
        return render(request, "login.html", None, error.status_code, message=error.message)
    answer = RedirectResponse("/", 303)
    answer.set_cookie(
        COOKIE,
        found.access_token,
        max_age=found.expires_in,
        httponly=True,
        samesite="lax",
        secure=settings.is_production,
        path="/",
    )
    return answer


@router.post("/settings/language")
async def choose_language(
    looking: Looking, session: SessionDep, language: Annotated[str, Form(pattern="^(auto|en|de)$")]
) -> Response:
    """Keep the language somebody wants their pages in; everybody may."""
    if looking is None:
        return to_login()
    await UserRepository(session).keep_language(looking.user_id, language)
    return RedirectResponse("/settings", 303)


@router.post("/logout")
async def logout(looking: Looking, session: SessionDep, settings: SettingsDep) -> Response:
    """Sign out: the token is worth nothing from here on."""
    if looking is not None:
        await AuthService(session, settings).logout(looking, None)
    answer = to_login()
    answer.delete_cookie(COOKIE, path="/")
    return answer
