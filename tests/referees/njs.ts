import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createEdgeFunction,
  type EdgeVerdict,
  verdictOf,
} from '../../infra/local/services/cloudfront/edge-function.ts';
import { requestFields } from '../../infra/local/services/cloudfront/edge-function-event.ts';
import type { ViewerRequest } from '../../infra/local/services/cloudfront/messages.ts';
import { ASSEMBLY } from '../helpers/assembly.ts';
import { sessionExamples, sessionRequest, viewing } from '../helpers/session-examples.ts';
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
      for (const { name, code, asked } of [...deployedFunctions(), sessionFunction()]) {
        const script = join(directory, `${name}.js`);
        writeFileSync(script, code);
        const { status, stdout, stderr } = await run(path, [script]);
        yield ruling(`${name}: loads`, status === 0, stdout + stderr);
        for (const { what, request } of asked) {
          const event = { version: '1.0', viewer: { ip: '127.0.0.1' }, request: requestFields(request) };
          writeFileSync(script, `${code}\nconsole.log(JSON.stringify(handler(${JSON.stringify(event)})));\n`);
          const answer = await run(path, [script]);
          const [here, there] = [verdictHere(name, code, request), verdictThere(answer.stdout, request)];
          const evidence = `${there ?? answer.stdout + answer.stderr}; the local edge: ${here}`;
          yield ruling(`${name}: ${what}`, here === there, evidence);
        }
      }
    } finally {
      rmSync(directory, { recursive: true });
    }
  },
};

interface AskedFunction {
  readonly name: string;
  readonly code: string;
  readonly asked: readonly { readonly what: string; readonly request: ViewerRequest }[];
}

const REQUESTS: readonly ViewerRequest[] = [
  viewing('/api/students'),
  viewing('/api/'),
  viewing('/api'),
  viewing('/api/api/students'),
  viewing('/api//students'),
  viewing('/apis/x'),
  viewing('/api/students/%2Fapi%2F?a=1&a=2&b=%C3%A9'),
  viewing('/api/students?q', { cookie: 'a=1; b=2', 'x-api-key': 'mine' }),
  viewing('/api/students/SV001', { 'if-match': '"1"' }, { method: 'PUT' }),
];

/** The functions of the synthesised template. What only a deployment knows is `resolved`. */
function deployedFunctions(): AskedFunction[] {
  const { Resources } = JSON.parse(readFileSync(join(ASSEMBLY, 'StudentSite.template.json'), 'utf8'));
  return Object.entries<{ Type: string; Properties: { FunctionCode: unknown } }>(Resources)
    .filter(([, { Type }]) => Type === 'AWS::CloudFront::Function')
    .map(([name, { Properties }]) => ({
      name,
      code: resolved(Properties.FunctionCode),
      asked: REQUESTS.map(request => ({ what: `${request.method} ${request.url}`, request })),
    }));
}

/** The function for people with a session, with keys that can sign its examples. */
function sessionFunction(): AskedFunction {
  const now = Math.floor(Date.now() / 1000);
  return { name: 'SessionRequest', code: sessionRequest(), asked: sessionExamples(now) };
}

function resolved(code: unknown): string {
  if (typeof code === 'string') return code;
  const [separator, parts]: [string, unknown[]] = Object(code)['Fn::Join'];
  return parts.map(part => (typeof part === 'string' ? part : 'resolved')).join(separator);
}

/** What the local edge does with the request. */
function verdictHere(Name: string, FunctionCode: string, request: ViewerRequest): string {
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
  return spelled(verdict);
}

/** What the local edge would do with what the function returned. */
function verdictThere(printed: string, request: ViewerRequest): string | undefined {
  try {
    return spelled(verdictOf(JSON.parse(printed), request));
  } catch {
    return undefined;
  }
}

function spelled(verdict: EdgeVerdict): string {
  if ('request' in verdict)
    return JSON.stringify({ url: verdict.request.url, headers: sorted(verdict.request.headers) });
  const { status, headers, body } = verdict.response;
  return JSON.stringify({ status, headers: sorted(headers), body: body.toString() });
}

function sorted(headers: ViewerRequest['headers']): ViewerRequest['headers'] {
  return Object.fromEntries(Object.entries(headers).sort(([a], [b]) => (a < b ? -1 : 1)));
}
