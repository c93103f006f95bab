import { join } from 'node:path';
import { z } from 'zod';
import { ASSEMBLY } from '../helpers/assembly.ts';
import { run } from './program.ts';
import { type Referee, type Ruling, ruling } from './referee.ts';

/** Findings that are none, and why. */
const EXCUSED: readonly { readonly rule: string; readonly message: RegExp; readonly reason: string }[] = [
  {
    rule: 'W3005',
    message: /dependency already enforced/,
    reason: 'the CDK names the resources of a construct that another depends on one by one',
  },
  {
    rule: 'E3002',
    message: /'WarmUpConfiguration' was unexpected/,
    reason: 'a property of alarms that is newer than cfn-lint 1.51; the CDK’s own schemas have it',
  },
];

const Findings = z.array(
  z.object({
    Level: z.string(),
    Message: z.string(),
    Rule: z.object({ Id: z.string() }),
    Location: z.object({ Path: z.array(z.union([z.string(), z.number()])).nullable() }),
  }),
);

/** AWS's linter of templates, which has the schemas of CloudFormation's resource types. */
export const cfnLint: Referee = {
  name: 'cfn-lint',
  program: 'cfn-lint',
  version: '"$0" --version',
  judges: 'both templates as they are synthesised',
  async *rule({ path }) {
    const used = new Set<string>();
    for (const stack of ['StudentSite', 'AutoInvalidation'])
      yield* rulingsOn(stack, path, rule => used.add(rule));
    for (const { rule, reason } of EXCUSED)
      yield ruling(
        `the excuse for ${rule} is needed (${reason})`,
        used.has(rule),
        'nothing is excused by it',
      );
  },
};

async function* rulingsOn(
  stack: string,
  path: string,
  onExcused: (rule: string) => void,
): AsyncGenerator<Ruling> {
  const template = join(ASSEMBLY, `${stack}.template.json`);
  const { stdout, stderr } = await run(path, ['--format', 'json', '--', template]);
  const { data, error } = Findings.safeParse(jsonIn(stdout));
  if (error !== undefined) {
    yield ruling(`${stack} is read`, false, stderr || stdout);
    return;
  }
  const findings = data.filter(({ Rule, Message }) => {
    const excuse = EXCUSED.find(({ rule, message }) => rule === Rule.Id && message.test(Message));
    if (excuse !== undefined) onExcused(excuse.rule);
    return excuse === undefined;
  });
  const excused = data.length - findings.length;
  if (findings.length === 0) yield ruling(`${stack} has no finding but ${excused} excused ones`, true, '');
  for (const { Rule, Level, Message, Location } of findings)
    yield ruling(`${stack}: ${Location.Path?.join('/')}`, false, `${Level} ${Rule.Id}: ${Message}`);
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
