"""Views of the monthly report: pages in `month_views`, the grid's JSON in `grid_views`, deeds in `deed_views`."""
