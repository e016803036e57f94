"""
What boto3 does with objects, a function a case: boto3_cases.py ENDPOINT MEGABYTES CASE... Runs the
cases one after the other, and says of each in a line of JSON what was wrong with it, or null.
"""

import hashlib
import io
import json
import os
import socket
import sys
import tempfile
import traceback
import urllib.error
import urllib.request

import boto3
import botocore
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

endpoint, megabytes, cases = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
# Signature 4 in URLs too: Debian's boto3 would sign them as of old.
signed = Config(signature_version="s3v4")


def client(**settings):
    settings.setdefault("config", signed)
    return boto3.client("s3", endpoint_url=endpoint, **settings)


s3 = client()
# Each case has its own.
bucket = ""


def refused(work, code, status=None):
    try:
        work()
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error.response
        if status is not None:
            assert error.response["ResponseMetadata"]["HTTPStatusCode"] == status, error.response
        return
    raise AssertionError("nothing was refused")


def put(key, body=b"hello", **more):
    return s3.put_object(Bucket=bucket, Key=key, Body=body, **more)


def get(key, **more):
    return s3.get_object(Bucket=bucket, Key=key, **more)["Body"].read()


def keys(**more):
    return [it["Key"] for it in s3.list_objects_v2(Bucket=bucket, **more).get("Contents", [])]


def put_and_get_back():
    made = put("a b+c/ä.txt", ContentType="text/plain", Metadata={"sample": "A 1"}, CacheControl="no-cache")
    assert made["ETag"] == '"%s"' % hashlib.md5(b"hello").hexdigest()
    got = s3.get_object(Bucket=bucket, Key="a b+c/ä.txt")
    assert got["Body"].read() == b"hello"
    assert (got["ContentType"], got["Metadata"], got["CacheControl"]) == ("text/plain", {"sample": "A 1"}, "no-cache")
    head = s3.head_object(Bucket=bucket, Key="a b+c/ä.txt")
    assert (head["ContentLength"], head["ETag"]) == (5, made["ETag"])
    assert keys() == ["a b+c/ä.txt"]


def empty_object():
    put("empty", b"")
    assert get("empty") == b""
    assert s3.head_object(Bucket=bucket, Key="empty")["ContentLength"] == 0


def ranges():
    put("o", b"0123456789")
    assert get("o", Range="bytes=2-4") == b"234"
    assert get("o", Range="bytes=-3") == b"789"
    assert get("o", Range="bytes=7-") == b"789"
    refused(lambda: get("o", Range="bytes=10-"), "InvalidRange", 416)


def conditions_of_reads():
    etag = put("o")["ETag"]
    refused(lambda: get("o", IfMatch='"x"'), "PreconditionFailed", 412)
    refused(lambda: get("o", IfNoneMatch=etag), "304", 304)
    assert get("o", IfMatch=etag) == b"hello"


def if_none_match_of_writes():
    def write():
        request = s3.meta.client if hasattr(s3.meta, "client") else s3
        handler = lambda params, **_: params["headers"].update({"If-None-Match": "*"})
        request.meta.events.register("before-call.s3.PutObject", handler)
        try:
            put("o")
        finally:
            request.meta.events.unregister("before-call.s3.PutObject", handler)

    write()
    refused(write, "PreconditionFailed", 412)


def parts_of_20_mb():
    content = os.urandom(20_000_000)
    s3.upload_fileobj(io.BytesIO(content), bucket, "large", ExtraArgs={"Metadata": {"n": "1"}})
    head = s3.head_object(Bucket=bucket, Key="large")
    assert head["ETag"].endswith('-3"') and head["Metadata"] == {"n": "1"}, head
    received = io.BytesIO()
    s3.download_fileobj(bucket, "large", received)
    assert received.getvalue() == content


