import { describe, expect, it, onTestFinished } from 'vitest';
import type { LocalCloudOptions } from '../../infra/local/local-cloud.ts';
import type { EventDelivery } from '../../infra/local/services/s3/events.ts';
import { ASSEMBLY } from '../helpers/assembly.ts';
import { expectOneRefresh, keysOf, lateShuffledAndRepeated, uploadAll } from '../helpers/bursts.ts';
import { startSite } from '../helpers/site.ts';
import { synthesiseBridged } from '../helpers/synthesise.ts';

/*
 * Bursts as they come: nothing holds the refresh open but the quiet period itself. On a machine
 * that is much slower than the uploads would need they may be two refreshes.
 */

const SOURCES = [
  ['notifications', async () => ASSEMBLY],
  ['EventBridge', synthesiseBridged],
] as const;

describe.each(SOURCES)('By %s,', (_, synthesised) => {
  /** Starts a site whose way of delivering events may be changed while it runs. */
  async function start(options: LocalCloudOptions = {}) {
    const events: { deliver: EventDelivery } = { deliver: (_, send) => send() };
    const site = await startSite({
      assemblyDirectory: await synthesised(),
      timeScale: 0.5,
      deliverEvent: (event, send) => events.deliver(event, send),
      ...options,
    });
    onTestFinished(site.stop);
    return { site, events };
  }

  it.each([1, 10, 300])('%i uploads at once are one refresh', async count => {
    const { site } = await start();
    const keys = keysOf('burst', count);
    await uploadAll(site, keys, 'first');
    await expectOneRefresh(site, keys, () => uploadAll(site, keys, 'second'));
  });

  it('300 uploads whose events come late, shuffled and repeatedly are one refresh', async () => {
    const { site, events } = await start();
    const keys = keysOf('burst', 300);
    await uploadAll(site, keys, 'first');
    await expectOneRefresh(site, keys, async () => {
      events.deliver = lateShuffledAndRepeated(keys.length);
      await uploadAll(site, keys, 'second');
    });
  });

  it('uploads that never pause do not keep a refresh open forever', async () => {
    const { site } = await start({ timeScale: 0.1 });
    let closed = false;
    const closing = site
      .next(entry => entry.kind === 'execution' && entry.state === 'Watch: begin', 'the refresh to close')
      .then(() => {
        closed = true;
      });
    for (let upload = 0; !closed; upload++) await site.put(`file-${upload % 50}.txt`, `content ${upload}`);
    await closing;
    await site.settled();
    const { refreshes, invalidations, mails } = await site.counts();
    expect((await site.refreshes()).filter(({ state }) => state !== 'fresh')).toEqual([]);
    expect([invalidations, mails]).toEqual([refreshes, refreshes]);
    await site.expectEdgeEqualsBucket();
  });

  it('more uploads than CloudFront takes paths, whose events come late, shuffled and repeatedly, are one refresh', async () => {
    // In real time: the quiet period must be longer than the pauses of a busy machine.
    const { site, events } = await start({ timeScale: 1 });
    const keys = keysOf('burst', 4000);
    await site.put('index.html', 'collectors that are warm');
    await site.settled();
    // What was there before the events were.
    events.deliver = async () => undefined;
    await uploadAll(site, keys, 'first');
    await expectOneRefresh(site, keys, async () => {
      events.deliver = lateShuffledAndRepeated(keys.length);
      await uploadAll(site, keys, 'second');
    });
  });
});
