/** A request as it reached API Gateway. */
export interface ApiRequest {
  readonly method: string;
  /** Stage, path and query, exactly as sent. */
  readonly url: string;
  /** In the order and spelling they came in; a name may repeat. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
  readonly sourceIp: string;
}

export interface ApiResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: string;
}

/** The last value of a header. @param name in lower case */
export function headerOf(request: ApiRequest, name: string): string | undefined {
  return request.headers.findLast(([each]) => each.toLowerCase() === name)?.[1];
}
