"""Texts and their translations: found in the source, kept in gettext catalogs, compiled without gettext's own programs."""