def parts_of_a_large_object():
    settings = TransferConfig(multipart_chunksize=32 * 1024 * 1024, max_concurrency=4)
    with tempfile.TemporaryDirectory() as folder:
        source, target = os.path.join(folder, "source"), os.path.join(folder, "target")
        digest = hashlib.sha256()
        with open(source, "wb") as file:
            for number in range(megabytes):
                block = bytes([number % 251]) * 1024 * 1024
                digest.update(block)
                file.write(block)
        s3.upload_file(source, bucket, "huge", Config=settings)
        os.remove(source)
        s3.download_file(bucket, "huge", target, Config=settings)
        received = hashlib.sha256()
        with open(target, "rb") as file:
            for block in iter(lambda: file.read(1024 * 1024), b""):
                received.update(block)
        assert received.digest() == digest.digest()


def presigned_get_and_put():
    url = s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "p q"})
    with urllib.request.urlopen(urllib.request.Request(url, data=b"by url", method="PUT")) as answer:
        assert answer.status == 200
    url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "p q"})
    with urllib.request.urlopen(url) as answer:
        assert answer.read() == b"by url"


def status_of(url, **more):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, **more)) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def tampered_presigned_url_refused():
    put("o")
    put("other")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "o"})
    assert status_of(url) == 200
    assert status_of(url.replace("/o?", "/other?")) == 403
    assert status_of(url.replace("X-Amz-Expires=3600", "X-Amz-Expires=7200")) == 403
    assert status_of(url, method="DELETE") == 403


def unsigned_refused():
    put("o")
    anybody = client(config=Config(signature_version=botocore.UNSIGNED))
    refused(lambda: anybody.get_object(Bucket=bucket, Key="o"), "AccessDenied", 403)
    refused(lambda: anybody.list_objects_v2(Bucket=bucket), "AccessDenied", 403)


def wrong_secret_refused():
    wrong = client(aws_access_key_id=os.environ["AWS_ACCESS_KEY_ID"], aws_secret_access_key="wrong")
    refused(lambda: wrong.put_object(Bucket=bucket, Key="o", Body=b"x"), "SignatureDoesNotMatch", 403)
    nobody = client(aws_access_key_id="NOBODY", aws_secret_access_key="x")
    refused(lambda: nobody.list_buckets(), "InvalidAccessKeyId", 403)


def small_copy():
    put("from", ContentType="text/plain", Metadata={"n": "1"})
    s3.copy_object(Bucket=bucket, Key="to", CopySource={"Bucket": bucket, "Key": "from"})
    got = s3.get_object(Bucket=bucket, Key="to")
    assert (got["Body"].read(), got["ContentType"], got["Metadata"]) == (b"hello", "text/plain", {"n": "1"})


def copy_in_parts():
    content = os.urandom(12_000_000)
    put("from", content)
    settings = TransferConfig(multipart_threshold=1, multipart_chunksize=5 * 1024 * 1024)
    s3.copy({"Bucket": bucket, "Key": "from"}, bucket, "to", Config=settings)
    assert get("to") == content


def listing_with_delimiter_and_pages():
    names = ["a/1", "a/2", "b c", "d+e", "z/ä"]
    for name in names:
        put(name)
    assert keys() == names
    folded = s3.list_objects_v2(Bucket=bucket, Delimiter="/")
    assert [it["Prefix"] for it in folded["CommonPrefixes"]] == ["a/", "z/"]
    assert [it["Key"] for it in folded["Contents"]] == ["b c", "d+e"]
    pages = list(s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, PaginationConfig={"PageSize": 2}))
    assert [it["Key"] for page in pages for it in page["Contents"]] == names and len(pages) == 3
    first = s3.list_objects(Bucket=bucket, MaxKeys=3)
    rest = s3.list_objects(Bucket=bucket, Marker=first["Contents"][-1]["Key"])
    assert first["IsTruncated"] and [it["Key"] for it in rest["Contents"]] == ["d+e", "z/ä"]


