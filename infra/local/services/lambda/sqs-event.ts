import { LOCAL_REGION } from '../../kernel/aws-api.ts';

/** A message as ReceiveMessage returns it. */
export interface SqsMessage {
  readonly MessageId: string;
  readonly ReceiptHandle: string;
  readonly Body: string;
  readonly MD5OfBody: string;
  readonly MD5OfMessageAttributes?: string;
  readonly Attributes?: Readonly<Record<string, string>>;
  readonly MessageAttributes?: Readonly<
    Record<
      string,
      { readonly DataType: string; readonly StringValue?: string; readonly BinaryValue?: string }
    >
  >;
}

/** A message that waits for an invocation. */
export interface ReceivedMessage {
  readonly messageId: string;
  readonly receiptHandle: string;
  /** `performance.now()` when ReceiveMessage returned. */
  readonly receivedAt: number;
  /** The record as JSON, exactly as the function gets it. */
  readonly record: string;
}

/** Lambda's limit for a synchronous payload; the records' own overhead counts. */
const MAXIMUM_EVENT_BYTES = 6_291_456;
const ENVELOPE_BYTES = '{"Records":[]}'.length;

export function received(message: SqsMessage, queueArn: string, receivedAt: number): ReceivedMessage {
  const attributes = Object.entries(message.MessageAttributes ?? {}).map(([name, value]) => [
    name,
    {
      ...(value.StringValue !== undefined && { stringValue: value.StringValue }),
      ...(value.BinaryValue !== undefined && { binaryValue: value.BinaryValue }),
      stringListValues: [],
      binaryListValues: [],
      dataType: value.DataType,
    },
  ]);
  const record = {
    messageId: message.MessageId,
    receiptHandle: message.ReceiptHandle,
    body: message.Body,
    attributes: message.Attributes ?? {},
    messageAttributes: Object.fromEntries(attributes),
    ...(message.MD5OfMessageAttributes !== undefined && {
      md5OfMessageAttributes: message.MD5OfMessageAttributes,
    }),
    md5OfBody: message.MD5OfBody,
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn,
    awsRegion: LOCAL_REGION,
  };
  return {
    messageId: message.MessageId,
    receiptHandle: message.ReceiptHandle,
    receivedAt,
    record: JSON.stringify(record),
  };
}

export function eventOf(messages: readonly ReceivedMessage[]): string {
  return `{"Records":[${messages.map(message => message.record).join(',')}]}`;
}

/** How many messages fit into one event of 6 MiB, counted from the first; at least one. */
export function countFitting(messages: readonly ReceivedMessage[]): number {
  let bytes = ENVELOPE_BYTES;
  const overflow = messages.findIndex(({ record }) => {
    bytes += Buffer.byteLength(record) + ','.length;
    return bytes > MAXIMUM_EVENT_BYTES;
  });
  return overflow === -1 ? messages.length : Math.max(1, overflow);
}
