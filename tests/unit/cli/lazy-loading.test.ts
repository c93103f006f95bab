import { expect, it, vi } from 'vitest';
import { main } from '../../../infra/cli/main.ts';
import { folderOf } from '../../helpers/folders.ts';
import { runCommand } from '../../helpers/run-command.ts';

// Every command about a stack loads it.
vi.mock('@aws-sdk/client-cloudformation', () => {
  throw new Error('An AWS client was loaded');
});

it('No AWS client is loaded for help or for npm run plan', async () => {
  const folder = folderOf({ 'a.html': '' });
  for (const args of [
    ['--help'],
    ['plan', '--help'],
    ['plan', '--from', folder, '--to', folder],
    ['unknown'],
  ])
    expect((await runCommand(main, args)).exitCode).toBe(args[0] === 'unknown' ? 2 : 0);
  await expect(runCommand(main, ['status', '--help'])).rejects.toThrow();
});
