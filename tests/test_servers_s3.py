"""The S3 server of the tests is real enough: it keeps, lists, serves ranges and checks who asks."""

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.servers_s3 import REGION, S3Server


def test_a_bucket_keeps_what_was_put_and_serves_parts_of_it(s3_server: S3Server, s3_url: str):
    name = s3_url.removeprefix("s3://")
    with s3_server.client() as client:
        client.put_object(Bucket=name, Key="a/letter.txt", Body=b"0123456789")
        part = client.get_object(Bucket=name, Key="a/letter.txt", Range="bytes=3-5")["Body"].read()
        assert part == b"345"


@pytest.mark.parametrize("who", ["a stranger", "a wrong secret"])
def test_whoever_cannot_sign_is_refused(s3_server: S3Server, s3_url: str, who: str):
    client = boto3.client(
        "s3",
        endpoint_url=s3_server.endpoint,
        aws_access_key_id="stranger" if who == "a stranger" else s3_server.key,
        aws_secret_access_key="wrong",
        region_name=REGION,
    )
    with pytest.raises(ClientError, match=r"SignatureDoesNotMatch|InvalidAccessKeyId"):
        client.put_object(Bucket=s3_url.removeprefix("s3://"), Key="x", Body=b"1")
    client.close()
