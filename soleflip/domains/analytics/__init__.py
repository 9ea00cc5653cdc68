"""Key figures, forecasts, insights."""
