"""Where sealed files lie: in a folder of this machine or in an S3-compatible store."""