def tagging():
    put("o", Tagging="kind=raw&of=ada")
    tags = lambda: {it["Key"]: it["Value"] for it in s3.get_object_tagging(Bucket=bucket, Key="o")["TagSet"]}
    assert tags() == {"kind": "raw", "of": "ada"}
    s3.put_object_tagging(Bucket=bucket, Key="o", Tagging={"TagSet": [{"Key": "k", "Value": "v w"}]})
    assert tags() == {"k": "v w"}
    s3.delete_object_tagging(Bucket=bucket, Key="o")
    assert tags() == {}


def bad_checksum_refused():
    refused(lambda: put("o", ContentMD5="XUFAKrxLKna5cZ2REBfFkg=="[::1].replace("X", "Y", 1)), "BadDigest", 400)
    assert keys() == []


def delete_several():
    for name in ("a", "b &", "c"):
        put(name)
    gone = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "a"}, {"Key": "b &"}, {"Key": "none"}]})
    assert sorted(it["Key"] for it in gone["Deleted"]) == ["a", "b &", "none"]
    assert keys() == ["c"]


def uploads_listed_and_aborted():
    upload = s3.create_multipart_upload(Bucket=bucket, Key="o")["UploadId"]
    s3.upload_part(Bucket=bucket, Key="o", UploadId=upload, PartNumber=2, Body=b"x")
    s3.upload_part(Bucket=bucket, Key="o", UploadId=upload, PartNumber=1, Body=b"yy")
    parts = s3.list_parts(Bucket=bucket, Key="o", UploadId=upload)["Parts"]
    assert [(it["PartNumber"], it["Size"]) for it in parts] == [(1, 2), (2, 1)]
    assert [it["UploadId"] for it in s3.list_multipart_uploads(Bucket=bucket)["Uploads"]] == [upload]
    s3.abort_multipart_upload(Bucket=bucket, Key="o", UploadId=upload)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)
    refused(lambda: s3.list_parts(Bucket=bucket, Key="o", UploadId=upload), "NoSuchUpload", 404)


def what_is_not_there():
    refused(lambda: get("none"), "NoSuchKey", 404)
    refused(lambda: s3.head_object(Bucket=bucket, Key="none"), "404", 404)
    refused(lambda: s3.head_bucket(Bucket="no-such-bucket"), "404", 404)
    refused(lambda: s3.list_objects_v2(Bucket="no-such-bucket"), "NoSuchBucket", 404)
    refused(lambda: s3.get_bucket_policy(Bucket=bucket), "NoSuchBucketPolicy", 404)
    s3.delete_object(Bucket=bucket, Key="none")


def streams_without_a_length():
    class Stream(io.RawIOBase):
        def __init__(self, pieces):
            self.pieces = list(pieces)

        def readable(self):
            return True

        def readinto(self, into):
            if not self.pieces:
                return 0
            piece = self.pieces.pop(0)
            into[: len(piece)] = piece
            return len(piece)

    s3.upload_fileobj(io.BufferedReader(Stream([b"one ", b"two"])), bucket, "stream")
    assert get("stream") == b"one two"


def tags_of_the_bucket():
    tags = [{"Key": "cost", "Value": "42"}, {"Key": "group", "Value": "Döe"}]
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": tags})
    assert s3.get_bucket_tagging(Bucket=bucket)["TagSet"] == tags
    s3.delete_bucket_tagging(Bucket=bucket)
    refused(lambda: s3.get_bucket_tagging(Bucket=bucket), "NoSuchTagSet", 404)


