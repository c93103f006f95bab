import type { IncomingMessage, ServerResponse } from 'node:http';
import inject from 'light-my-request';
import type { AwsRequest, AwsResponse, AwsService } from './aws-api.ts';

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

/** Headers that describe one connection, not the message. */
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'expect']);

/** Calls an emulator's HTTP listener without a socket between. */
export function inProcess(listener: Listener): AwsService {
  return async ({ method, url, headers, body }: AwsRequest): Promise<AwsResponse> => {
    // The injected request resolves `/../` in its path, which is part of a key like any other.
    const asSent: Listener = (incoming, outgoing) => listener(Object.assign(incoming, { url }), outgoing);
    const response = await inject(asSent, {
      method: method as 'GET',
      url,
      headers: withoutHopByHop(headers),
      ...(body.length > 0 ? { payload: body } : {}),
    });
    const length = response.headers['content-length'];
    return {
      status: response.statusCode,
      headers: {
        ...(withoutHopByHop(response.headers) as Record<string, string>),
        // The length of the content that a GET would return.
        ...(method === 'HEAD' && length !== undefined ? { 'content-length': String(length) } : {}),
      },
      body: response.rawPayload,
    };
  };
}

export function withoutHopByHop<Value>(headers: Record<string, Value>): Record<string, Value> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.has(name)));
}
