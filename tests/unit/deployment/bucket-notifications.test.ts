import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Attachment,
  attach,
  bridged,
  bucketNotification,
  detach,
  type NotificationConfiguration,
} from '../../../shared/deployment/bucket-notifications.ts';

const OURS: Attachment = {
  BucketName: 'site',
  Owner: 'AutoInvalidation-site-changes',
  QueueArn: 'arn:aws:sqs:us-east-1:111122223333:ours',
  Events: ['s3:ObjectCreated:*', 's3:ObjectRemoved:*'],
  KeyPrefixes: ['app/'],
};

const filterBy = (Name: string, Value: string) => ({ Key: { FilterRules: [{ Name, Value }] } });

/** Rules for keys that begin with `other/`, and so never overlap with ours. */
const rule = fc.record({
  Id: fc.string({ minLength: 1 }).map(id => `other ${id}`),
  Events: fc.subarray(['s3:ObjectCreated:*', 's3:ObjectRemoved:*', 's3:ObjectRestore:*'], { minLength: 1 }),
  Filter: fc.string().map(text => filterBy('Prefix', `other/${text}`)),
});
const others: fc.Arbitrary<NotificationConfiguration> = fc.record(
  {
    QueueConfigurations: fc.array(
      rule.map(each => ({ ...each, QueueArn: 'queue' })),
      { minLength: 1 },
    ),
    TopicConfigurations: fc.array(
      rule.map(each => ({ ...each, TopicArn: 'topic' })),
      { minLength: 1 },
    ),
    LambdaFunctionConfigurations: fc.array(
      rule.map(each => ({ ...each, LambdaFunctionArn: 'function' })),
      { minLength: 1 },
    ),
    EventBridgeConfiguration: fc.constant({}),
  },
  { requiredKeys: [] },
);

describe("A bucket's notifications, with ours added", () => {
  it('leave every other one as it was', () => {
    fc.assert(
      fc.property(others, before => {
        const { QueueConfigurations = [], ...rest } = attach(before, OURS);
        const { QueueConfigurations: queues = [], ...restBefore } = before;
        expect(rest).toEqual(restBefore);
        expect(QueueConfigurations.slice(0, queues.length)).toEqual(queues);
        expect(QueueConfigurations).toHaveLength(queues.length + 1);
      }),
    );
  });

  it('are the same if they are added again', () => {
    fc.assert(
      fc.property(others, before => {
        const once = attach(before, OURS);
        expect(attach(once, OURS)).toEqual(once);
      }),
    );
  });

  it('are as before once ours are removed, however often', () => {
    fc.assert(
      fc.property(others, before => {
        const removed = detach(attach(before, OURS), OURS.Owner);
        expect(removed).toEqual(before);
        expect(detach(removed, OURS.Owner)).toEqual(before);
      }),
    );
  });

  it('stay the same object if there are none of ours to remove', () => {
    fc.assert(
      fc.property(others, before => {
        expect(detach(before, OURS.Owner)).toBe(before);
      }),
    );
  });

  it('replace former prefixes with new ones', () => {
    const moved = attach(attach({}, OURS), { ...OURS, KeyPrefixes: ['docs/', 'img/'] });
    expect(moved.QueueConfigurations).toMatchObject([
      { Id: `${OURS.Owner}/0`, Filter: filterBy('prefix', 'docs/') },
      { Id: `${OURS.Owner}/1`, Filter: filterBy('prefix', 'img/') },
    ]);
  });

  it('cover every key if there are no prefixes', () => {
    const { Filter } = attach({}, { ...OURS, KeyPrefixes: [] }).QueueConfigurations?.[0] ?? {};
    expect(Filter).toBeUndefined();
  });
});

describe("A bucket's notifications, with EventBridge switched on", () => {
  it('keep every one of them', () => {
    fc.assert(
      fc.property(others, before => {
        expect(bridged(before, OURS.Owner)).toEqual({ ...before, EventBridgeConfiguration: {} });
      }),
    );
  });

  it('stay the same object if it is on already', () => {
    fc.assert(
      fc.property(others, before => {
        const on = bridged(before, OURS.Owner);
        expect(bridged(on, OURS.Owner)).toBe(on);
      }),
    );
  });

  it('lose those of ours that were there before, so that no event comes twice', () => {
    fc.assert(
      fc.property(others, before => {
        expect(bridged(attach(before, OURS), OURS.Owner)).toEqual(bridged(before, OURS.Owner));
      }),
    );
  });

  it('are never refused: they may be for all keys', () => {
    const all = { QueueConfigurations: [{ QueueArn: 'arn:other', Events: ['s3:ObjectCreated:*'] }] };
    expect(bridged(all, OURS.Owner)).toEqual({ ...all, EventBridgeConfiguration: {} });
  });
});

