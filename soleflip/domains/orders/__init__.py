"""Orders of every platform, fees, payouts, returns, taxes."""
