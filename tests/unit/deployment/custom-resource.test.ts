import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answerTo, type ResourceKind } from '../../../shared/deployment/custom-resource.ts';
import { DeploymentRefusedError } from '../../../shared/errors.ts';

const SAME = { StackId: 'stack', RequestId: 'request', LogicalResourceId: 'Thing' };
const NEVER = new Promise(() => undefined);

function request(RequestType: 'Create' | 'Update' | 'Delete', PhysicalResourceId?: string) {
  const id = PhysicalResourceId === undefined ? {} : { PhysicalResourceId };
  return { ...SAME, ...id, RequestType, ResponseURL: 'https://there', ResourceProperties: { Name: 'a' } };
}

const kindWith = (changes: Partial<ResourceKind>): ResourceKind => ({
  idOf: () => 'thing-a',
  put: async () => ({ Colour: 'red' }),
  remove: async () => {},
  ...changes,
});

describe('CloudFormation is answered', () => {
  it.each(['Create', 'Update'] as const)('with the id and the attributes of the resource: %s', async type => {
    expect(await answerTo(request(type, 'thing-0'), kindWith({}), NEVER)).toEqual({
      ...SAME,
      Status: 'SUCCESS',
      PhysicalResourceId: 'thing-a',
      Data: { Colour: 'red' },
    });
  });

  it('under the id that it knows, if it asks to remove the resource', async () => {
    const removed: unknown[] = [];
    const kind = kindWith({ remove: async properties => void removed.push(properties) });
    expect(await answerTo(request('Delete', 'thing-0'), kind, NEVER)).toEqual({
      ...SAME,
      Status: 'SUCCESS',
      PhysicalResourceId: 'thing-0',
    });
    expect(removed).toEqual([{ Name: 'a' }]);
  });

  it('with the reason of a failure, and still with an id', async () => {
    const kind = kindWith({ put: () => Promise.reject(new DeploymentRefusedError('Choose another.')) });
    expect(await answerTo(request('Create'), kind, NEVER)).toEqual({
      ...SAME,
      Status: 'FAILED',
      Reason: 'Choose another.',
      PhysicalResourceId: 'never-created',
    });
    expect(await answerTo(request('Update', 'thing-0'), kind, NEVER)).toMatchObject({
      PhysicalResourceId: 'thing-0',
    });
  });

  it.each([
    ['is refused', () => Promise.reject(Object.assign(new Error('no'), { name: 'AccessDenied' })), NEVER],
    ['takes too long', () => new Promise<void>(() => undefined), Promise.resolve()],
  ])(
    'with success when it asks to remove what could not be created, and that %s',
    async (_, remove, timeUp) => {
      const put = () => Promise.reject(new DeploymentRefusedError('Choose another.'));
      const kind = kindWith({ put, remove });
      const { PhysicalResourceId } = await answerTo(request('Create'), kind, NEVER);
      expect(await answerTo(request('Delete', PhysicalResourceId), kind, timeUp)).toMatchObject({
        ...SAME,
        Status: 'SUCCESS',
        PhysicalResourceId,
      });
      expect(await answerTo(request('Delete', 'thing-0'), kind, timeUp)).toMatchObject({ Status: 'FAILED' });
    },
  );

  it('after removing whatever a failed creation may have left', async () => {
    const removed: unknown[] = [];
    const kind = kindWith({ remove: async properties => void removed.push(properties) });
    await answerTo(request('Delete', 'never-created'), kind, NEVER);
    expect(removed).toEqual([{ Name: 'a' }]);
  });

  it("with the name of AWS's error, which may say more than the message", async () => {
    const denied = Object.assign(new Error('no'), { name: 'AccessDenied' });
    const kind = kindWith({ put: () => Promise.reject(denied) });
    expect(await answerTo(request('Create'), kind, NEVER)).toMatchObject({ Reason: 'AccessDenied: no' });
  });

  it('before the time is up', async () => {
    const kind = kindWith({ put: () => new Promise(() => undefined) });
    expect(await answerTo(request('Create'), kind, Promise.resolve())).toMatchObject({
      Status: 'FAILED',
      Reason: expect.stringContaining('too long'),
    });
  });

  it('in at most 4,096 bytes, whatever goes wrong', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 5000, size: 'max' }), async message => {
        const kind = kindWith({
          idOf: () => {
            throw new Error(message);
          },
        });
        const answer = await answerTo(request('Create'), kind, NEVER);
        expect(answer.Status).toBe('FAILED');
        expect(Buffer.byteLength(JSON.stringify(answer))).toBeLessThanOrEqual(4096);
      }),
      { numRuns: 30 },
    );
  });
});
