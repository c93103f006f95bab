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
  /** The distribution that shows the page. */
  readonly distribution: IDistribution;
  /** The one origin whose pages may read answers, without a slash at the end. */
  readonly siteUrl: string;
  /** How many paths may be refreshed by hand in a day. */
  readonly manualPathsPerDay: number;
}

/** The API's routes for the history of refreshes and for refreshes by hand. */
export class RefreshApi extends Construct {
  readonly refreshes: ServiceFunction;

  constructor(scope: Construct, id: string, props: RefreshApiProps) {
    super(scope, id);
    this.refreshes = new ServiceFunction(this, 'Refreshes', {
      handler: 'pipeline/refreshes',
      description: 'Answers requests about refreshes, and takes requests for some by hand',
      timeout: API_TIMEOUT,
      environment: {
        SITE_URL: props.siteUrl,
        MANUAL_PATHS_PER_DAY: String(props.manualPathsPerDay),
      },
    });
    props.autoInvalidation.bindRefreshes(this.refreshes, props.distribution);
    props.api.addRoutes(ROUTES, this.refreshes, LIMITS);
  }
}
