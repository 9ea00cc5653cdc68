"""Every setting by its documented name. The environment wins over `.env`; without either the development defaults work."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from shared.config import local

BASE_DIR = Path(__file__).resolve().parents[2]
VERSION = "1.0.0"
"""The one version of SoleFlip; health, metrics and the API document show it."""

Words = Annotated[list[str], NoDecode]
"""A list that is written with commas."""


class Settings(BaseSettings):
    """What the operator may say; see `.env.example`."""

    model_config = SettingsConfigDict(env_file=BASE_DIR / ".env", extra="ignore", populate_by_name=True)

    environment: Literal["development", "staging", "production", "testing"] = Field(
        "development", validation_alias="ENVIRONMENT"
    )
    debug: bool = Field(default=False, validation_alias="DEBUG")

    database_url: str = Field("", validation_alias="DATABASE_URL")
    db_host: str = Field("127.0.0.1", validation_alias="DB_HOST")
    db_port: int = Field(5432, validation_alias="DB_PORT")
    db_user: str = Field("postgres", validation_alias="DB_USER")
    db_password: SecretStr = Field(SecretStr(""), validation_alias="DB_PASSWORD")
    db_name: str = Field("soleflip", validation_alias="DB_NAME")
    sql_echo: bool = Field(default=False, validation_alias="SQL_ECHO")
    db_pool_size: int = Field(15, ge=1, validation_alias="DB_POOL_SIZE")
    db_max_overflow: int = Field(20, ge=0, validation_alias="DB_MAX_OVERFLOW")
    db_pool_timeout: float = Field(45, gt=0, validation_alias="DB_POOL_TIMEOUT")
    db_pool_recycle: int = Field(1800, validation_alias="DB_POOL_RECYCLE")
    db_connect_timeout: int = Field(10, ge=1, validation_alias="DB_CONNECT_TIMEOUT")
    auto_migrate: bool = Field(default=True, validation_alias="AUTO_MIGRATE")

    redis_url: str = Field("", validation_alias="REDIS_URL")
    redis_host: str = Field("127.0.0.1", validation_alias="REDIS_HOST")
    redis_port: int = Field(6379, validation_alias="REDIS_PORT")
    redis_password: SecretStr = Field(SecretStr(""), validation_alias="REDIS_PASSWORD")
    redis_db: int = Field(0, validation_alias="REDIS_DB")
    redis_enabled: bool = Field(default=True, validation_alias="REDIS_ENABLED")
    redis_ttl: int = Field(300, ge=1, validation_alias="REDIS_TTL")

    field_encryption_key: SecretStr = Field(SecretStr(""), validation_alias="FIELD_ENCRYPTION_KEY")
    secret_key: SecretStr = Field(SecretStr(""), validation_alias="SECRET_KEY")
    jwt_secret_key: SecretStr = Field(SecretStr(""), validation_alias="JWT_SECRET_KEY")
    access_token_minutes: int = Field(60, ge=1, validation_alias="ACCESS_TOKEN_MINUTES")
    refresh_token_days: int = Field(30, ge=1, validation_alias="REFRESH_TOKEN_DAYS")
    admin_username: str = Field("admin", validation_alias="ADMIN_USERNAME")
    admin_email: str = Field("admin@example.com", validation_alias="ADMIN_EMAIL")
    admin_password: SecretStr = Field(SecretStr(""), validation_alias="ADMIN_PASSWORD")
    demo_password: SecretStr = Field(SecretStr(""), validation_alias="DEMO_PASSWORD")

    allowed_hosts: Words = Field(["localhost", "127.0.0.1"], validation_alias="ALLOWED_HOSTS")
    trusted_proxies: Words = Field([], validation_alias="TRUSTED_PROXIES")
    cors_origins: Words = Field([], validation_alias="CORS_ORIGINS")
    cors_methods: Words = Field(["GET", "POST", "PUT", "PATCH", "DELETE"], validation_alias="CORS_METHODS")
    cors_headers: Words = Field(["authorization", "content-type"], validation_alias="CORS_HEADERS")
    max_request_size: int = Field(104_857_600, ge=1024, validation_alias="MAX_REQUEST_SIZE")
    rate_limit_enabled: bool = Field(default=True, validation_alias="RATE_LIMIT_ENABLED")
    rate_limit_requests: int = Field(600, ge=1, validation_alias="RATE_LIMIT_REQUESTS")
    rate_limit_period: int = Field(60, ge=1, validation_alias="RATE_LIMIT_PERIOD")
    login_limit_requests: int = Field(10, ge=1, validation_alias="LOGIN_LIMIT_REQUESTS")
    media_root: Path = Field(BASE_DIR / ".local" / "media", validation_alias="MEDIA_ROOT")
    base_url: str = Field("http://127.0.0.1:8000", validation_alias="BASE_URL")
    metrics_token: SecretStr = Field(SecretStr(""), validation_alias="METRICS_TOKEN")

    api_title: str = Field("SoleFlip", validation_alias="API_TITLE")
    api_docs: bool = Field(default=True, validation_alias="API_DOCS")
    log_level: str = Field("INFO", validation_alias="LOG_LEVEL")
    log_format: Literal["console", "json"] = Field("console", validation_alias="LOG_FORMAT")

    stockx_client_id: str = Field("", validation_alias="STOCKX_CLIENT_ID")
    stockx_client_secret: SecretStr = Field(SecretStr(""), validation_alias="STOCKX_CLIENT_SECRET")
    stockx_api_key: SecretStr = Field(SecretStr(""), validation_alias="STOCKX_API_KEY")
    stockx_api_base_url: str = Field("https://api.stockx.com/v2", validation_alias="STOCKX_API_BASE_URL")
    stockx_auth_url: str = Field("https://accounts.stockx.com", validation_alias="STOCKX_AUTH_URL")
    stockx_timeout: float = Field(30, gt=0, validation_alias="STOCKX_TIMEOUT")
    stockx_requests_per_second: float = Field(1, gt=0, validation_alias="STOCKX_REQUESTS_PER_SECOND")
    stockx_daily_requests: int = Field(25_000, ge=1, validation_alias="STOCKX_DAILY_REQUESTS")
    provider_networks: Words = Field([], validation_alias="PROVIDER_NETWORKS")
    webhook_hosts: Words = Field([], validation_alias="WEBHOOK_HOSTS")
    awin_api_key: SecretStr = Field(SecretStr(""), validation_alias="AWIN_API_KEY")

    quickflip_min_profit_margin: float = Field(10, ge=0, validation_alias="QUICKFLIP_MIN_PROFIT_MARGIN")
    quickflip_min_profit_amount: float = Field(20, ge=0, validation_alias="QUICKFLIP_MIN_PROFIT_AMOUNT")

    @field_validator(
        "allowed_hosts",
        "trusted_proxies",
        "cors_origins",
        "cors_methods",
        "cors_headers",
        "provider_networks",
        "webhook_hosts",
        mode="before",
    )
    @classmethod
    def _words(cls, value: Any) -> Any:
        """Read a list written with commas."""
        return [word.strip() for word in value.split(",") if word.strip()] if isinstance(value, str) else value

    @model_validator(mode="before")
    @classmethod
    def _services_of_make_up(cls, values: Any) -> Any:
        """Fill in what `make up` left for this clone, below everything a person has said."""
        if isinstance(values, dict):
            given = {name.upper() for name in values}
            if not given & {"DATABASE_URL", "DB_HOST"}:
                values |= local.services("DB_")
            if not given & {"REDIS_URL", "REDIS_HOST"}:
                values |= local.services("REDIS_")
        return values

    @model_validator(mode="after")
    def _production_is_strict(self) -> Settings:
        """Refuse in production what is only good enough for a laptop."""
        if not self.is_production:
            return self
        wrong = []
        if self.debug:
            wrong.append("DEBUG must be off")
        if "*" in self.cors_origins:
            wrong.append("CORS_ORIGINS must not be *")
        if "*" in self.allowed_hosts:
            wrong.append("ALLOWED_HOSTS must not be *")
        if len(self.secret_key.get_secret_value() or self.jwt_secret_key.get_secret_value()) < 32:
            wrong.append("SECRET_KEY needs 32 characters or more")
        if not self.field_encryption_key.get_secret_value():
            wrong.append("FIELD_ENCRYPTION_KEY must be set")
        if wrong:
            raise ValueError("; ".join(wrong))
        return self

    @property
    def is_production(self) -> bool:
        """Say whether strangers can reach this."""
        return self.environment in ("production", "staging")

    @property
    def signing_key(self) -> str:
        """Return what tokens are signed with: the same in every worker and after a restart."""
        told = self.jwt_secret_key.get_secret_value() or self.secret_key.get_secret_value()
        return told or local.development_key()

    @property
    def sqlalchemy_url(self) -> str:
        """Return the database's address for SQLAlchemy with psycopg 3."""
        return self.libpq_url.replace("postgresql://", "postgresql+psycopg://", 1)

    @property
    def libpq_url(self) -> str:
        """Return the database's address as psycopg and other programs read it."""
        if self.database_url:
            head, _, rest = self.database_url.partition("://")
            if head.split("+")[0] not in ("postgres", "postgresql"):
                raise ValueError(f"DATABASE_URL begins with {head}://; SoleFlip keeps its data in PostgreSQL")
            return f"postgresql://{rest}"
        secret = quote(self.db_password.get_secret_value(), safe="")
        return f"postgresql://{quote(self.db_user, safe='')}:{secret}@{self.db_host}:{self.db_port}/{self.db_name}"

    @property
    def redis_address(self) -> str:
        """Return the address of Redis, with its database."""
        if self.redis_url:
            return self.redis_url
        secret = self.redis_password.get_secret_value()
        login = f":{quote(secret, safe='')}@" if secret else ""
        return f"redis://{login}{self.redis_host}:{self.redis_port}/{self.redis_db}"


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """Return the settings of this process, read once."""
    return Settings()


PREFIXES = ("STOCKX_", "QUICKFLIP_", "RATE_LIMIT_", "CORS_", "API_", "DB_", "AWIN_", "JWT_", "FIELD_ENCRYPTION_")


def unknown_names(environ: dict[str, str] | None = None) -> list[str]:
    """Return variables that look like ours and are not, such as a misspelt STOCKX_CLIENTID."""
    known = {str(field.validation_alias) for field in Settings.model_fields.values()}
    names = os.environ if environ is None else environ
    return sorted(name for name in names if name.startswith(PREFIXES) and name not in known)
