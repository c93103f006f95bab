/** What a real SDK client needs to reach a local endpoint. */
export function clientFor(endpoint: string) {
  return {
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'tester', secretAccessKey: 'local' },
    maxAttempts: 1,
  };
}
