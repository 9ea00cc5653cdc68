"""What can be done, without request and page: views, commands and the production call these."""