def rules_that_end_objects():
    rules = [
        {
            "ID": "ten days",
            "Status": "Enabled",
            "Filter": {"Prefix": "delete10/"},
            "Expiration": {"Days": 10},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 2},
        },
        {
            "ID": "by tag",
            "Status": "Disabled",
            "Filter": {
                "And": {
                    "Prefix": "b/",
                    "Tags": [{"Key": "keep", "Value": "no"}],
                    "ObjectSizeGreaterThan": 5,
                }
            },
            "Expiration": {"Days": 1},
            "NoncurrentVersionExpiration": {"NoncurrentDays": 60},
        },
    ]

    def set_rules(rules):
        s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": rules})

    set_rules(rules)
    assert s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"] == rules
    assert 'rule-id="ten%20days"' in put("delete10/o")["Expiration"]
    assert 'rule-id="ten%20days"' in s3.head_object(Bucket=bucket, Key="delete10/o")["Expiration"]
    assert "Expiration" not in put("b/o")
    upload = s3.create_multipart_upload(Bucket=bucket, Key="delete10/u")
    assert upload["AbortRuleId"] == "ten%20days" and upload["AbortDate"].hour == 0
    s3.abort_multipart_upload(Bucket=bucket, Key="delete10/u", UploadId=upload["UploadId"])
    cold = [{"Days": 1, "StorageClass": "GLACIER"}]
    refused(lambda: set_rules([{**rules[0], "Transitions": cold}]), "NotImplemented", 501)
    refused(lambda: set_rules([{**rules[0], "Expiration": {"Days": 0}}]), "InvalidArgument", 400)
    s3.delete_bucket_lifecycle(Bucket=bucket)
    refused(lambda: s3.get_bucket_lifecycle_configuration(Bucket=bucket), "NoSuchLifecycleConfiguration", 404)


def buckets_made_and_removed():
    assert bucket in [it["Name"] for it in s3.list_buckets()["Buckets"]]
    assert s3.get_bucket_location(Bucket=bucket)["LocationConstraint"] == "us-west-2"
    assert "Status" not in s3.get_bucket_versioning(Bucket=bucket)
    put("o")
    refused(lambda: s3.delete_bucket(Bucket=bucket), "BucketNotEmpty", 409)


