"""How long a supply lasts, what raises an alarm, when a mail is due. Plain functions: no clock, no database."""
