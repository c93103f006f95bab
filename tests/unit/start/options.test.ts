import { describe, expect, it } from 'vitest';
import { HELP, readOptions } from '../../../infra/local/dev/options.ts';

describe('The options of npm start', () => {
  it('have defaults', () => {
    expect(readOptions([])).toEqual({
      ports: { site: 8080, api: 8081, inbox: 8025, aws: 4566 },
      ephemeral: false,
      verbose: false,
      context: { mailFrom: 'student-site@example.com', notifyEmail: 'site-owner@example.com' },
    });
  });

  it('choose ports, state, verbosity and settings', () => {
    const ports = ['--site-port', '0', '--api-port', '1', '--inbox-port', '2', '--aws-port', '65535'];
    const settings = ['-c', 'quietSeconds=1', '--context', 'mailFrom=a=b@example.com', '-c', 'notifyEmail='];
    expect(readOptions([...ports, '--ephemeral', '--verbose', ...settings])).toEqual({
      ports: { site: 0, api: 1, inbox: 2, aws: 65_535 },
      ephemeral: true,
      verbose: true,
      context: { quietSeconds: '1', mailFrom: 'a=b@example.com', notifyEmail: '' },
    });
  });

  it('are all explained by --help', () => {
    expect(readOptions(['--help'])).toBeUndefined();
    const options = ['site-port', 'api-port', 'inbox-port', 'aws-port', 'ephemeral', 'context', 'verbose'];
    for (const option of options) expect(HELP).toContain(`--${option}`);
  });

  it.each([
    [['--epehmeral'], "Unknown option '--epehmeral'"],
    [['ephemeral'], "Unexpected argument 'ephemeral'"],
    [['--ephemeral=yes'], "Option '--ephemeral' does not take an argument"],
    [['--site-port'], "Option '--site-port <value>' argument missing"],
    [['--site-port', 'eighty'], '--site-port takes a port from 0 to 65535, not eighty'],
    [['--api-port', '65536'], '--api-port takes a port from 0 to 65535, not 65536'],
    [['--inbox-port', ''], '--inbox-port takes a port from 0 to 65535, not '],
    [['--aws-port', '1.5'], '--aws-port takes a port from 0 to 65535, not 1.5'],
    [['-c', 'quietSeconds'], '--context takes name=value, not quietSeconds'],
    [['-c', '=1'], '--context takes name=value, not =1'],
  ])('that are wrong are named, with a pointer to --help: %j', (args, message) => {
    expect(() => readOptions(args)).toThrow(`${message}. npm start -- --help lists the options.`);
  });
});
