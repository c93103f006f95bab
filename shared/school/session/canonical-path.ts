/** Characters of a path segment by RFC 3986 §3.3, without `;`, and percent-escapes. */
const SEGMENTS = /^(?:\/(?:[A-Za-z0-9\-._~!$&'()*+,=:@]|%[0-9A-Fa-f]{2})+)*\/?$/;
const DOT_SEGMENT = /\/\.{1,2}(?:\/|$)/;
/** Escapes of `/`, `;` and `\`, and of letters, digits and `-._~`, which need none. */
const MISLEADING_ESCAPE = /%(?:2[def]|3[0-9b]|[46][1-9a-f]|5[0-9acf]|7[0-9ae])/i;

/**
 * Whether every server reads the path in the same way: CloudFront, which matches behaviours on the
 * normalised path and sends the raw one to the origin, API Gateway, and the function.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesCacheBehavior.html#DownloadDistValuesPathPattern
 *
 * Empty and dot segments are not canonical, nor is `;`, `\` or a character outside RFC 3986, nor an
 * escape that hides one of these or is needless. A slash at the end is.
 *
 * @param path as the viewer spelled it, without query string
 */
export function isCanonicalPath(path: string): boolean {
  return path !== '' && SEGMENTS.test(path) && !DOT_SEGMENT.test(path) && !MISLEADING_ESCAPE.test(path);
}
