"""Routes of users, roles, the audit log and API tokens."""

from django.urls import path

from access.views import audit_views, token_views, user_views

app_name = "access"

urlpatterns = [
    path("users/", user_views.user_list, name="user_list"),
    path("users/allowed/", user_views.allowed_list, name="allowed_list"),
    path("users/allowed/add/", user_views.allow, name="allow"),
    path("users/allowed/<int:pk>/decide/", user_views.decide, name="decide"),
    path("users/allowed/<int:pk>/remove/", user_views.remove, name="remove"),
    path("users/<int:pk>/", user_views.user_detail, name="user_detail"),
    path("users/<int:pk>/end-sign-ins/", user_views.end_sign_ins, name="end_sign_ins"),
    path("permissions/", user_views.permissions, name="permissions"),
    path("audit/", audit_views.audit_log, name="audit_log"),
    path("audit/export/", audit_views.audit_export, name="audit_export"),
    path("tokens/", token_views.token_list, name="token_list"),
    path("tokens/<int:pk>/revoke/", token_views.revoke_token, name="token_revoke"),
]
