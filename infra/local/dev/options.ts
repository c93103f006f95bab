import { parseArgs } from 'node:util';

export const HELP = `Runs the whole student site on this machine, from the template that deploys.

  npm start -- [options]

  --site-port N     the site                       (8080; 0: any free port)
  --api-port N      the API of the students        (8081)
  --inbox-port N    the mails sent                 (8025)
  --aws-port N      every AWS API                  (4566)
  --ephemeral       keep no state; otherwise it is kept in .local/
  -c, --context name=value   a setting of cdk.json, such as quietSeconds=1
  --verbose         list what the template asks for and the local cloud does not do
  --help`;

/** What a deployment must be told and a start need not: who sends mails, and who gets them. */
const LOCAL_SETTINGS = { mailFrom: 'student-site@example.com', notifyEmail: 'site-owner@example.com' };

export interface Options {
  readonly ports: {
    readonly site: number;
    readonly api: number;
    readonly inbox: number;
    readonly aws: number;
  };
  readonly ephemeral: boolean;
  readonly verbose: boolean;
  /** Settings by name. */
  readonly context: Readonly<Record<string, string>>;
}

/**
 * @returns undefined if only the help is asked for
 * @throws Error that names the wrong option and where to read about it
 */
export function readOptions(args: readonly string[]): Options | undefined {
  try {
    return read(args);
  } catch (error) {
    // What Node adds is about commands that take arguments other than options.
    const [message] = error instanceof Error ? error.message.split('. ') : [String(error)];
    throw new Error(`${message}. npm start -- --help lists the options.`, { cause: error });
  }
}

function read(args: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      'site-port': { type: 'string', default: '8080' },
      'api-port': { type: 'string', default: '8081' },
      'inbox-port': { type: 'string', default: '8025' },
      'aws-port': { type: 'string', default: '4566' },
      ephemeral: { type: 'boolean', default: false },
      verbose: { type: 'boolean', default: false },
      context: { type: 'string', short: 'c', multiple: true, default: [] },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  return {
    ports: {
      site: port('--site-port', values['site-port']),
      api: port('--api-port', values['api-port']),
      inbox: port('--inbox-port', values['inbox-port']),
      aws: port('--aws-port', values['aws-port']),
    },
    ephemeral: values.ephemeral,
    verbose: values.verbose,
    context: { ...LOCAL_SETTINGS, ...Object.fromEntries(values.context.map(setting)) },
  };
}

function port(option: string, text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number <= 65_535) return number;
  throw new Error(`${option} takes a port from 0 to 65535, not ${text}`);
}

/** The value may contain `=` too. */
function setting(text: string): [name: string, value: string] {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name !== undefined && value !== undefined) return [name, value];
  throw new Error(`--context takes name=value, not ${text}`);
}
