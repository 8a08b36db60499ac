"""What pages and commands read: tickets, sources and how they stand."""
