"""Finished bundles: kept sealed, handed out, forgotten when their time is over."""
