"""
Asks the local cloud through boto3 and prints one line of JSON for each question: what was asked, and
the objection if the answer was not as AWS's.

    python3 boto3-calls.py ENDPOINT OUTPUTS

OUTPUTS are the outputs of the stack StudentSite, as JSON.
"""

import hashlib
import io
import json
import sys
import urllib.request

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

ENDPOINT, OUTPUTS = sys.argv[1], json.loads(sys.argv[2])
BUCKET = OUTPUTS["SiteBucketName"]
DISTRIBUTION = OUTPUTS["DistributionId"]
SENDER = OUTPUTS["MailFrom"]
# Below what the site publishes, so that no deploy of the school's page meets it.
KEY = "referees/boto3 é+%&'().txt"


def client(service, **settings):
    return boto3.client(
        service,
        endpoint_url=ENDPOINT,
        region_name="us-east-1",
        aws_access_key_id="referee",
        aws_secret_access_key="local",
        config=Config(retries={"max_attempts": 0}, s3={"addressing_style": "path"}, **settings),
    )


def report(asked, objection=None):
    print(json.dumps({"asked": asked} if objection is None else {"asked": asked, "objection": objection}), flush=True)


def expect(asked, call, holds=lambda answer: True):
    """The answer must come without an error, and be as `holds` says."""
    try:
        answer = call()
        report(asked, None if holds(answer) else f"answered {answer!r}"[:600])
        return answer
    except Exception as error:  # An objection, whatever it is.
        report(asked, f"{type(error).__name__}: {error}")
        return None


