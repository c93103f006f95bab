/** One function of the template, its code already bundled. */
export interface FunctionDefinition {
  readonly name: string;
  /** Absolute path of the folder that AWS mounts as `/var/task`. */
  readonly codeDirectory: string;
  /** Module and export, such as `index.handler`. */
  readonly handler: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
  /** Access key id of the function's calls: the role's name. */
  readonly roleAccessKeyId: string;
  /** URLs on AWS, and those that stand for them where the function fetches one. */
  readonly localUrls?: Readonly<Record<string, string>>;
}

export interface InvocationResult {
  /** JSON: what the handler returned or, if it failed, `{ errorType, errorMessage, trace }`. */
  readonly payload: string;
  readonly functionError?: 'Unhandled';
  readonly requestId: string;
}

/** Parent to child: run the handler once. */
export interface InvocationMessage {
  readonly payload: string;
  readonly deadline: number;
  readonly context: {
    readonly awsRequestId: string;
    readonly functionName: string;
    readonly functionVersion: string;
    readonly invokedFunctionArn: string;
    readonly memoryLimitInMB: string;
    readonly logGroupName: string;
    readonly logStreamName: string;
  };
}

/** Child to parent. After `crashed` the process ends: do not use it again. */
export type ProcessMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'returned' | 'threw' | 'crashed'; readonly payload: string };
