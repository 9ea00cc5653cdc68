"""Rules that read a printer's web pages: pure, without Django, sockets or clocks."""
