"""Plain rules: what a reading means, whether it is believed, when a printer is due again. No request, socket, clock or
table.
"""
