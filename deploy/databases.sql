-- Run once by the container of PostgreSQL when its volume is empty.
CREATE DATABASE printer_inventory;
CREATE DATABASE soleflip;
CREATE DATABASE art_factory;
