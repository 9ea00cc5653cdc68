"""Billing on rows: tariffs, drafts, invoices that were issued, and their evidence."""
