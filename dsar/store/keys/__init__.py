"""Where the key lies that everything else is wrapped under, and what wraps."""
