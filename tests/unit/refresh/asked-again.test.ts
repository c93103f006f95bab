import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EdgeAnswer } from '../../../shared/refresh/edge-answer.ts';
import { verifiedFrom } from '../../../shared/refresh/verified.ts';
import { changeOf } from '../../helpers/changes.ts';
import { answerOf, objectOf, site, stale } from './scripted-site.ts';

const SILENT: EdgeAnswer = {
  kind: 'none',
  problem: 'https://www.example.com/a.css did not answer: connect ECONNREFUSED 192.0.2.1:443',
};
const keysOf = (count: number) => Array.from({ length: count }, (_, number) => `${number}.css`);
const objectsOf = (keys: readonly string[]) => Object.fromEntries(keys.map(key => [key, objectOf('new')]));
const uploads = (...keys: string[]) => ({ objects: keys.map(key => changeOf(key, { eTag: 'new' })) });

/** Answers only from the given time on. */
function silentFor(times: number) {
  let asked = 0;
  return ({ form }: { form: string }) => {
    if (form === 'browser') asked++;
    return asked <= times ? SILENT : answerOf(objectOf('new'));
  };
}

describe('A URL that does not answer', () => {
  it('is asked again after a pause, and nothing else is', async () => {
    const { verify, answers, asked, pauses } = site(objectsOf(['a.css', 'b.css']));
    answers.set('/a.css', silentFor(1));
    expect(await verify(uploads('a.css', 'b.css'))).toEqual({ verified: 2, superseded: 0 });
    expect(asked).toEqual(['/a.css', '/b.css', '/a.css']);
    expect(pauses).toEqual([1000]);
  });

  it('is asked again eight times, after growing pauses of three minutes in all', async () => {
    const { verify, answers, asked, pauses } = site(objectsOf(['a.css']));
    answers.set('/a.css', silentFor(8));
    expect(await verify(uploads('a.css'))).toEqual({ verified: 1, superseded: 0 });
    expect(asked).toHaveLength(9);
    expect(pauses).toEqual(pauses.toSorted((a, b) => a - b));
    expect(pauses.reduce((sum, pause) => sum + pause, 0)).toBe(188_000);
  });

  it('is named in the end, with its cause', async () => {
    const { verify, answers, recorded } = site(objectsOf(['a.css', 'b.css', 'c.css']));
    answers.set('/a.css', SILENT).set('/c.css', SILENT);
    await expect(verify(uploads('a.css', 'b.css', 'c.css'))).rejects.toThrow(
      expect.objectContaining({
        name: 'EdgeUnreachable',
        message: `${SILENT.problem} (and 1 other URL)`,
      }),
    );
    expect(recorded).toEqual(['verifying']);
  });

  it('in one form does not hide that the other one is stale', async () => {
    const { verify, answers } = site(objectsOf(['a.css']));
    answers.set('/a.css', ({ form }) => (form === 'stored' ? SILENT : answerOf(objectOf('old'))));
    await expect(verify(uploads('a.css'))).rejects.toEqual(stale('/a.css'));
  });

  it('loses nothing of what is known of the others', async () => {
    const { verify, answers, remembered } = site(objectsOf(['a.css', 'b.css']));
    answers.set('/a.css', SILENT);
    await expect(verify(uploads('a.css', 'b.css'))).rejects.toMatchObject({ message: SILENT.problem });
    expect(remembered).toEqual({ 'b.css m1': verifiedFrom(objectOf('new')) });
  });

  it('does not hide a stale one, nor what says nothing', async () => {
    const { verify, answers, edge, pauses } = site(objectsOf(['a.css', 'b.css', 'c.css']));
    answers.set('/a.css', SILENT);
    answers.set('/c.css', { kind: 'unasked', code: 'unauthorized', reason: '401', redirects: [] });
    await expect(verify(uploads('a.css', 'c.css'))).rejects.toMatchObject({ name: 'EdgeUnreachable' });
    edge.set('/b.css', objectOf('old'));
    pauses.length = 0;
    await expect(verify(uploads('a.css', 'b.css', 'c.css'))).rejects.toEqual(stale('/b.css'));
    expect(pauses).toEqual([]);
  });

  it('may turn out as anything else: it is judged anew each time', async () => {
    const { verify, answers, bucket } = site(objectsOf(['a.css']));
    let asked = 0;
    answers.set('/a.css', () => {
      bucket.set('a.css', objectOf('newer'));
      return asked++ === 0 ? SILENT : answerOf(objectOf('old'));
    });
    expect(await verify(uploads('a.css'))).toEqual({ verified: 0, superseded: 1 });
  });

  it('never loses an answer of another, whichever are silent and for how long', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: 8 }), { minLength: 1, maxLength: 40 }), async silences => {
        const keys = keysOf(silences.length);
        const { verify, answers, asked } = site(objectsOf(keys));
        for (const [index, times] of silences.entries()) answers.set(`/${index}.css`, silentFor(times));
        expect(await verify(uploads(...keys))).toEqual({ verified: keys.length, superseded: 0 });
        const expected = silences.reduce((sum, times) => sum + times + 1, 0);
        expect(asked).toHaveLength(expected);
      }),
    );
  });
});

describe('A step that runs out of time', () => {
  it('asks 630 slow URLs, and says which one is left before it is ended', async () => {
    const keys = keysOf(630);
    const { verify, answers, clock, remembered } = site(objectsOf(keys));
    for (const key of keys)
      answers.set(`/${key}`, ({ form }) => {
        if (form === 'browser') clock.left -= 1000;
        return answerOf(objectOf('new'));
      });
    await expect(verify(uploads(...keys))).rejects.toMatchObject({
      name: 'EdgeUnreachable',
      message: expect.stringMatching(
        /^there was no time left to ask www\.example\.com\/\d+\.css \(and \d+ other URLs\)$/,
      ),
    });
    const count = Object.keys(remembered).length;
    expect(count).toBeGreaterThanOrEqual(540);
    expect(count).toBeLessThan(630);
    expect(clock.left).toBeGreaterThan(0);
  });

  it('still names what it has seen of a silent one', async () => {
    const { verify, answers, clock } = site(objectsOf(['a.css']));
    answers.set('/a.css', () => {
      clock.left = Math.min(clock.left, 61_500);
      return SILENT;
    });
    await expect(verify(uploads('a.css'))).rejects.toMatchObject({ message: SILENT.problem });
  });

  it('begins no pause that it could not end', async () => {
    const { verify, answers, clock, pauses } = site(objectsOf(['a.css']));
    clock.left = 70_000;
    answers.set('/a.css', SILENT);
    await expect(verify(uploads('a.css'))).rejects.toMatchObject({ message: SILENT.problem });
    expect(pauses).toEqual([1000, 2000, 5000]);
    expect(clock.left).toBeGreaterThanOrEqual(60_000);
  });
});
