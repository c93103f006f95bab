import { randomUUID } from 'node:crypto';
import { LOCAL_ACCOUNT, LOCAL_REGION } from '../../kernel/aws-api.ts';

export interface ServiceEvent {
  /** `aws.` and the service; anything else for a program's own. */
  readonly source: string;
  readonly 'detail-type': string;
  readonly resources: readonly string[];
  readonly detail: object;
}

/** An event as a service sends it. @param at milliseconds since the epoch */
export function serviceEvent({ resources, detail, ...kind }: ServiceEvent, at: number): object {
  return {
    version: '0',
    id: randomUUID(),
    ...kind,
    account: LOCAL_ACCOUNT,
    time: `${new Date(at).toISOString().slice(0, 19)}Z`,
    region: LOCAL_REGION,
    resources,
    detail,
  };
}
