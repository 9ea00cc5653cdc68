"""Foreman and workers: from a waiting order item to stored products, nothing paid twice."""