def refused(asked, call, code, status):
    """The call must be refused with this code and status."""
    try:
        report(asked, f"was not refused, but answered {call()!r}"[:600])
    except ClientError as error:
        found = (error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"])
        report(asked, None if found == (code, status) else f"refused as {found} instead of {(code, status)}: {error}")
    except Exception as error:
        report(asked, f"{type(error).__name__}: {error}")


def md5(content):
    return hashlib.md5(content).hexdigest()


def ask_s3():
    # Where it knows no better, boto3 signs URLs by Signature Version 2, which new Regions never took.
    s3 = client("s3", signature_version="s3v4")
    at = {"Bucket": BUCKET, "Key": KEY}
    expect(
        "s3 PutObject returns the content's MD5 as ETag",
        lambda: s3.put_object(**at, Body=b"content", CacheControl="max-age=60", Metadata={"author": "me"}),
        lambda answer: answer["ETag"] == f'"{md5(b"content")}"',
    )
    expect(
        "s3 GetObject returns content, headers and metadata",
        lambda: s3.get_object(**at),
        lambda answer: (answer["Body"].read(), answer["CacheControl"], answer["Metadata"])
        == (b"content", "max-age=60", {"author": "me"}),
    )
    expect(
        "s3 GetObject of a range",
        lambda: s3.get_object(**at, Range="bytes=3-"),
        lambda answer: (answer["Body"].read(), answer["ContentRange"]) == (b"tent", "bytes 3-6/7"),
    )
    expect("s3 HeadObject, by its waiter", lambda: s3.get_waiter("object_exists").wait(**at, WaiterConfig={"MaxAttempts": 1}))
    refused("s3 HeadObject of a missing key", lambda: s3.head_object(Bucket=BUCKET, Key="missing"), "404", 404)
    refused("s3 GetObject of a missing key", lambda: s3.get_object(Bucket=BUCKET, Key="missing"), "NoSuchKey", 404)
    refused("s3 GetObject in a missing bucket", lambda: s3.get_object(Bucket="no-such-bucket-here", Key="a"), "NoSuchBucket", 404)
    refused("s3 PutObject if there is none", lambda: s3.put_object(**at, Body=b"x", IfNoneMatch="*"), "PreconditionFailed", 412)
    refused("s3 GetObject of an unchanged one", lambda: s3.get_object(**at, IfNoneMatch=f'"{md5(b"content")}"'), "304", 304)
    refused("s3 GetObject of a range beyond it", lambda: s3.get_object(**at, Range="bytes=9-"), "InvalidRange", 416)
    url = s3.generate_presigned_url("get_object", Params=at)
    expect("s3 GetObject by a presigned URL", lambda: urllib.request.urlopen(url).read(), lambda body: body == b"content")
    expect(
        "s3 CopyObject",
        lambda: s3.copy_object(Bucket=BUCKET, Key="referees/copy", CopySource=at),
        lambda answer: answer["CopyObjectResult"]["ETag"] == f'"{md5(b"content")}"',
    )
    large = b"0123456789abcdef" * (11 * 2**20 // 16)
    parts = TransferConfig(multipart_threshold=5 * 2**20, multipart_chunksize=5 * 2**20)
    expect("s3 upload in parts", lambda: s3.upload_fileobj(io.BytesIO(large), BUCKET, "referees/large", Config=parts))
    expect(
        "s3 download in parts",
        lambda: s3.get_object(Bucket=BUCKET, Key="referees/large")["Body"].read() == large,
        lambda same: same,
    )
    pages = lambda: s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix="referees/", PaginationConfig={"PageSize": 2})
    expect(
        "s3 ListObjectsV2, page by page",
        lambda: sorted(item["Key"] for page in pages() for item in page["Contents"]),
        lambda keys: keys == sorted([KEY, "referees/copy", "referees/large"]),
    )
    expect("s3 HeadBucket", lambda: s3.head_bucket(Bucket=BUCKET))
    expect("s3 GetBucketNotificationConfiguration", lambda: s3.get_bucket_notification_configuration(Bucket=BUCKET), lambda answer: len(answer["QueueConfigurations"]) > 0)
    expect(
        "s3 DeleteObjects",
        lambda: s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": key} for key in (KEY, "referees/copy", "referees/large")]}),
        lambda answer: len(answer["Deleted"]) == 3 and "Errors" not in answer,
    )


def ask_sqs():
    sqs = client("sqs")
    missing = f"{ENDPOINT}/000000000000/missing"
    queue = expect("sqs CreateQueue", lambda: sqs.create_queue(QueueName="boto3", Attributes={"VisibilityTimeout": "60"}))["QueueUrl"]
    expect("sqs GetQueueUrl", lambda: sqs.get_queue_url(QueueName="boto3"), lambda answer: answer["QueueUrl"] == queue)
    expect("sqs ListQueues", lambda: sqs.list_queues(QueueNamePrefix="boto3"), lambda answer: answer["QueueUrls"] == [queue])
    city = {"City": {"DataType": "String", "StringValue": "Hà Nội"}, "Raw": {"DataType": "Binary", "BinaryValue": b"\0\xff"}}
    body = "<b>&amp;\r\né 中"
    expect(
        "sqs SendMessage with attributes",
        lambda: sqs.send_message(QueueUrl=queue, MessageBody=body, MessageAttributes=city),
        lambda answer: answer["MD5OfMessageBody"] == md5(body.encode()) and len(answer["MD5OfMessageAttributes"]) == 32,
    )
    received = expect(
        "sqs ReceiveMessage with attributes",
        lambda: sqs.receive_message(QueueUrl=queue, AttributeNames=["All"], MessageAttributeNames=["All"]),
        lambda answer: [(m["Body"], m["MessageAttributes"], m["Attributes"]["ApproximateReceiveCount"]) for m in answer["Messages"]] == [(body, city, "1")],
    )
    handle = received["Messages"][0]["ReceiptHandle"]
    expect("sqs ChangeMessageVisibility", lambda: sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=handle, VisibilityTimeout=0))
    received = expect(
        "sqs ReceiveMessage shows no attributes that nobody asked for",
        lambda: sqs.receive_message(QueueUrl=queue),
        lambda answer: not {"Attributes", "MessageAttributes", "MD5OfMessageAttributes"} & set(answer["Messages"][0]),
    )
    expect("sqs DeleteMessage", lambda: sqs.delete_message(QueueUrl=queue, ReceiptHandle=received["Messages"][0]["ReceiptHandle"]))
    expect("sqs ReceiveMessage of an empty queue", lambda: sqs.receive_message(QueueUrl=queue), lambda answer: "Messages" not in answer)
    entries = [{"Id": "a", "MessageBody": "1"}, {"Id": "b", "MessageBody": "\x01"}]
    expect(
        "sqs SendMessageBatch succeeds and fails entry by entry",
        lambda: sqs.send_message_batch(QueueUrl=queue, Entries=entries),
        lambda answer: ([e["Id"] for e in answer["Successful"]], [(e["Id"], e["Code"], e["SenderFault"]) for e in answer["Failed"]])
        == (["a"], [("b", "InvalidMessageContents", True)]),
    )
    expect(
        "sqs GetQueueAttributes",
        lambda: sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"],
        lambda answer: (answer["VisibilityTimeout"], answer["ApproximateNumberOfMessages"]) == ("60", "1"),
    )
    expect("sqs GetQueueAttributes without names", lambda: sqs.get_queue_attributes(QueueUrl=queue), lambda answer: not answer.get("Attributes"))
    expect("sqs TagQueue", lambda: sqs.tag_queue(QueueUrl=queue, Tags={"a": "b"}))
    expect("sqs ListQueueTags", lambda: sqs.list_queue_tags(QueueUrl=queue), lambda answer: answer["Tags"] == {"a": "b"})
    expect("sqs PurgeQueue", lambda: sqs.purge_queue(QueueUrl=queue))
    refused("sqs GetQueueUrl of a missing queue", lambda: sqs.get_queue_url(QueueName="missing"), "AWS.SimpleQueueService.NonExistentQueue", 400)
    refused("sqs SendMessage to a missing queue", lambda: sqs.send_message(QueueUrl=missing, MessageBody="x"), "AWS.SimpleQueueService.NonExistentQueue", 400)
    refused("sqs CreateQueue with other attributes", lambda: sqs.create_queue(QueueName="boto3", Attributes={"VisibilityTimeout": "61"}), "QueueAlreadyExists", 400)
    refused("sqs SendMessageBatch without entries", lambda: sqs.send_message_batch(QueueUrl=queue, Entries=[]), "AWS.SimpleQueueService.EmptyBatchRequest", 400)
    refused("sqs ReceiveMessage of eleven", lambda: sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=11), "InvalidParameterValue", 400)
    expect("sqs DeleteQueue", lambda: sqs.delete_queue(QueueUrl=queue))


