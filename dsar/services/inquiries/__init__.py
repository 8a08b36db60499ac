"""Questions to those who answer later: put down, sent, reminded of, answered, taken."""
