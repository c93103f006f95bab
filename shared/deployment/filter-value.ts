/**
 * A key's beginning or end as the filter of an S3 notification wants it: a space as `+`, every character but the safe ones
 * percent-encoded, or S3 takes the rule and never sends an event (S3 user guide, "Configuring event notifications using object
 * key name filtering" and "Safe characters"; aws/aws-cdk#28012). Slashes stay, as in the guide's own examples.
 */
export function toFilterValue(text: string): string {
  return encodeURIComponent(text).replaceAll('~', '%7E').replaceAll('%2F', '/').replaceAll('%20', '+');
}

/** The text that a filter's value means, or the value itself if it is encoded in no way. */
export function fromFilterValue(value: string): string {
  try {
    return decodeURIComponent(value.replaceAll('+', ' '));
  } catch {
    return value;
  }
}
