import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answerTo, type ResourceKind } from '../../../shared/deployment/custom-resource.ts';
import { DeploymentRefusedError } from '../../../shared/errors.ts';
import { anyText } from '../../helpers/any-text.ts';

const SAME = { StackId: 'stack', RequestId: 'request', LogicalResourceId: 'Thing' };

/** Pauses end at once, and are added up. */
function timing(timeUp: Promise<unknown> = new Promise(() => undefined)) {
  const paused: number[] = [];
  return { timeUp, paused, pause: async (milliseconds: number) => paused.push(milliseconds) };
}

function request(RequestType: 'Create' | 'Update' | 'Delete', PhysicalResourceId?: string) {
  const id = PhysicalResourceId === undefined ? {} : { PhysicalResourceId };
  return { ...SAME, ...id, RequestType, ResponseURL: 'https://there', ResourceProperties: { Name: 'a' } };
}

const kindWith = (changes: Partial<ResourceKind>): ResourceKind => ({
  idOf: () => 'thing-a',
  put: async () => ({ Colour: 'red' }),
  remove: async () => undefined,
  ...changes,
});

describe('CloudFormation is answered', () => {
  it.each(['Create', 'Update'] as const)('with the id and the attributes of the resource: %s', async type => {
    expect(await answerTo(request(type, 'thing-0'), kindWith({}), timing())).toEqual({
      ...SAME,
      Status: 'SUCCESS',
      PhysicalResourceId: 'thing-a',
      Data: { Colour: 'red' },
    });
  });

  it('under the id that it knows, if it asks to remove the resource', async () => {
    const removed: unknown[] = [];
    const kind = kindWith({ remove: async properties => void removed.push(properties) });
    expect(await answerTo(request('Delete', 'thing-0'), kind, timing())).toEqual({
      ...SAME,
      Status: 'SUCCESS',
      PhysicalResourceId: 'thing-0',
    });
    expect(removed).toEqual([{ Name: 'a' }]);
  });

  it('with what people should know about what stays of a resource that is removed', async () => {
    const kind = kindWith({ remove: async () => 'The bucket stays.' });
    expect(await answerTo(request('Delete', 'thing-0'), kind, timing())).toMatchObject({
      Status: 'SUCCESS',
      Reason: 'The bucket stays.',
    });
  });

  it('with the reason of a failure, and still with an id', async () => {
    const kind = kindWith({ put: () => Promise.reject(new DeploymentRefusedError('Choose another.')) });
    expect(await answerTo(request('Create'), kind, timing())).toEqual({
      ...SAME,
      Status: 'FAILED',
      Reason: 'Choose another.',
      PhysicalResourceId: 'never-created',
    });
    expect(await answerTo(request('Update', 'thing-0'), kind, timing())).toMatchObject({
      PhysicalResourceId: 'thing-0',
    });
  });

  it.each([
    ['is refused', () => Promise.reject(Object.assign(new Error('no'), { name: 'AccessDenied' })), undefined],
    ['takes too long', () => new Promise<undefined>(() => undefined), Promise.resolve()],
  ])(
    'with success when it asks to remove what could not be created, and that %s',
    async (_, remove, timeUp) => {
      const put = () => Promise.reject(new DeploymentRefusedError('Choose another.'));
      const kind = kindWith({ put, remove });
      const { PhysicalResourceId } = await answerTo(request('Create'), kind, timing());
      expect(await answerTo(request('Delete', PhysicalResourceId), kind, timing(timeUp))).toMatchObject({
        ...SAME,
        Status: 'SUCCESS',
        PhysicalResourceId,
      });
      expect(await answerTo(request('Delete', 'thing-0'), kind, timing(timeUp))).toMatchObject({
        Status: 'FAILED',
      });
    },
  );

  it('after removing whatever a failed creation may have left', async () => {
    const removed: unknown[] = [];
    const kind = kindWith({ remove: async properties => void removed.push(properties) });
    await answerTo(request('Delete', 'never-created'), kind, timing());
    expect(removed).toEqual([{ Name: 'a' }]);
  });

  it("with the name of AWS's error, which may say more than the message", async () => {
    const busy = Object.assign(new Error('no'), { name: 'OperationAborted' });
    const kind = kindWith({ put: () => Promise.reject(busy) });
    expect(await answerTo(request('Create'), kind, timing())).toMatchObject({
      Reason: 'OperationAborted: no',
    });
  });

  it('before the time is up', async () => {
    const kind = kindWith({ put: () => new Promise(() => undefined) });
    expect(await answerTo(request('Create'), kind, timing(Promise.resolve()))).toMatchObject({
      Status: 'FAILED',
      Reason: expect.stringContaining('too long'),
    });
  });

  it('in at most 4,096 bytes, whatever goes wrong', async () => {
    await fc.assert(
      fc.asyncProperty(anyText({ maxLength: 5000, size: 'max' }), async message => {
        const kind = kindWith({
          idOf: () => {
            throw new Error(message);
          },
        });
        const answer = await answerTo(request('Create'), kind, timing());
        expect(answer.Status).toBe('FAILED');
        expect(Buffer.byteLength(JSON.stringify(answer))).toBeLessThanOrEqual(4096);
      }),
      { numRuns: 30 },
    );
  });
});

