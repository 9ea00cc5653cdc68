"""Who comes in: the provider (Keycloak), the password form beside it, and how often a sign-in is looked at again."""

from datetime import timedelta
from urllib.parse import urlsplit

from printer_inventory.settings.environment import env

# --- The provider: addresses as Keycloak has them. Without a client id people sign in by password only. ---
KEYCLOAK_SERVER_URL = env.str("KEYCLOAK_SERVER_URL", default="http://localhost:8080").rstrip("/")
KEYCLOAK_REALM = env.str("KEYCLOAK_REALM", default="printer-inventory")
OIDC_RP_CLIENT_ID = env.str("OIDC_CLIENT_ID", default="")
OIDC_RP_CLIENT_SECRET = env.str("OIDC_CLIENT_SECRET", default="")
OIDC_VERIFY_SSL = env.bool("OIDC_VERIFY_SSL", default=True)
OIDC_PROVIDER_NAME = env.str("OIDC_PROVIDER_NAME", default="Keycloak")
OIDC_ENABLED = bool(OIDC_RP_CLIENT_ID)
# Without its path: that is what a browser compares.
KEYCLOAK_ORIGIN = "{0.scheme}://{0.netloc}".format(urlsplit(KEYCLOAK_SERVER_URL))

OIDC_OP_ISSUER = f"{KEYCLOAK_SERVER_URL}/realms/{KEYCLOAK_REALM}"
OIDC_OP_AUTHORIZATION_ENDPOINT = f"{OIDC_OP_ISSUER}/protocol/openid-connect/auth"
OIDC_OP_TOKEN_ENDPOINT = f"{OIDC_OP_ISSUER}/protocol/openid-connect/token"
OIDC_OP_USER_ENDPOINT = f"{OIDC_OP_ISSUER}/protocol/openid-connect/userinfo"
OIDC_OP_JWKS_ENDPOINT = f"{OIDC_OP_ISSUER}/protocol/openid-connect/certs"
OIDC_OP_LOGOUT_ENDPOINT = f"{OIDC_OP_ISSUER}/protocol/openid-connect/logout"
OIDC_RP_SCOPES = env.str("OIDC_SCOPES", default="openid profile email")
OIDC_RP_SIGN_ALGO = "RS256"
OIDC_USE_NONCE = True
OIDC_USE_PKCE = True
# The provider is asked at a global address or in these networks, under a certificate of the system's authorities or this one.
OIDC_NETWORKS = env.list(
    "OIDC_NETWORKS", default=["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "127.0.0.0/8", "::1/128"]
)
OIDC_CA_FILE = env.str("OIDC_CA_FILE", default="")
# The library sees to the way out; the way back, the accounts and the refreshing are ours (access/).
OIDC_MAX_STATES = 10

# A sign-in is confirmed at the provider this often; whom it has disabled is out by then.
OIDC_RECHECK_SECONDS = env.int("OIDC_RECHECK_SECONDS", default=45)
# A provider that is away does not throw everybody out before this.
OIDC_AWAY_SECONDS = env.int("OIDC_AWAY_SECONDS", default=900)

# Roles of somebody who signs in for the first time and whose entry on the list names none.
ACCESS_DEFAULT_ROLES = env.list("ACCESS_DEFAULT_ROLES", default=["Inventory Viewer"])
# Proxies whose X-Forwarded-For is believed.
TRUSTED_PROXY_IPS = env.list("TRUSTED_PROXY_IPS", default=[])

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "access.backends.PasswordBackend",
    "access.backends.CustomOIDCAuthenticationBackend",
]

# --- Guessing passwords: counted in the database, per name and address, so that nobody can lock out somebody else. ---
AXES_FAILURE_LIMIT = env.int("LOGIN_FAILURE_LIMIT", default=5)
AXES_COOLOFF_TIME = timedelta(minutes=env.float("LOGIN_COOLOFF_MINUTES", default=15))
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_CALLABLE = "access.lockout.locked_out"
AXES_CLIENT_IP_CALLABLE = "access.client.client_ip"
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
AXES_HTTP_RESPONSE_CODE = 429

# An open WebSocket is no request: whether its person may still listen is looked at this often. With the provider's own interval
# above, who is disabled there has heard the last hint within a minute.
WEBSOCKET_RECHECK_SECONDS = env.float("WEBSOCKET_RECHECK_SECONDS", default=15.0)