describe('A notification that S3 would refuse beside another', () => {
  const put = 's3:ObjectCreated:Put';
  const deleted = 's3:ObjectRemoved:Delete';

  it.each([
    { other: 'for all keys', rule: { Events: [put] }, refused: true },
    {
      other: 'for a shorter prefix',
      rule: { Events: [put], Filter: filterBy('Prefix', 'a') },
      refused: true,
    },
    {
      other: 'for a longer prefix',
      rule: { Events: [deleted], Filter: filterBy('prefix', 'app/x') },
      refused: true,
    },
    {
      other: 'for the same prefix in another encoding',
      rule: { Events: [put], Filter: filterBy('Prefix', '%61pp/') },
      refused: true,
    },
    { other: 'for a suffix', rule: { Events: [put], Filter: filterBy('Suffix', '.jpg') }, refused: true },
    {
      other: 'for other keys',
      rule: { Events: [put], Filter: filterBy('Prefix', 'incoming/') },
      refused: false,
    },
    { other: 'for other events', rule: { Events: ['s3:ObjectRestore:*'] }, refused: false },
  ])('$other: refused is $refused', ({ rule: other, refused }) => {
    const Id = 'thumbnails';
    const configurations: NotificationConfiguration[] = [
      { QueueConfigurations: [{ Id, QueueArn: 'arn:other', ...other }] },
      { TopicConfigurations: [{ Id, TopicArn: 'arn:other', ...other }] },
      { LambdaFunctionConfigurations: [{ Id, LambdaFunctionArn: 'arn:other', ...other }] },
    ];
    for (const configuration of configurations) {
      const attached = () => attach(configuration, OURS);
      if (refused) expect(attached).toThrow(/already sends s3:\S+ of .* to arn:other \(notification thumb/);
      else expect(attached).not.toThrow();
    }
  });

  it('is never one of our own', () => {
    expect(() => attach(attach({}, OURS), { ...OURS, KeyPrefixes: [] })).not.toThrow();
  });

  it('says what to do', () => {
    const all = { QueueConfigurations: [{ Id: 'all', QueueArn: 'arn:other', Events: [put] }] };
    expect(() => attach(all, OURS)).toThrow(expect.objectContaining({ name: 'DeploymentRefused' }));
    expect(() => attach(all, OURS)).toThrow(
      /of all keys .*Deploy again with -c events=eventbridge, .* or with keyPrefixes that do not overlap/,
    );
  });
});

describe('The resource of our notifications', () => {
  const kindOf = (configurations: Record<string, NotificationConfiguration>) => {
    const change = async (
      bucket: string,
      make: (configuration: NotificationConfiguration) => NotificationConfiguration,
    ) => {
      configurations[bucket] = make(configurations[bucket] ?? {});
    };
    return bucketNotification({ change, changeIfAny: change });
  };

  it('is a different one for another bucket', () => {
    const kind = kindOf({});
    expect(kind.idOf(OURS)).toBe('site/AutoInvalidation-site-changes');
    expect(kind.idOf({ ...OURS, BucketName: 'other' })).not.toBe(kind.idOf(OURS));
  });

  it('comes and goes', async () => {
    const configurations: Record<string, NotificationConfiguration> = {};
    const kind = kindOf(configurations);
    await kind.put({ ...OURS, ServiceToken: 'arn' });
    expect(configurations).toMatchObject({ site: { QueueConfigurations: [{ QueueArn: OURS.QueueArn }] } });
    await expect(kind.remove(OURS)).resolves.toBeUndefined();
    expect(configurations).toEqual({ site: {} });
  });

  const BRIDGED = { BucketName: 'site', Owner: OURS.Owner, EventBridge: 'true' };

  it('is the same one by either way, so that a deployment can change from one to the other', async () => {
    const configurations: Record<string, NotificationConfiguration> = {};
    const kind = kindOf(configurations);
    expect(kind.idOf(BRIDGED)).toBe(kind.idOf(OURS));
    await kind.put(OURS);
    await kind.put(BRIDGED);
    expect(configurations).toEqual({ site: { EventBridgeConfiguration: {} } });
    await kind.put(OURS);
    expect(configurations).toMatchObject({
      site: { EventBridgeConfiguration: {}, QueueConfigurations: [{ QueueArn: OURS.QueueArn }] },
    });
  });

  it('leaves EventBridge on when it goes, and says so: other rules may take the events', async () => {
    const configurations: Record<string, NotificationConfiguration> = {};
    const kind = kindOf(configurations);
    await kind.put(BRIDGED);
    await expect(kind.remove(BRIDGED)).resolves.toMatch(
      /^The bucket site still sends its events to EventBridge, .* switch it off: aws s3api /,
    );
    expect(configurations).toEqual({ site: { EventBridgeConfiguration: {} } });
  });
});
