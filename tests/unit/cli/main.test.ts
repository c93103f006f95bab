import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { main } from '../../../infra/cli/main.ts';
import { runCommand } from '../../helpers/run-command.ts';

const { scripts } = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(join(import.meta.dirname, '../../../package.json'), 'utf8')));
const commands = Object.entries(scripts).filter(([, script]) => script.startsWith('node infra/cli/main.ts '));

const run = (...args: string[]) => runCommand(main, args);

describe('the command line', () => {
  it.each([[[]], [['--help']]])('names every command and the exit codes for %j', async args => {
    const { exitCode, printed } = await run(...args);
    expect(exitCode).toBe(0);
    expect([...printed.matchAll(/^ {2}npm run (\w+)/gm)].map(([, name]) => name)).toEqual(
      commands.map(([name]) => name),
    );
    expect(printed).toContain('Exit codes: 0');
  });

  it.each(commands)('npm run %s is its command, and explains itself', async (name, script) => {
    expect(script).toBe(`node infra/cli/main.ts ${name}`);
    const { exitCode, printed } = await run(name, '--help');
    expect(exitCode).toBe(0);
    expect(printed).toContain(`npm run ${name} --`);
  });

  it.each(['renew', 'toString', ''])('refuses %j with 2 and names what there is', async name => {
    const { exitCode, printed, complaint } = await run(name);
    expect({ exitCode, printed }).toEqual({ exitCode: 2, printed: '' });
    expect(complaint).toContain('npm run status');
  });
});
