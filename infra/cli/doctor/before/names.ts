import type { FoundBucket } from '../../../../shared/deployment/site-bucket-check.ts';
import { confirmed, type Outcome, refuted } from '../finding.ts';
import type { Named, Target } from './target.ts';

/** @param found a bucket that has the name already @param isOfStack whether the stack made it */
export function judgeBucketName(
  { setting, name }: Named,
  { found, isOfStack }: { readonly found: FoundBucket; readonly isOfStack: boolean },
  { commands }: Target,
): Outcome {
  const another = `Choose another: -c ${setting}=NAME`;
  switch (found.kind) {
    case 'missing':
      return confirmed(`${name} is free`);
    case 'elsewhere':
      return refuted(`${name} is a bucket in ${found.region}`, another);
    case 'denied':
      return refuted(
        `${name} is somebody else's, or these credentials lack the permission s3:ListBucket`,
        `No two buckets in the world have the same name. ${another}, or none: CloudFormation then makes one up`,
      );
    case 'here':
      if (isOfStack) return confirmed(`${name} is the stack's own`);
      return refuted(
        `${name} is a bucket of this account that the stack did not make, maybe left by one before`,
        `${another}. If nobody needs it, remove it with all that it holds: ${commands.aws(`s3 rb s3://${name} --force`)}`,
      );
  }
}

export function judgeTableName(
  { setting, name }: Named,
  { exists, isOfStack }: Existing,
  { commands }: Target,
): Outcome {
  if (!exists) return confirmed(`${name} is free`);
  if (isOfStack) return confirmed(`${name} is the stack's own`);
  return refuted(
    `${name} is a table that the stack did not make`,
    `Choose another: -c ${setting}=NAME. To see it: ${commands.aws(`dynamodb describe-table --table-name ${name}`)}`,
  );
}

export function judgeDashboard({ exists, isOfStack }: Existing, { dashboard, commands }: Target): Outcome {
  if (!exists) return confirmed(`${dashboard} is free`);
  if (isOfStack) return confirmed(`${dashboard} is the stack's own`);
  return refuted(
    `${dashboard} is a dashboard that the stack did not make, and would be replaced`,
    `If nobody needs it, remove it: ${commands.aws(`cloudwatch delete-dashboards --dashboard-names ${dashboard}`)}`,
  );
}

/** What has a name already. */
export interface Existing {
  readonly exists: boolean;
  /** Whether the stack to be updated made it. */
  readonly isOfStack: boolean;
}
