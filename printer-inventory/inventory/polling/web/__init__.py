"""Gets a printer's web pages, by plain HTTP or through a browser, under the device policy of safehttp. Knows no Django."""
