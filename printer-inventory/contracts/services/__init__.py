"""What the contracts do: devices, their list, imports, links to printers, replacements, orders."""
