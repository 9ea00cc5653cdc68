"""The money: tariffs, invoices that were issued, and what each of their figures rests on."""

from billing.models.invoice import Invoice, InvoiceDevice, InvoiceLine
from billing.models.tariff import BillingAccess, Tariff, TariffTier

__all__ = ["BillingAccess", "Invoice", "InvoiceDevice", "InvoiceLine", "Tariff", "TariffTier"]
