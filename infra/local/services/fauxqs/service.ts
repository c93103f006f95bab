import { capability } from '../../kernel/capability.ts';
import type { Service } from '../../kernel/service.ts';
import { type Fauxqs, startFauxqs } from './fauxqs.ts';

/** The emulator in which S3 keeps its objects and SQS its messages. */
export const fauxqsEmulator = capability<[], Fauxqs>('fauxqs');

/**
 * Not a service of AWS: the emulator that S3 and SQS share, so that each of them can be a service
 * of its own.
 */
export const fauxqs: Service = {
  name: 'fauxqs',
  types: {},
  parse: () => undefined,
  async start(_, cloud) {
    const emulator = await cloud.lasting('fauxqs', () => startFauxqs(cloud.folder('queues-and-buckets')));
    return { offers: [fauxqsEmulator.offer(() => emulator)] };
  },
};
