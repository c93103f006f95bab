import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { z } from 'zod';
import { main } from '../../infra/cli/main.ts';
import { runCommand } from '../helpers/run-command.ts';
import { clientFor } from '../helpers/sdk-client.ts';
import { type Ruling, ruling } from './referee.ts';

const Findings = z.array(
  z.object({
    about: z.string(),
    verdict: z.enum(['confirmed', 'refuted', 'untestable']),
    evidence: z.string(),
  }),
);
type Findings = z.output<typeof Findings>;

const BOOTSTRAP = "CDK's bootstrap";
/** Nobody follows a link of moto's, so it never verifies an address. */
const SENDER = 'sender of the mails';

/**
 * `npm run doctor -- --before` of the school's stack, in a new account of moto's. A deployed system
 * cannot be proved there: moto runs nothing of what a template makes.
 */
export async function* doctorOn(endpoint: string): AsyncGenerator<Ruling> {
  yield* compared('in a new account', await examine(endpoint), [BOOTSTRAP, SENDER]);
  const version = { Name: '/cdk-bootstrap/hnb659fds/version', Value: '30', Type: 'String' } as const;
  await new SSMClient(clientFor(endpoint)).send(new PutParameterCommand(version));
  yield* compared('in one that is bootstrapped', await examine(endpoint), [SENDER]);
}

/** The doctor must refute just what is not there. What moto does not know, it cannot tell. */
function* compared(where: string, findings: Findings, missing: readonly string[]): Generator<Ruling> {
  for (const about of missing.filter(name => !findings.some(finding => finding.about === name)))
    yield ruling(`the doctor looks at: ${about}, ${where}`, false, JSON.stringify(findings));
  for (const { about, verdict, evidence } of findings) {
    const isRight = missing.includes(about) ? verdict === 'refuted' : verdict !== 'refuted';
    yield ruling(`the doctor on: ${about}, ${where}: ${verdict}`, isRight, evidence);
  }
}

async function examine(endpoint: string): Promise<Findings> {
  const { printed, complaint } = await runCommand(main, [
    ...['doctor', '--before', '--json', '--local', '--endpoint', endpoint],
    ...['-c', 'notifyEmail=owner@my-school.example'],
  ]);
  if (printed === '') throw new Error(complaint);
  return Findings.parse(JSON.parse(printed));
}
