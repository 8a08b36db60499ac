"""What a bundle says in words: processing, the derivation of dates."""
