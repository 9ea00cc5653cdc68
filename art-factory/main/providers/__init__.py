"""Those who make products, behind one protocol (`providers.protocol`). Knows no Django."""

from main.providers.protocol import (
    CallState,
    CallStatus,
    ErrorCategory,
    InputFile,
    Output,
    ProviderClient,
    ProviderError,
    ProviderRequest,
    Traits,
)

__all__ = [
    "CallState",
    "CallStatus",
    "ErrorCategory",
    "InputFile",
    "Output",
    "ProviderClient",
    "ProviderError",
    "ProviderRequest",
    "Traits",
]
