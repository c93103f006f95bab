import { Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { ServiceFunction } from './service-function.ts';

/**
 * Not `grantRead`, which also allows DescribeSecret. The ARN of a secret that was imported by name
 * lacks the six characters that Secrets Manager adds.
 */
export function allowReadingSecret(
  reader: ServiceFunction,
  { secretFullArn, secretArn, encryptionKey }: ISecret,
): void {
  const actions = ['secretsmanager:GetSecretValue'];
  const resources = [secretFullArn ?? `${secretArn}-??????`];
  reader.addToRolePolicy(new PolicyStatement({ actions, resources }));
  allowDecrypting(reader, 'secretsmanager', encryptionKey);
}

/** Nothing but what the service keeps: the function cannot use the key by itself. */
export function allowDecrypting(user: ServiceFunction, service: string, key: IKey | undefined): void {
  if (key === undefined) return;
  const via = `${service}.${Stack.of(user).region}.amazonaws.com`;
  user.addToRolePolicy(
    new PolicyStatement({
      actions: ['kms:Decrypt'],
      resources: [key.keyArn],
      conditions: { StringEquals: { 'kms:ViaService': via } },
    }),
  );
}
