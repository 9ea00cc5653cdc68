"""The native SNMP engine: own v1/v2c codec on one UDP socket, gufo-snmp for v3."""
