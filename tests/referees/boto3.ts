import { join } from 'node:path';
import { z } from 'zod';
import { judgedCloud } from './cloud.ts';
import { run } from './program.ts';
import type { Referee } from './referee.ts';

const CALLS = join(import.meta.dirname, 'boto3-calls.py');

const Line = z.object({ asked: z.string(), objection: z.string().optional() });

/** AWS's SDK for Python reads answers by botocore's models, unlike the SDK that the suites use. */
export const boto3: Referee = {
  name: 'boto3',
  program: 'python3',
  version: `"$0" -c 'import boto3; print("boto3", boto3.__version__)'`,
  judges: 'answers and errors of the local cloud’s APIs',
  async *rule({ path }) {
    const { endpoint, outputs } = await judgedCloud();
    const { status, stdout, stderr } = await run(path, [CALLS, endpoint, JSON.stringify(outputs)]);
    for (const line of stdout.split('\n').filter(text => text !== '')) {
      const { asked, objection } = Line.parse(JSON.parse(line));
      yield objection === undefined ? { asked } : { asked, objection };
    }
    if (status !== 0) yield { asked: 'the calls, to their end', objection: stderr };
  },
};
