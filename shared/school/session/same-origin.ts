/** A header as an event of CloudFront Functions holds it. */
export interface HeaderField {
  readonly value: string;
  /** Every value, if the viewer sent the header several times. */
  readonly multiValue?: readonly { readonly value: string }[] | undefined;
}

/** By their names in lower case. */
export type HeaderFields = Readonly<Record<string, HeaderField | undefined>>;

/** Whether a method changes nothing, so that any site may link to it. */
export function isRead(method: string): boolean {
  return method === 'GET' || method === 'HEAD';
}

/**
 * Whether our own page made the request. Browsers say so in `Sec-Fetch-Site`; those that do not
 * know it send an `Origin` with every write.
 *
 * An `Origin` counts only with HTTPS: over plain HTTP anybody on the way could be our host. Where
 * that is safe, under the addresses of one's own machine, browsers send `Sec-Fetch-Site`.
 * https://www.w3.org/TR/fetch-metadata/
 */
export function isFromOwnPage(headers: HeaderFields): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return onlyValue(site) === 'same-origin';
  const host = onlyValue(headers['host']);
  return host !== undefined && onlyValue(headers['origin']) === `https://${host}`;
}

/** @returns undefined if the header is missing, empty, or was sent several times */
function onlyValue(field: HeaderField | undefined): string | undefined {
  if (field === undefined || field.multiValue !== undefined || field.value === '') return undefined;
  return field.value;
}
