"""What a bundle says in words: its contents, processing, the derivation of dates."""