def bucket_policy():
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::%s/private/*" % bucket}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    put("private/o")
    put("public/o")
    s3.put_bucket_policy(Bucket=bucket, Policy=policy)
    assert s3.get_bucket_policy(Bucket=bucket)["Policy"] == policy
    assert s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"]["IsPublic"] is False
    refused(lambda: get("private/o"), "AccessDenied", 403)
    assert get("public/o") == b"hello"
    wrong = json.dumps({"Version": "2012-10-17", "Statement": [{**statement, "Principal": {"AWS": "nobody"}}]})
    refused(lambda: s3.put_bucket_policy(Bucket=bucket, Policy=wrong), "MalformedPolicy", 400)
    block = {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": False}
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=block)
    assert s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"] == block
    public = json.dumps({"Version": "2012-10-17", "Statement": [{**statement, "Effect": "Allow"}]})
    refused(lambda: s3.put_bucket_policy(Bucket=bucket, Policy=public), "AccessDenied", 403)
    s3.delete_public_access_block(Bucket=bucket)
    s3.delete_bucket_policy(Bucket=bucket)
    assert get("private/o") == b"hello"


def pages_of_other_sites():
    rule = {"AllowedMethods": ["GET", "PUT"], "AllowedOrigins": ["https://*.lab.example"], "AllowedHeaders": ["*"]}
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [{**rule, "ExposeHeaders": ["ETag"], "MaxAgeSeconds": 60}]})
    assert s3.get_bucket_cors(Bucket=bucket)["CORSRules"] == [{**rule, "ExposeHeaders": ["ETag"], "MaxAgeSeconds": 60}]
    put("o")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "o"})
    page = {"Origin": "https://desk.lab.example"}

    def ask(method, headers):
        return urllib.request.urlopen(urllib.request.Request(url, method=method, headers=headers))

    asked = ask("OPTIONS", {**page, "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "range"})
    assert asked.headers["Access-Control-Allow-Origin"] == page["Origin"]
    assert asked.headers["Access-Control-Allow-Headers"] == "range"
    got = ask("GET", page)
    assert (got.read(), got.headers["Access-Control-Expose-Headers"]) == (b"hello", "ETag")
    try:
        ask("OPTIONS", {"Origin": "https://evil.example", "Access-Control-Request-Method": "GET"})
        raise AssertionError("nothing was refused")
    except urllib.error.HTTPError as error:
        assert error.code == 403
    s3.delete_bucket_cors(Bucket=bucket)
    refused(lambda: s3.get_bucket_cors(Bucket=bucket), "NoSuchCORSConfiguration", 404)


def bucket_in_the_name_of_the_host():
    found = socket.getaddrinfo

    def find(host, *more, **options):
        return found("127.0.0.1" if host.endswith(".lab.example") else host, *more, **options)

    socket.getaddrinfo = find
    port = endpoint.rsplit(":", 1)[1]
    virtual = boto3.client(
        "s3",
        endpoint_url="http://s3.lab.example:" + port,
        config=Config(signature_version="s3v4", s3={"addressing_style": "virtual"}),
    )
    made = virtual.put_object(Bucket=bucket, Key="a b/ä", Body=b"hello")
    assert made["ETag"] == '"%s"' % hashlib.md5(b"hello").hexdigest()
    url = virtual.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "a b/ä"})
    assert url.startswith("http://%s.s3.lab.example:%s/" % (bucket, port)), url
    assert urllib.request.urlopen(url).read() == b"hello"
    assert [it["Key"] for it in virtual.list_objects_v2(Bucket=bucket)["Contents"]] == keys() == ["a b/ä"]


def upload_by_form():
    post = s3.generate_presigned_post(
        bucket,
        "forms/${filename}",
        Fields={"Content-Type": "text/plain", "success_action_status": "201"},
        Conditions=[{"Content-Type": "text/plain"}, {"success_action_status": "201"}, ["content-length-range", 1, 2000000]],
    )

    def send(content, **changed):
        pieces = []
        for name, value in {**post["fields"], **changed}.items():
            pieces.append('--line\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name, value))
        pieces.append('--line\r\nContent-Disposition: form-data; name="file"; filename="ä.txt"\r\n\r\n')
        body = "".join(pieces).encode() + content + b"\r\n--line--\r\n"
        request = urllib.request.Request(post["url"], data=body)
        request.add_header("Content-Type", "multipart/form-data; boundary=line")
        try:
            return urllib.request.urlopen(request).status
        except urllib.error.HTTPError as error:
            return error.code

    content = b"\r\n--line" * 100000
    assert send(content.replace(b"\n", b"")) == 201
    assert get("forms/ä.txt") == content.replace(b"\n", b"")
    assert send(b"x" * 2000001) == 400
    assert send(b"") == 400
    assert send(b"x", key="elsewhere/x") == 403
    assert send(b"x", policy="e30=") == 403
    assert keys() == ["forms/ä.txt"]


def enable_versioning(status="Enabled"):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == status


def listed_versions(**more):
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket, **more)
    return [it for page in pages for name in ("Versions", "DeleteMarkers") for it in page.get(name, [])]


def versions_kept_read_and_restored():
    put("o", b"before", Metadata={"n": "0"})
    enable_versioning()
    first, second = put("o", b"one")["VersionId"], put("o", b"two")["VersionId"]
    assert [it["VersionId"] for it in listed_versions()] == [second, first, "null"]
    assert [it["IsLatest"] for it in listed_versions(PaginationConfig={"PageSize": 1})] == [True, False, False]
    assert (get("o"), get("o", VersionId=first), get("o", VersionId="null")) == (b"two", b"one", b"before")
    assert s3.head_object(Bucket=bucket, Key="o", VersionId="null")["Metadata"] == {"n": "0"}
    source = {"Bucket": bucket, "Key": "o", "VersionId": first}
    copied = s3.copy_object(Bucket=bucket, Key="o", CopySource=source)
    assert copied["CopySourceVersionId"] == first and get("o") == b"one"
    s3.put_object_tagging(Bucket=bucket, Key="o", VersionId=first, Tagging={"TagSet": [{"Key": "k", "Value": "v"}]})
    tags = s3.get_object_tagging(Bucket=bucket, Key="o", VersionId=first)
    assert (tags["TagSet"], tags["VersionId"]) == ([{"Key": "k", "Value": "v"}], first)
    assert s3.get_object_tagging(Bucket=bucket, Key="o")["TagSet"] == []
    refused(lambda: get("o", VersionId="x"), "InvalidArgument", 400)
    s3.delete_object(Bucket=bucket, Key="o", VersionId=first)
    refused(lambda: get("o", VersionId=first), "NoSuchVersion", 404)


def deleted_object_undeleted():
    enable_versioning()
    put("o", b"one")
    marker = s3.delete_object(Bucket=bucket, Key="o")
    assert marker["DeleteMarker"] and keys() == []
    refused(lambda: get("o"), "NoSuchKey", 404)
    refused(lambda: get("o", VersionId=marker["VersionId"]), "MethodNotAllowed", 405)
    page = s3.list_object_versions(Bucket=bucket)
    assert [it["IsLatest"] for it in page["DeleteMarkers"] + page["Versions"]] == [True, False]
    refused(lambda: s3.delete_bucket(Bucket=bucket), "BucketNotEmpty", 409)
    gone = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "o", "VersionId": marker["VersionId"]}]})
    assert gone["Deleted"][0]["DeleteMarker"], gone
    assert get("o") == b"one" and keys() == ["o"]


def null_version_while_suspended():
    enable_versioning()
    first = put("o", b"one")["VersionId"]
    enable_versioning("Suspended")
    assert [put("o", body)["VersionId"] for body in (b"two", b"three")] == ["null", "null"]
    assert [it["VersionId"] for it in listed_versions()] == ["null", first]
    marker = s3.delete_object(Bucket=bucket, Key="o")
    assert marker["DeleteMarker"] and marker["VersionId"] == "null"
    s3.delete_object(Bucket=bucket, Key="o", VersionId="null")
    assert get("o") == b"one"


def trailers_over_https():
    if not endpoint.startswith("https:"):
        return
    sent = []
    s3.meta.events.register("before-send.s3.PutObject", lambda request, **_: sent.append(dict(request.headers)))
    body = os.urandom(200_000)
    algorithms = ["CRC32"] if tuple(map(int, botocore.__version__.split("."))) < (1, 36) else ["CRC32", "SHA1", "SHA256"]
    for algorithm in algorithms:
        put(algorithm, io.BytesIO(body), ChecksumAlgorithm=algorithm)
        assert get(algorithm, ChecksumMode="ENABLED") == body
        head = s3.head_object(Bucket=bucket, Key=algorithm, ChecksumMode="ENABLED")
        assert head["Checksum" + algorithm] and "aws-chunked" not in head.get("ContentEncoding", ""), head
    trailers = [headers.get("x-amz-trailer") or headers.get("X-Amz-Trailer") for headers in sent]
    names = [it.decode() if isinstance(it, bytes) else it for it in trailers]
    assert names == ["x-amz-checksum-" + it.lower() for it in algorithms], names


def bucket_removed():
    other = bucket + "-other"
    s3.create_bucket(Bucket=other, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    assert other in [it["Name"] for it in s3.list_buckets()["Buckets"]]
    s3.delete_bucket(Bucket=other)
    refused(lambda: s3.head_bucket(Bucket=other), "404", 404)


def run(case):
    global bucket
    bucket = "boto3-" + hashlib.sha256((endpoint + case + botocore.__version__).encode()).hexdigest()[:20]
    s3.create_bucket(Bucket=bucket)
    try:
        globals()[case]()
    finally:
        for it in listed_versions():
            s3.delete_object(Bucket=bucket, Key=it["Key"], VersionId=it["VersionId"])
        s3.delete_bucket(Bucket=bucket)


for case in cases:
    try:
        run(case)
        problem = None
    except BaseException:
        problem = traceback.format_exc()
    print(json.dumps({"case": case, "problem": problem}), flush=True)
