import { describe, expect, it } from 'vitest';
import {
  judgeBucketName,
  judgeDashboard,
  judgeTableName,
} from '../../../../infra/cli/doctor/before/names.ts';
import type { FoundBucket } from '../../../../shared/deployment/site-bucket-check.ts';
import { school } from './targets.ts';

const target = school();

describe('The name of a bucket', () => {
  const named = { setting: 'siteBucketName', name: 'my-site' };

  it.each<[string, FoundBucket, boolean, string]>([
    ['is free', { kind: 'missing' }, false, 'my-site is free'],
    ["is the stack's own", { kind: 'here' }, true, "my-site is the stack's own"],
  ])('is confirmed if it %s', (_, found, isOfStack, evidence) => {
    expect(judgeBucketName(named, { found, isOfStack }, target)).toEqual({ verdict: 'confirmed', evidence });
  });

  it.each<[string, FoundBucket, string]>([
    ["is somebody else's", { kind: 'denied' }, '-c siteBucketName=NAME, or none'],
    ['is in another region', { kind: 'elsewhere', region: 'eu-west-1' }, '-c siteBucketName=NAME'],
    [
      'is of this account, but not of the stack',
      { kind: 'here' },
      'aws s3 rb s3://my-site --force --region us-east-1',
    ],
  ])('is refuted if it %s', (_, found, remedy) => {
    const outcome = judgeBucketName(named, { found, isOfStack: false }, target);
    expect(outcome).toMatchObject({ verdict: 'refuted', remedy: expect.stringContaining(remedy) });
  });
});

describe('The name of a table', () => {
  const judge = (exists: boolean, isOfStack: boolean) =>
    judgeTableName({ setting: 'studentTableName', name: 'students' }, { exists, isOfStack }, target);

  it("is confirmed if it is free or the stack's own", () => {
    expect(judge(false, false)).toEqual({ verdict: 'confirmed', evidence: 'students is free' });
    expect(judge(true, true)).toEqual({ verdict: 'confirmed', evidence: "students is the stack's own" });
  });

  it('is refuted if the stack did not make it', () => {
    expect(judge(true, false)).toMatchObject({
      verdict: 'refuted',
      remedy: expect.stringContaining('-c studentTableName=NAME'),
    });
  });
});

describe('The name of the dashboard', () => {
  it("is confirmed if it is free or the stack's own", () => {
    expect(judgeDashboard({ exists: false, isOfStack: false }, target).verdict).toBe('confirmed');
    expect(judgeDashboard({ exists: true, isOfStack: true }, target).verdict).toBe('confirmed');
  });

  it('is refuted if the stack did not make it, with the command that removes it', () => {
    expect(judgeDashboard({ exists: true, isOfStack: false }, target)).toMatchObject({
      verdict: 'refuted',
      remedy: expect.stringContaining(
        'aws cloudwatch delete-dashboards --dashboard-names StudentSite-Dashboard-us-east-1',
      ),
    });
  });
});
