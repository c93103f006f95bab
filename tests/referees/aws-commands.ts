/** A command of the AWS CLI, and what it must print. */
interface AwsCommand {
  readonly command: string;
  readonly prints: RegExp;
  /** Whether it must fail. @default false */
  readonly fails?: boolean;
}

/** What the commands below use. */
export const PREPARED: readonly string[] = [
  'export AWS_DEFAULT_REGION=us-east-1 AWS_ACCESS_KEY_ID=referee AWS_SECRET_ACCESS_KEY=local',
  // Version 1 signs URLs by Signature Version 2 otherwise.
  "printf '[default]\\ns3 =\\n  signature_version = s3v4\\n' > aws-config",
  'local() { aws --endpoint-url http://127.0.0.1:4566 "$@"; }',
  'text() { local --output text "$@"; }',
  `output() { text cloudformation describe-stacks --stack-name StudentSite --query "Stacks[0].Outputs[?OutputKey=='$1'].OutputValue"; }`,
  'SITE="s3://$(output SiteBucketName)/referees"',
  'MAILED_FROM=$(output MailFrom)',
  'head -c 20000000 /dev/zero > large.bin',
  "mkdir -p folder && printf 'one' > 'folder/é 1+%25.txt' && printf 'two' > folder/two.html",
];

const S3: readonly AwsCommand[] = [
  {
    command: 'local s3 cp folder "$SITE/folder" --recursive --no-progress',
    prints: /upload: .*é 1\+%25\.txt/,
  },
  { command: 'local s3 cp "$SITE/folder/é 1+%25.txt" -', prints: /^one$/ },
  { command: 'local s3 sync folder "$SITE/folder" --size-only', prints: /^$/ },
  { command: 'local s3 cp large.bin "$SITE/large.bin" --no-progress', prints: /upload: / },
  {
    command: 'local s3 cp "$SITE/large.bin" back.bin --no-progress && cmp large.bin back.bin',
    prints: /download: /,
  },
  { command: 'local s3 ls "$SITE/" --recursive --summarize', prints: /Total Objects: 3\s/ },
  { command: 'curl "$(local s3 presign "$SITE/folder/two.html")"', prints: /^two/ },
  { command: 'local s3 mv "$SITE/folder/two.html" "$SITE/three.html" --no-progress', prints: /move: / },
  {
    command:
      'text s3api list-objects-v2 --bucket "$(output SiteBucketName)" --prefix referees/ --page-size 1 --query "Contents[].Key"',
    prints: /^referees\/folder\/é 1\+%25\.txt\sreferees\/large\.bin\sreferees\/three\.html$/m,
  },
  {
    command:
      'local s3api get-object --bucket "$(output SiteBucketName)" --key referees/three.html --range bytes=1- range.txt && cat range.txt',
    prints: /bytes 1-2\/3[\s\S]*wo$/,
  },
  { command: 'local s3 rm "$SITE/" --recursive', prints: /delete: .*large\.bin/ },
  {
    command: 'local s3api head-object --bucket "$(output SiteBucketName)" --key missing',
    prints: /\(404\).*Not Found/,
    fails: true,
  },
];

const SQS: readonly AwsCommand[] = [
  {
    command:
      'QUEUE=$(text sqs create-queue --queue-name aws-cli --attributes VisibilityTimeout=60 --tags class=1a --query QueueUrl); echo "$QUEUE"',
    prints: /\/000000000000\/aws-cli$/m,
  },
  {
    command: `text sqs send-message --queue-url "$QUEUE" --message-body 'Hà Nội <&>' --message-attributes '{"City":{"DataType":"String","StringValue":"Huế"}}' --query '[MD5OfMessageBody,MD5OfMessageAttributes]'`,
    prints: /^[0-9a-f]{32}\t[0-9a-f]{32}$/m,
  },
  {
    command: `text sqs receive-message --queue-url "$QUEUE" --attribute-names All --message-attribute-names All --visibility-timeout 0 --query 'Messages[0].[Body,Attributes.ApproximateReceiveCount,MessageAttributes.City.StringValue]'`,
    prints: /^Hà Nội <&>\t1\tHuế$/m,
  },
  {
    command:
      'HANDLE=$(text sqs receive-message --queue-url "$QUEUE" --query "Messages[0].ReceiptHandle"); local sqs change-message-visibility --queue-url "$QUEUE" --receipt-handle "$HANDLE" --visibility-timeout 1',
    prints: /^$/,
  },
  { command: 'local sqs delete-message --queue-url "$QUEUE" --receipt-handle "$HANDLE"', prints: /^$/ },
  {
    command: `text sqs send-message-batch --queue-url "$QUEUE" --entries '[{"Id":"a","MessageBody":"1"},{"Id":"b","MessageBody":"2"}]' --query 'Successful[].Id'`,
    prints: /^a\tb$/m,
  },
  {
    command: `ENTRIES=$(local sqs receive-message --queue-url "$QUEUE" --max-number-of-messages 10 --output json --query 'Messages[].{Id:MessageId,ReceiptHandle:ReceiptHandle}'); text sqs change-message-visibility-batch --queue-url "$QUEUE" --entries "$(echo "$ENTRIES" | sed 's/"Id"/"VisibilityTimeout": 30, "Id"/')" --query 'length(Successful)'`,
    prints: /^2$/m,
  },
  {
    command: `text sqs delete-message-batch --queue-url "$QUEUE" --entries "$ENTRIES" --query 'length(Successful)'`,
    prints: /^2$/m,
  },
  {
    command: 'local sqs set-queue-attributes --queue-url "$QUEUE" --attributes VisibilityTimeout=61',
    prints: /^$/,
  },
  {
    command: `text sqs get-queue-attributes --queue-url "$QUEUE" --attribute-names All --query 'Attributes.[VisibilityTimeout,ApproximateNumberOfMessages]'`,
    prints: /^61\t0$/m,
  },
  { command: 'text sqs list-queue-tags --queue-url "$QUEUE" --query Tags.class', prints: /^1a$/m },
  { command: 'text sqs list-queues --queue-name-prefix aws-cli --query QueueUrls', prints: /\/aws-cli$/m },
  { command: 'local sqs purge-queue --queue-url "$QUEUE"', prints: /^$/ },
  { command: 'local sqs receive-message --queue-url "$QUEUE"', prints: /^$/ },
  {
    command: 'local sqs get-queue-url --queue-name missing',
    prints: /\(AWS\.SimpleQueueService\.NonExistentQueue\)/,
    fails: true,
  },
  {
    command: 'local sqs list-dead-letter-source-queues --queue-url "$QUEUE"',
    prints: /ListDeadLetterSourceQueues/,
    fails: true,
  },
  { command: 'local sqs delete-queue --queue-url "$QUEUE"', prints: /^$/ },
];