def ask_cloudfront():
    cloudfront = client("cloudfront")
    batch = {"CallerReference": "boto3", "Paths": {"Quantity": 1, "Items": ["/referees/*"]}}
    create = lambda **more: cloudfront.create_invalidation(DistributionId=DISTRIBUTION, InvalidationBatch={**batch, **more})
    made = expect("cloudfront CreateInvalidation", create, lambda answer: answer["Invalidation"]["InvalidationBatch"] == batch)["Invalidation"]
    expect("cloudfront CreateInvalidation, repeated, is the same", create, lambda answer: answer["Invalidation"]["Id"] == made["Id"])
    at = {"DistributionId": DISTRIBUTION, "Id": made["Id"]}
    expect("cloudfront GetInvalidation, by its waiter", lambda: cloudfront.get_waiter("invalidation_completed").wait(**at, WaiterConfig={"Delay": 1, "MaxAttempts": 60}))
    listed = lambda: cloudfront.get_paginator("list_invalidations").paginate(DistributionId=DISTRIBUTION, PaginationConfig={"PageSize": 1})
    expect(
        "cloudfront ListInvalidations, page by page",
        lambda: [item["Id"] for page in listed() for item in page["InvalidationList"].get("Items", [])],
        lambda ids: made["Id"] in ids and len(set(ids)) == len(ids),
    )
    expect("cloudfront GetDistribution", lambda: cloudfront.get_distribution(Id=DISTRIBUTION), lambda answer: answer["Distribution"]["Status"] == "Deployed" and len(answer["ETag"]) > 0)
    expect("cloudfront GetDistributionConfig", lambda: cloudfront.get_distribution_config(Id=DISTRIBUTION), lambda answer: answer["DistributionConfig"]["Enabled"] is True)
    expect("cloudfront ListDistributions", lambda: cloudfront.list_distributions(), lambda answer: DISTRIBUTION in [d["Id"] for d in answer["DistributionList"]["Items"]])
    refused("cloudfront GetDistribution of a missing one", lambda: cloudfront.get_distribution(Id="E0"), "NoSuchDistribution", 404)
    refused("cloudfront GetInvalidation of a missing one", lambda: cloudfront.get_invalidation(DistributionId=DISTRIBUTION, Id="I0"), "NoSuchInvalidation", 404)
    refused("cloudfront CreateInvalidation of other paths by the same reference", lambda: create(Paths={"Quantity": 1, "Items": ["/other"]}), "InvalidationBatchAlreadyExists", 400)
    wrong = {"Paths": {"Quantity": 2, "Items": ["/a"]}, "CallerReference": "wrong"}
    refused("cloudfront CreateInvalidation with a wrong quantity", lambda: create(**wrong), "InconsistentQuantities", 400)


