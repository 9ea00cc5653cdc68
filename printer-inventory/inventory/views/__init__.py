"""Views of the inventory: pages in `printer_views`, JSON in `api_views`, jobs in `job_views`."""