const OTHERS: readonly AwsCommand[] = [
  {
    command: `INVALIDATION=$(text cloudfront create-invalidation --distribution-id "$(output DistributionId)" --paths '/referees/é*' '/b' --query Invalidation.Id); echo "$INVALIDATION"`,
    prints: /\(InvalidArgument\)/,
  },
  {
    command: `INVALIDATION=$(text cloudfront create-invalidation --distribution-id "$(output DistributionId)" --paths '/referees/*' '/b' --query Invalidation.Id); echo "$INVALIDATION"`,
    prints: /^I[0-9A-Z]+$/m,
  },
  {
    command:
      'local cloudfront wait invalidation-completed --distribution-id "$(output DistributionId)" --id "$INVALIDATION"',
    prints: /^$/,
  },
  {
    command: `text cloudfront get-invalidation --distribution-id "$(output DistributionId)" --id "$INVALIDATION" --query 'Invalidation.[Status,InvalidationBatch.Paths.Quantity]'`,
    prints: /^Completed\t2$/m,
  },
  {
    command: `text cloudfront get-distribution --id "$(output DistributionId)" --query 'Distribution.Status'`,
    prints: /^Deployed$/m,
  },
  { command: 'local cloudfront get-distribution --id E0', prints: /\(NoSuchDistribution\)/, fails: true },
  {
    command: `local dynamodb put-item --table-name "$(output RefreshTableName)" --item '{"pk":{"S":"referee"},"sk":{"S":"aws"},"n":{"N":"1"}}'`,
    prints: /^$/,
  },
  {
    command: `text dynamodb update-item --table-name "$(output RefreshTableName)" --key '{"pk":{"S":"referee"},"sk":{"S":"aws"}}' --update-expression 'ADD n :one' --expression-attribute-values '{":one":{"N":"1"}}' --return-values ALL_NEW --query Attributes.n.N`,
    prints: /^2$/m,
  },
  {
    command: `local dynamodb delete-item --table-name "$(output RefreshTableName)" --key '{"pk":{"S":"referee"},"sk":{"S":"aws"}}' --condition-expression 'n = :one' --expression-attribute-values '{":one":{"N":"1"}}'`,
    prints: /\(ConditionalCheckFailedException\)/,
    fails: true,
  },
  {
    command: `local dynamodb delete-item --table-name "$(output RefreshTableName)" --key '{"pk":{"S":"referee"},"sk":{"S":"aws"}}'`,
    prints: /^$/,
  },
  {
    command:
      'text ses send-email --from "$MAILED_FROM" --to reader@example.com --subject Điểm --text é --query MessageId',
    prints: /^\S+$/m,
  },
  {
    command: 'local ses send-email --from nobody@example.org --to reader@example.com --subject s --text t',
    prints: /\(MessageRejected\)/,
    fails: true,
  },
  {
    command: 'text sesv2 get-email-identity --email-identity "$MAILED_FROM" --query VerifiedForSendingStatus',
    prints: /^True$/m,
  },
  { command: `text lambda list-functions --query 'Functions[0].FunctionName'`, prints: /^\S+$/m },
  {
    command: 'local lambda invoke --function-name missing out.json',
    prints: /\(ResourceNotFoundException\)/,
    fails: true,
  },
  {
    command: `text cloudformation list-stack-resources --stack-name StudentSite --query 'length(StackResourceSummaries)'`,
    prints: /^\d{2,}$/m,
  },
  {
    command: 'local cloudformation describe-stacks --stack-name missing',
    prints: /\(ValidationError\)/,
    fails: true,
  },
  {
    command: 'local secretsmanager get-secret-value --secret-id missing',
    prints: /\(ResourceNotFoundException\)/,
    fails: true,
  },
  { command: 'local kinesis list-streams', prints: /\(UnknownService\).*kinesis/, fails: true },
];

/** Run in this order, in one shell. */
export const AWS_COMMANDS: readonly AwsCommand[] = [...S3, ...SQS, ...OTHERS];