def ask_dynamodb():
    table = boto3.resource(
        "dynamodb", endpoint_url=ENDPOINT, region_name="us-east-1", aws_access_key_id="referee", aws_secret_access_key="local"
    ).Table(OUTPUTS["RefreshTableName"])
    item = {"pk": "referee", "sk": "boto3", "number": 1, "names": {"a", "b"}, "nested": {"list": [True, None, "é"]}}
    at = {"pk": "referee", "sk": "boto3"}
    conditional = "ConditionalCheckFailedException"
    expect("dynamodb DescribeTable", lambda: table.table_status, lambda status: status == "ACTIVE")
    expect("dynamodb PutItem", lambda: table.put_item(Item=item))
    expect("dynamodb GetItem", lambda: table.get_item(Key=at, ConsistentRead=True), lambda answer: answer["Item"] == item)
    refused("dynamodb PutItem if there is none", lambda: table.put_item(Item=item, ConditionExpression="attribute_not_exists(pk)"), conditional, 400)
    add = {"UpdateExpression": "ADD #n :one", "ExpressionAttributeNames": {"#n": "number"}, "ExpressionAttributeValues": {":one": 1}}
    expect("dynamodb UpdateItem", lambda: table.update_item(Key=at, ReturnValues="UPDATED_NEW", **add), lambda answer: answer["Attributes"] == {"number": 2})
    key = boto3.dynamodb.conditions.Key("pk").eq("referee")
    expect("dynamodb Query", lambda: table.query(KeyConditionExpression=key), lambda answer: answer["Count"] == 1)
    expect("dynamodb Scan", lambda: table.scan(FilterExpression=boto3.dynamodb.conditions.Attr("pk").eq("referee")), lambda answer: answer["Count"] == 1)
    expect("dynamodb DeleteItem", lambda: table.delete_item(Key=at, ReturnValues="ALL_OLD"), lambda answer: answer["Attributes"]["number"] == 2)
    expect("dynamodb GetItem of a missing one", lambda: table.get_item(Key=at), lambda answer: "Item" not in answer)
    refused("dynamodb GetItem without its key", lambda: table.get_item(Key={"pk": "x"}), "ValidationException", 400)
    refused("dynamodb DescribeTable of a missing one", lambda: table.meta.client.describe_table(TableName="missing"), "ResourceNotFoundException", 400)


