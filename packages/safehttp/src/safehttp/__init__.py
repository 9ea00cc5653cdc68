"""HTTP out with limits and an SSRF guard in three policies: `Device`, `Provider`, `Public`."""

from safehttp.async_client import AsyncClient
from safehttp.client import Client
from safehttp.errors import BadResponse, Refused, SafeHttpError, TimedOut, TooLarge, Unreachable
from safehttp.guard import Resolver, check_url, judge, system_resolver
from safehttp.limits import Limits
from safehttp.policy import Device, Policy, Provider, Public
from safehttp.response import Response
from safehttp.target import Target, parse_url

__all__ = [
    "AsyncClient",
    "BadResponse",
    "Client",
    "Device",
    "Limits",
    "Policy",
    "Provider",
    "Public",
    "Refused",
    "Resolver",
    "Response",
    "SafeHttpError",
    "Target",
    "TimedOut",
    "TooLarge",
    "Unreachable",
    "check_url",
    "judge",
    "parse_url",
    "system_resolver",
]
