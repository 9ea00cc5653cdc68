"""Pure rules: money, fees, sizes, VAT, dates. No request, socket, clock or database."""
