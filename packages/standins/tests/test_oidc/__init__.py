"""The OpenID provider, tested over real sockets."""
