import { XMLParser } from 'fast-xml-parser';
import { authorizationOf } from '../../../infra/local/kernel/aws-api.ts';
import { startStorage } from '../../helpers/storage.ts';

export const NAMESPACE = 'http://queue.amazonaws.com/doc/2012-11-05/';
export const UUID = /^[0-9a-f-]{36}$/;
const PARSER = new XMLParser({
  ignoreAttributes: false,
  parseTagValue: false,
  trimValues: false,
  // References by number, such as that of a carriage return.
  htmlEntities: true,
});

export type Parameters = Readonly<Record<string, string>>;

/** A client that speaks as AWS CLIs and boto3 did until the end of 2023. */
export async function startQuerying() {
  const storage = await startStorage();
  const { endpoint } = storage;
  const headers = { authorization: authorizationOf('tester', 'sqs') };
  const read = async (response: Response) => ({
    status: response.status,
    type: response.headers.get('content-type'),
    xml: PARSER.parse(await response.text()),
  });
  const post = async (parameters: Parameters, path = '/') => {
    const body = new URLSearchParams({ Version: '2012-11-05', ...parameters });
    return read(await fetch(`${endpoint.url}${path}`, { method: 'POST', headers, body }));
  };
  const get = async (parameters: Parameters, path = '/') =>
    read(await fetch(`${endpoint.url}${path}?${new URLSearchParams(parameters)}`, { headers }));
  /** The result of an action on the queue `events`. */
  const ask = async (Action: string, parameters: Parameters = {}) => {
    const { xml } = await post({ Action, QueueUrl: storage.queueUrl, ...parameters });
    return xml[`${Action}Response`]?.[`${Action}Result`];
  };
  return { ...storage, post, get, ask };
}
