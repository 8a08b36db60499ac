"""Commands about what one person asked: their request, its tickets, bundles, holds on them."""