describe('A permission that is not in force yet', () => {
  const refusal = (name: string, message = 'no') => Object.assign(new Error(message), { name });

  /** Fails so many times, and then succeeds. */
  function failing(times: number, error: Error) {
    const attempts: unknown[] = [];
    const put = async (properties: unknown) => {
      attempts.push(properties);
      if (attempts.length <= times) throw error;
      return {};
    };
    return { kind: kindWith({ put }), attempts };
  }

  it.each([
    ['Create', 'S3', refusal('AccessDenied')],
    ['Create', 'SES', refusal('AccessDeniedException')],
    ['Update', 'CloudFront', refusal('AccessDenied')],
    [
      'Create',
      'the check of a queue',
      refusal('InvalidArgument', 'Unable to validate the following destination configurations'),
    ],
  ] as const)('is waited for: %s, refused by %s', async (type, _, error) => {
    const { kind, attempts } = failing(4, error);
    const { paused, ...times } = timing();
    expect(await answerTo(request(type, 'thing-0'), kind, times)).toMatchObject({ Status: 'SUCCESS' });
    expect(attempts).toEqual(Array(5).fill({ Name: 'a' }));
    expect(paused).toEqual([500, 1000, 1500, 2000]);
  });

  it('is waited for during 30 seconds, and then reported as missing', async () => {
    const { kind } = failing(Number.POSITIVE_INFINITY, refusal('AccessDenied', 'not authorized'));
    const { paused, ...times } = timing();
    expect(await answerTo(request('Create'), kind, times)).toMatchObject({
      Status: 'FAILED',
      Reason: expect.stringMatching(/^AWS refused this for 30 seconds, .* AccessDenied: not authorized$/),
    });
    expect(paused.reduce((sum, each) => sum + each)).toBe(30_000);
  });

  it('is not waited for if something else is wrong, first or later', async () => {
    const later = failing(1, refusal('AccessDenied'));
    const error = new DeploymentRefusedError('Choose another.');
    const put = () => later.kind.put({}).then(() => Promise.reject(error));
    const { paused, ...times } = timing();
    expect(await answerTo(request('Create'), kindWith({ put }), times)).toMatchObject({
      Reason: 'Choose another.',
    });
    expect(paused).toEqual([500]);
  });

  it('is not waited for by a removal, which the former policy allows', async () => {
    const kind = kindWith({ remove: () => Promise.reject(refusal('AccessDenied')) });
    const { paused, ...times } = timing();
    expect(await answerTo(request('Delete', 'thing-0'), kind, times)).toMatchObject({ Status: 'FAILED' });
    expect(paused).toEqual([]);
  });
});
