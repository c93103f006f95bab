/**
 * Regions without SES: those of botocore 1.43.11 (`endpoints.json`) that have no endpoint of the
 * service `email`, in the partitions that CDK knows by default.
 */
export const REGIONS_WITHOUT_SES: ReadonlySet<string> = new Set([
  'ap-east-1',
  'ap-east-2',
  'ap-southeast-4',
  'ap-southeast-6',
  'ap-southeast-7',
  'cn-north-1',
  'cn-northwest-1',
  'eu-south-2',
  'mx-central-1',
]);
