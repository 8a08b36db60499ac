"""What is said of a SQL source before the first request."""
