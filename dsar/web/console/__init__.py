"""The pages of privacy staff: the queue, one ticket."""
