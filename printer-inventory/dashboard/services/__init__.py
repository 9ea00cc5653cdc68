"""Counting days, forecasting supplies, reports, alarms and mails."""
