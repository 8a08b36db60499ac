"""The printed report: what goes on paper, in which words, and the process that lays it out."""
