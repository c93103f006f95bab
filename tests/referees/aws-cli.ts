import { documentedShell, FOR_AWS_ONLY, standInFor } from '../helpers/documented-shell.ts';
import { commandsIn, documents } from '../helpers/documents.ts';
import { AWS_COMMANDS, PREPARED } from './aws-commands.ts';
import { judgedCloud } from './cloud.ts';
import { type Referee, ruling } from './referee.ts';

/** Every version reads answers by the models of its day. Those before 2023 ask SQS in Query. */
export const awsCli: Referee = {
  name: 'aws',
  program: 'aws',
  version: '"$0" --version',
  judges: 'the local cloud, by the commands of the documents and of its own',
  async *rule({ path }) {
    const cloud = await judgedCloud();
    // Version 2 would page what it prints; nobody's own settings are to matter.
    const settings = 'AWS_PAGER= AWS_CONFIG_FILE="$(dirname "$0")/../aws-config"';
    const shell = documentedShell(cloud, { aws: `env ${settings} "${path}"`, curl: standInFor('curl') });
    try {
      const documented = documents().flatMap(({ text }) => commandsIn(text));
      const asking = documented.filter(({ command }) => ASKS.test(command) && !FOR_AWS_ONLY.test(command));
      const results = await shell.run(asking.map(({ command }) => command));
      for (const { command, printed = '' } of asking) {
        const { status = Number.NaN, output = '' } = results.get(command) ?? {};
        yield ruling(command, status === 0 && output.includes(printed), `exit status ${status}: ${output}`);
      }
      const own = await shell.run([...PREPARED, ...AWS_COMMANDS.map(({ command }) => command)]);
      for (const { command, prints, fails = false } of AWS_COMMANDS) {
        const { status = Number.NaN, output = '' } = own.get(command) ?? {};
        const holds = (status !== 0) === fails && prints.test(output);
        yield ruling(command, holds, `exit status ${status}, without ${prints}: ${output}`);
      }
    } finally {
      shell.remove();
    }
  },
};

/** Commands that ask AWS, and those that define what these use. */
const ASKS =
  /^(?:export AWS_|alias aws|awscli|output\(\)|STACK=|BUCKET=|aws)|\baws(?:cli|local)? \w|\$\(output /;
