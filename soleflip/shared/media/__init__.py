"""Files that people give us: pictures made safe, kept by their digest outside of what is served."""
