/**
 * A key's prefix or suffix as the filter of an S3 notification needs it: a space as `+`, every
 * unsafe character percent-encoded. Otherwise S3 accepts the rule and never sends an event (S3 user
 * guide, "Configuring event notifications using object key name filtering" and "Safe characters";
 * aws/aws-cdk#28012). Slashes stay, as in the guide's examples.
 */
export function toFilterValue(text: string): string {
  return encodeURIComponent(text).replaceAll('~', '%7E').replaceAll('%2F', '/').replaceAll('%20', '+');
}

/** Decodes a filter's value; returns the value itself if it is not encoded. */
export function fromFilterValue(value: string): string {
  try {
    return decodeURIComponent(value.replaceAll('+', ' '));
  } catch {
    return value;
  }
}
