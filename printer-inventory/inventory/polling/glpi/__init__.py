"""The second engine: GLPI Agent or FusionInventory Agent, run as a program, its XML read into the same `DeviceReading`."""
