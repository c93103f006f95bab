import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEdgeFunction } from '../../infra/local/services/cloudfront/edge-function.ts';
import {
  type EdgeFields,
  requestFields,
  urlAndHeaders,
} from '../../infra/local/services/cloudfront/edge-function-event.ts';
import type { ViewerRequest } from '../../infra/local/services/cloudfront/messages.ts';
import { ASSEMBLY } from '../helpers/assembly.ts';
import { run } from './program.ts';
import { type Referee, ruling } from './referee.ts';

/** CloudFront Functions run on njs, F5's JavaScript engine; Node stands in for it here. */
export const njs: Referee = {
  name: 'njs',
  program: 'njs',
  version: '"$0" -v',
  judges: 'edge functions as they deploy: syntax, and what they make of requests',
  async *rule({ path }) {
    const directory = mkdtempSync(join(tmpdir(), 'njs-'));
    try {
      for (const { name, code } of edgeFunctions()) {
        const script = join(directory, `${name}.js`);
        writeFileSync(script, code);
        const { status, stdout, stderr } = await run(path, [script]);
        yield ruling(`${name}: loads`, status === 0, stdout + stderr);
        for (const request of REQUESTS) {
          const event = { version: '1.0', viewer: { ip: '127.0.0.1' }, request: requestFields(request) };
          writeFileSync(script, `${code}\nconsole.log(JSON.stringify(handler(${JSON.stringify(event)})));\n`);
          const answer = await run(path, [script]);
          const [here, there] = [passedOn(name, code, request), asPassedOn(answer.stdout, request)];
          const evidence = `${there ?? answer.stdout + answer.stderr}; the local edge: ${here}`;
          yield ruling(`${name}: ${request.method} ${request.url}`, here === there, evidence);
        }
      }
    } finally {
      rmSync(directory, { recursive: true });
    }
  },
};

const viewing = (url: string, headers: ViewerRequest['headers'] = {}, method = 'GET'): ViewerRequest => ({
  method,
  url,
  headers: { host: 'd1.cloudfront.net', ...headers },
  body: Buffer.alloc(0),
});

const REQUESTS: readonly ViewerRequest[] = [
  viewing('/api/students'),
  viewing('/api/'),
  viewing('/api'),
  viewing('/api/api/students'),
  viewing('/api//students'),
  viewing('/apis/x'),
  viewing('/api/students/%2Fapi%2F?a=1&a=2&b=%C3%A9'),
  viewing('/api/students?q', { cookie: 'a=1; b=2', 'x-api-key': 'mine' }),
  viewing('/api/students/SV001', { 'if-match': '"1"' }, 'PUT'),
];

/** The functions of the synthesised template. What only a deployment knows is `resolved`. */
function edgeFunctions(): { name: string; code: string }[] {
  const { Resources } = JSON.parse(readFileSync(join(ASSEMBLY, 'StudentSite.template.json'), 'utf8'));
  return Object.entries<{ Type: string; Properties: { FunctionCode: unknown } }>(Resources)
    .filter(([, { Type }]) => Type === 'AWS::CloudFront::Function')
    .map(([name, { Properties }]) => ({ name, code: resolved(Properties.FunctionCode) }));
}

function resolved(code: unknown): string {
  if (typeof code === 'string') return code;
  const [separator, parts]: [string, unknown[]] = Object(code)['Fn::Join'];
  return parts.map(part => (typeof part === 'string' ? part : 'resolved')).join(separator);
}

/** The request that the local edge goes on with. */
function passedOn(Name: string, FunctionCode: string, request: ViewerRequest): string {
  const edgeFunction = createEdgeFunction(Name, {
    Name,
    AutoPublish: true,
    FunctionCode,
    FunctionConfig: { Comment: '', Runtime: 'cloudfront-js-2.0' },
  });
  const verdict = edgeFunction(request, {
    distributionId: 'E1',
    distributionDomainName: 'd1.cloudfront.net',
    requestId: 'r',
    log: () => undefined,
  });
  if (!('request' in verdict)) throw new Error(`${Name} answers instead of passing the request on`);
  return spelled(verdict.request);
}

/** The request that the function returned, read as the local edge reads it. */
function asPassedOn(printed: string, request: ViewerRequest): string | undefined {
  try {
    const changed: EdgeFields = JSON.parse(printed);
    return spelled(urlAndHeaders(changed, requestFields(request), request));
  } catch {
    return undefined;
  }
}

function spelled({ url, headers }: Pick<ViewerRequest, 'url' | 'headers'>): string {
  const sorted = Object.entries(headers).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify({ url, headers: Object.fromEntries(sorted) });
}