def ask_mail():
    ses, sesv2 = client("ses"), client("sesv2")
    content = {"Subject": {"Data": "Điểm"}, "Body": {"Text": {"Data": "é"}}}
    to = {"ToAddresses": ["reader@example.com"]}
    raw = f"From: {SENDER}\r\nTo: reader@example.com\r\nSubject: raw\r\n\r\ntext\r\n".encode()
    has_id = lambda answer: len(answer["MessageId"]) > 0
    expect("ses SendEmail", lambda: ses.send_email(Source=SENDER, Destination=to, Message=content), has_id)
    expect("ses SendRawEmail", lambda: ses.send_raw_email(Source=SENDER, RawMessage={"Data": raw}), has_id)
    refused("ses SendEmail from a stranger", lambda: ses.send_email(Source="no@example.org", Destination=to, Message=content), "MessageRejected", 400)
    expect("sesv2 SendEmail", lambda: sesv2.send_email(FromEmailAddress=SENDER, Destination=to, Content={"Simple": content}), has_id)
    refused(
        "sesv2 SendEmail from a stranger",
        lambda: sesv2.send_email(FromEmailAddress="no@example.org", Destination=to, Content={"Simple": content}),
        "MessageRejected",
        400,
    )
    expect("sesv2 GetEmailIdentity", lambda: sesv2.get_email_identity(EmailIdentity=SENDER), lambda answer: answer["VerifiedForSendingStatus"] is True)
    refused("sesv2 GetEmailIdentity of a missing one", lambda: sesv2.get_email_identity(EmailIdentity="no@example.org"), "NotFoundException", 404)


def ask_the_others():
    machine = OUTPUTS["RefreshStateMachineArn"]
    states, functions, stacks = client("stepfunctions"), client("lambda"), client("cloudformation")
    pages = lambda: states.get_paginator("list_executions").paginate(stateMachineArn=machine, PaginationConfig={"PageSize": 1})
    executions = expect("stepfunctions ListExecutions, page by page", lambda: [e for page in pages() for e in page["executions"]], lambda all: len(all) > 0)
    expect("stepfunctions DescribeExecution", lambda: states.describe_execution(executionArn=executions[0]["executionArn"]), lambda answer: "refreshId" in answer["input"])
    refused("stepfunctions DescribeExecution of a missing one", lambda: states.describe_execution(executionArn=f"{executions[0]['executionArn']}0"), "ExecutionDoesNotExist", 400)
    refused("stepfunctions ListExecutions of a missing machine", lambda: states.list_executions(stateMachineArn=f"{machine}0"), "StateMachineDoesNotExist", 400)
    names = expect("lambda ListFunctions", lambda: [f["FunctionName"] for f in functions.list_functions()["Functions"]], lambda all: len(all) > 0)
    expect(
        "lambda Invoke with an error of the function's",
        lambda: functions.invoke(FunctionName=names[0], Payload=b"{}"),
        lambda answer: answer["StatusCode"] == 200 and isinstance(json.loads(answer["Payload"].read()), (dict, type(None), list, str)),
    )
    refused("lambda Invoke of a missing one", lambda: functions.invoke(FunctionName="missing"), "ResourceNotFoundException", 404)
    refused("lambda Invoke with no JSON", lambda: functions.invoke(FunctionName=names[0], Payload=b"{"), "InvalidRequestContentException", 400)
    expect("cloudformation DescribeStacks", lambda: stacks.describe_stacks(StackName="StudentSite")["Stacks"][0], lambda stack: {o["OutputKey"]: o["OutputValue"] for o in stack["Outputs"]} == OUTPUTS)
    summaries = lambda: [s for page in stacks.get_paginator("list_stack_resources").paginate(StackName="StudentSite") for s in page["StackResourceSummaries"]]
    expect("cloudformation ListStackResources", summaries, lambda all: len(all) > 50)
    refused("cloudformation DescribeStacks of a missing one", lambda: stacks.describe_stacks(StackName="missing"), "ValidationError", 400)
    expect("cloudwatch DescribeAlarms", lambda: client("cloudwatch").describe_alarms(), lambda answer: len(answer["MetricAlarms"]) > 0)
    expect("apigateway GetApiKey", lambda: client("apigateway").get_api_key(apiKey=OUTPUTS["ApiKeyId"], includeValue=True), lambda answer: len(answer["value"]) == 40)
    refused("secretsmanager GetSecretValue of a missing one", lambda: client("secretsmanager").get_secret_value(SecretId="missing"), "ResourceNotFoundException", 400)


for ask in (ask_s3, ask_sqs, ask_cloudfront, ask_dynamodb, ask_mail, ask_the_others):
    try:
        ask()
    except Exception as error:  # What an unanswered question made impossible.
        report(f"{ask.__name__}, to its end", f"{type(error).__name__}: {error}")
