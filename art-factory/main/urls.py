"""Routes: complete pages `/<section>/`, partials `/partials/<resource>/<action>/`, JSON `/api/<resource>/`."""

from django.urls import path
from django.views.generic import RedirectView

from main.views import (
    api_views,
    inventory_views,
    models_views,
    order_views,
    product_views,
    production_views,
    project_views,
    settings_views,
)

app_name = "main"

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="main:projects"), name="home"),
    path("projects/", project_views.projects_page, name="projects"),
    path("projects/create/", project_views.project_create, name="project_create"),
    path("projects/<int:pk>/", project_views.project_page, name="project"),
    path("projects/<int:pk>/update/", project_views.project_update, name="project_update"),
    path("order/", order_views.order_page, name="order"),
    path("orders/<int:pk>/", order_views.order_detail, name="order_detail"),
    path("orders/<int:pk>/cancel/", order_views.order_cancel, name="order_cancel"),
    path("orders/<int:pk>/retry/", order_views.order_retry, name="order_retry"),
    path("orders/<int:pk>/hold/", order_views.order_hold, name="order_hold"),
    path("production/", production_views.production_page, name="production"),
    path("inventory/", inventory_views.inventory_page, name="inventory"),
    path("products/<int:pk>/", product_views.product_page, name="product"),
    path("products/<int:pk>/mark/", product_views.product_mark, name="product_mark"),
    path("products/<int:pk>/delete/", product_views.product_delete, name="product_delete"),
    path("products/bulk-delete/", inventory_views.bulk_delete, name="products_delete"),
    path("products/restore/", inventory_views.bulk_restore, name="products_restore"),
    path("models/", models_views.models_page, name="models"),
    path("files/<uuid:identity>/", product_views.original, name="file"),
    path("thumbs/<int:size>/<uuid:identity>.webp", product_views.thumbnail, name="thumbnail"),
    path("events/", production_views.events_stream, name="events"),
    path("partials/order/form/", order_views.form_partial, name="order_form_partial"),
    path("partials/order/preview/", order_views.preview_partial, name="order_preview_partial"),
    path("partials/orders/<int:pk>/", order_views.order_partial, name="order_partial"),
    path("partials/production/summary/", production_views.summary_partial, name="production_partial"),
    path("partials/products/cards/", inventory_views.cards_partial, name="cards_partial"),
    path("settings/", settings_views.settings_page, name="settings"),
    path("settings/budget/", settings_views.budget_save, name="budget_save"),
    path("settings/providers/<int:pk>/", settings_views.provider_save, name="provider_save"),
    path("lookups/", settings_views.lookups_page, name="lookups"),
    path("lookups/save/", settings_views.lookup_save, name="lookup_save"),
    path("lookups/<int:pk>/delete/", settings_views.lookup_delete, name="lookup_delete"),
    path("api/factory-machines/", api_views.factory_machines, name="api_machines"),
    path("api/place-order/", api_views.place_order, name="api_place_order"),
    path("api/recent-orders/", api_views.recent_orders, name="api_recent_orders"),
    path("api/recent-products/", api_views.recent_products, name="api_recent_products"),
    path("api/order-status/<int:pk>/", api_views.order_status, name="api_order_status"),
    path("api/orders/<int:pk>/", api_views.order_detail, name="api_order"),
    path("api/products/<int:pk>/", api_views.product_detail, name="api_product"),
    path("api/projects/", api_views.projects, name="api_projects"),
    path("api/projects/<int:pk>/", api_views.project_detail, name="api_project"),
    path("api/events/", production_views.events_api, name="events_api"),
    path("api/jobs/", production_views.jobs, name="jobs"),
]
