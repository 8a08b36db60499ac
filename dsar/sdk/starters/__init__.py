"""What `dsar adapter new` writes: adapters that work at once, and the tests of their contract."""
