import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';

// README.md in this folder shows these comments as a table: after a change, `npm run props`.

/** Where the ends of refreshes are posted. */
export interface WebhookOptions {
  /**
   * Takes a POST with JSON, and answers with a status of 2xx within ten seconds: `https://`, a
   * public host, and a path if you like. Redirects are not followed.
   */
  readonly url: string;

  /**
   * Signs what is posted: receivers know it, too. After `whsec_` it is a key in base64, as
   * libraries of Standard Webhooks expect it; any other string is the key itself.
   */
  readonly secret: ISecret;

  /**
   * The member that holds it, if the secret is a JSON object.
   * @default - the whole secret
   */
  readonly field?: string;

  /**
   * Whether every end is posted, or failures alone.
   * @default 'always'
   */
  readonly when?: 'always' | 'failed';
}
