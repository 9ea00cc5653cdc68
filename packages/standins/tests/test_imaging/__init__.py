"""The image services, asked by the providers' own clients and over real sockets."""
