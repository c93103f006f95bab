import { describe, expect, it } from 'vitest';
import { describeFinding, describeVerdicts } from '../../../../infra/cli/commands/doctor-report.ts';
import { main } from '../../../../infra/cli/main.ts';
import { runCommand } from '../../../helpers/run-command.ts';
import { plainPage } from '../../../helpers/terminal.ts';

describe('npm run doctor', () => {
  it.each([
    [['--attach'], '--attach and -c are for --before'],
    [['-c', 'bucket=my-site'], '--attach and -c are for --before'],
    [['--before', '--many-paths'], '--many-paths is for a deployed stack'],
    [['--before', '--stack', 'Other'], '-c stackName=NAME names the stack'],
    [['--before', '-c', 'buket=my-site'], 'There is no setting buket.'],
    [['--before', '-c', 'bucket'], 'It must be a name, = and a value.'],
    [['--before'], 'must name who gets the mails'],
    [['--before', '--attach', '-c', 'notifyEmail=a@b.example'], 'distributionId: '],
    [
      ['--before', '-c', 'notifyEmail=a@b.example', '-c', 'verify=perhaps'],
      '-c verify=perhaps: must be true or false',
    ],
    [
      ['--before', '-c', 'notifyEmail=a@b.example', '--region', 'eu-west-1'],
      'The deployment goes to us-east-1, not to eu-west-1',
    ],
  ])('refuses %j with 2 before it asks anything', async (args, message) => {
    const { exitCode, printed, complaint } = await runCommand(main, ['doctor', ...args]);
    expect({ exitCode, printed }).toEqual({ exitCode: 2, printed: '' });
    expect(complaint.replaceAll(/\s+/g, ' ')).toContain(message);
  });

  it('takes the last of two values of a setting, as CDK does, and flags of CDK', async () => {
    const values = [
      'notifyEmail=',
      'notifyEmail=a@b.example',
      '@aws-cdk/core:flag=true',
      'mailWhen=sometimes',
    ];
    const { complaint } = await runCommand(main, [
      ...['doctor', '--before'],
      ...values.flatMap(value => ['-c', value]),
    ]);
    expect(complaint).toContain('-c mailWhen=sometimes: ');
    expect(complaint).not.toContain('notifyEmail');
  });
});

describe('A finding', () => {
  it.each([
    ['confirmed', '✓ Stack: as it should be'],
    ['refuted', '✗ Stack: as it should be'],
    ['untestable', '? Stack: as it should be'],
  ] as const)('that is %s is one line', (verdict, line) => {
    expect(describeFinding({ about: 'stack', verdict, evidence: 'as it should be' }, plainPage())).toBe(line);
  });

  it('has what to do below it, indented', () => {
    const finding = { about: 'stack', verdict: 'refuted', evidence: 'broken', remedy: 'one\ntwo' } as const;
    expect(describeFinding(finding, plainPage())).toBe('✗ Stack: broken\n  one\n  two');
  });
});

it('The verdicts are counted', () => {
  const finding = { about: '', evidence: '' };
  expect(
    describeVerdicts([
      { ...finding, verdict: 'confirmed' },
      { ...finding, verdict: 'untestable' },
      { ...finding, verdict: 'confirmed' },
    ]),
  ).toBe('2 confirmed, 0 refuted, 1 not testable here');
});
