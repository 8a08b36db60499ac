"""The pages on which those who are asked answer: one link, one source's part, nothing else."""
