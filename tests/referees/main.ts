import { parseArgs } from 'node:util';
import { synthesise } from '../helpers/synthesise.ts';
import { awsCli } from './aws-cli.ts';
import { boto3 } from './boto3.ts';
import { cfnLint } from './cfn-lint.ts';
import { stopCloud } from './cloud.ts';
import { moto } from './moto.ts';
import { njs } from './njs.ts';
import { find } from './program.ts';
import type { Referee } from './referee.ts';

const REFEREES: readonly Referee[] = [awsCli, boto3, njs, cfnLint, moto];

const USAGE = `npm run referees -- [NAME …] [options]

Has foreign programs judge the local cloud, the templates and the edge functions; without a name, all
that are on the PATH. There are: ${REFEREES.map(({ name }) => name).join(', ')}.
  --at NAME=PATH  another program for a referee, such as --at aws=/usr/bin/aws; may be repeated
  --all           lists what they agreed to, too`;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    at: { type: 'string', multiple: true, default: [] },
    all: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

/** Programs named on the command line, for each referee. */
const given = values.at.map(each => /^([^=]+)=(.+)$/.exec(each)?.slice(1) ?? [each]);
const names = REFEREES.map(({ name }) => name);
const unknown = [...positionals, ...given.map(([name = '']) => name)].filter(name => !names.includes(name));

/** @returns whether it agreed to everything */
async function hear(referee: Referee, nameOrPath: string): Promise<boolean> {
  const program = await find(nameOrPath, referee.version);
  if (program === undefined) {
    console.log(`${referee.name}: not found (${nameOrPath})\n`);
    return true;
  }
  console.log(`${referee.name}: ${program.path}, ${program.version}`);
  console.log(`  asked about ${referee.judges}`);
  let [agreed, objections] = [0, 0];
  for await (const { asked, objection } of referee.rule(program)) {
    if (objection === undefined) agreed++;
    else objections++;
    if (objection !== undefined) console.log(`  ✘ ${asked}\n${indented(objection)}`);
    else if (values.all) console.log(`  ✔ ${asked}`);
  }
  console.log(`  agreed to ${agreed} of ${agreed + objections}\n`);
  return objections === 0 && agreed > 0;
}

function indented(text: string): string {
  return text
    .split('\n')
    .map(line => `      ${line}`)
    .join('\n');
}

async function main(): Promise<number> {
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  if (unknown.length > 0) {
    console.error(`Unknown: ${unknown.join(', ')}\n\n${USAGE}`);
    return 1;
  }
  await synthesise();
  let allAgree = true;
  try {
    for (const referee of REFEREES) {
      if (positionals.length > 0 && !positionals.includes(referee.name)) continue;
      const programs = given.flatMap(([name, path]) =>
        name === referee.name && path !== undefined ? path : [],
      );
      for (const program of programs.length > 0 ? programs : [referee.program])
        allAgree = (await hear(referee, program)) && allAgree;
    }
  } finally {
    await stopCloud();
  }
  return allAgree ? 0 : 1;
}

process.exitCode = await main();
