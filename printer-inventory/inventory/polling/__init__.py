"""How printers are asked: one folder per engine, each giving the same `DeviceReading`. Knows no Django."""
