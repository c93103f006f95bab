import type { IDistribution } from 'aws-cdk-lib/aws-cloudfront';
import { Construct } from 'constructs';
import type { AutoInvalidation } from '../pipeline/auto-invalidation.ts';
import { ServiceFunction } from '../pipeline/service-function.ts';
import { API_TIMEOUT, BUTTON_LIMIT, type StudentApi } from './student-api.ts';

const ROUTES = { refreshes: ['GET', 'POST'], 'refreshes/{refreshid}': ['GET'] };

const LIMITS = { 'refreshes/POST': BUTTON_LIMIT };

export interface RefreshApiProps {
  readonly api: StudentApi;
  readonly autoInvalidation: AutoInvalidation;
  /** The one that shows the page. */
  readonly distribution: IDistribution;
  /** The one origin whose pages may read answers: no slash at its end. */
  readonly siteUrl: string;
  /** Paths a day that may be refreshed by hand. */
  readonly manualPathsPerDay: number;
}

/** The history of refreshes, and refreshes by hand, as routes of the API. */
export class RefreshApi extends Construct {
  constructor(scope: Construct, id: string, props: RefreshApiProps) {
    super(scope, id);
    const refreshes = new ServiceFunction(this, 'Refreshes', {
      handler: 'pipeline/refreshes',
      description: 'Answers requests about refreshes, and takes those by hand',
      timeout: API_TIMEOUT,
      environment: {
        SITE_URL: props.siteUrl,
        MANUAL_PATHS_PER_DAY: String(props.manualPathsPerDay),
      },
    });
    props.autoInvalidation.bindRefreshes(refreshes, props.distribution);
    props.api.addRoutes(ROUTES, refreshes, LIMITS);
  }
}
