const UNRESERVED = /[A-Za-z0-9\-._~]/;

/**
 * The path by which CloudFront finds the behaviour of a request. It normalises as RFC 3986 §6.2.2
 * says, and merges slashes. The function and the origin get the path as the viewer sent it.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesCacheBehavior.html#DownloadDistValuesPathPattern
 */
export function normalisedPath(path: string): string {
  const segments = path.replace(/%[0-9A-Fa-f]{2}/g, normalisedEscape).split('/');
  const kept: string[] = [];
  for (const segment of segments) {
    if (segment === '..') kept.pop();
    else if (segment !== '.' && segment !== '') kept.push(segment);
  }
  const last = segments.at(-1) ?? '';
  const isFolder = kept.length > 0 && ['', '.', '..'].includes(last);
  return `/${kept.join('/')}${isFolder ? '/' : ''}`;
}

/** What needs no escape is unescaped; other escapes get capitals. */
function normalisedEscape(escaped: string): string {
  const character = String.fromCharCode(Number.parseInt(escaped.slice(1), 16));
  return UNRESERVED.test(character) ? character : escaped.toUpperCase();
}
