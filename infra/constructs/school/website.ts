import { CustomResource, Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import {
  AccessLevel,
  AllowedMethods,
  CachePolicy,
  Function as CloudFrontFunction,
  Distribution,
  FunctionCode,
  FunctionEventType,
  FunctionRuntime,
  HeadersFrameOption,
  HeadersReferrerPolicy,
  HttpVersion,
  OriginProtocolPolicy,
  OriginRequestPolicy,
  OriginSslPolicy,
  PriceClass,
  ResponseHeadersPolicy,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { HttpOrigin, S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { type IBucket, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { BucketDeployment, CacheControl, Source } from 'aws-cdk-lib/aws-s3-deployment';
import { Construct } from 'constructs';
import { CONTENT_SECURITY_POLICY } from '../../content-security-policy.ts';
import { apiRequestCode } from '../../edge/edge-code.ts';
import { logicalIdOf, privateBucket } from './private-bucket.ts';
import type { StudentApi } from './student-api.ts';

/**
 * Every status of an error whose time in the cache can be set. CloudFront keeps some of them for
 * ten seconds, whatever the cache policy and, but for 404, 414 and 501, the API's `no-store` say;
 * its documents differ about 400, 403, 405 and 416. S3's errors share the setting.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/HTTPStatusCodes.html
 */
const KEPT_ERRORS = [400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504];

export interface WebsiteProps {
  /** @default - CloudFormation chooses it */
  readonly siteBucketName: string | undefined;
  /** @default - CloudFormation chooses it */
  readonly logBucketName: string | undefined;
  readonly originAccess: 'oac' | 'oai';
}

/** The page: a private bucket, the distribution that alone may read it, and their logs. */
export class Website extends Construct {
  readonly bucket: IBucket;
  readonly distribution: Distribution;
  /** Access logs of CloudFront and of the other buckets. */
  readonly logBucket: IBucket;
  /** Without a slash at the end. */
  readonly url: string;
  private readonly securityHeaders: ResponseHeadersPolicy;

  constructor(scope: Construct, id: string, { siteBucketName, logBucketName, originAccess }: WebsiteProps) {
    super(scope, id);
    const logBucket = privateBucket(this, 'LogBucket', {
      bucketName: logBucketName,
      // CloudFront's standard logs are delivered by ACL.
      objectOwnership: ObjectOwnership.OBJECT_WRITER,
      // They hold the addresses of viewers and what they searched for.
      lifecycleRules: [{ expiration: Duration.days(30) }],
    });
    Validations.of(logBucket).acknowledge({
      id: 'AwsSolutions-S1',
      reason: 'This is the bucket for logs. Logging its own access would never end.',
    });
    this.logBucket = logBucket;
    this.bucket = privateBucket(this, 'SiteBucket', {
      bucketName: siteBucketName,
      websiteIndexDocument: 'index.html',
      // Logs must never land in the site bucket itself: each would ask for a refresh.
      serverAccessLogsBucket: logBucket,
      serverAccessLogsPrefix: 's3/',
    });
    Validations.of(this.bucket).acknowledge({
      id: 'AwsSolutions-S5',
      reason:
        'The website endpoint serves nobody: public access is blocked, and the bucket policy lets only the distribution read (OAC, which the rule does not know).',
    });
    this.securityHeaders = this.createSecurityHeaders();
    this.distribution = this.createDistribution(originAccess);
    this.url = `https://${this.distribution.distributionDomainName}`;
  }

  /**
   * The page calls the API on its own origin, under `/api`, without a key: the edge adds it.
   * Whoever may read the function's code in CloudFront may read the key.
   */
  serveApi({ domainName, stage, apiKeyValue }: StudentApi): void {
    this.distribution.addBehavior(
      '/api/*',
      new HttpOrigin(domainName, {
        originPath: `/${stage}`,
        protocolPolicy: OriginProtocolPolicy.HTTPS_ONLY,
        originSslProtocols: [OriginSslPolicy.TLS_V1_2],
      }),
      {
        allowedMethods: AllowedMethods.ALLOW_ALL,
        viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
        cachePolicy: CachePolicy.CACHING_DISABLED,
        // The Host header would name the distribution, which API Gateway does not know.
        originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
        responseHeadersPolicy: this.securityHeaders,
        functionAssociations: [
          {
            eventType: FunctionEventType.VIEWER_REQUEST,
            function: new CloudFrontFunction(this, 'ApiRequest', {
              comment: 'Strips /api and adds the API key',
              runtime: FunctionRuntime.JS_2_0,
              code: FunctionCode.fromInline(apiRequestCode(apiKeyValue)),
            }),
          },
        ],
      },
    );
  }

  /**
   * Uploads the built page with the deployment, so that a deployment refreshes the edge like any
   * other upload. Browsers ask again each time. The edge keeps a file until a refresh purges it.
   *
   * It comes after everything else that the stack has by now, so that a deployment that fails
   * leaves an empty bucket, asks for no refresh, and mails nothing.
   */
  publish(directory: string): void {
    const deployment = new BucketDeployment(this, 'Deployment', {
      destinationBucket: this.bucket,
      sources: [Source.asset(directory)],
      cacheControl: [
        CacheControl.setPublic(),
        CacheControl.maxAge(Duration.seconds(0)),
        CacheControl.sMaxAge(Duration.days(365)),
        CacheControl.mustRevalidate(),
      ],
      // Files that somebody else put into the bucket do not belong to the deployment.
      prune: false,
      memoryLimit: 256,
      logGroup: new LogGroup(this, 'DeploymentLogs', {
        retention: RetentionDays.ONE_MONTH,
        removalPolicy: RemovalPolicy.DESTROY,
      }),
    });
    const stack = Stack.of(this);
    const others = [...stack.node.children, ...this.node.children];
    uploadOf(deployment).node.addDependency(...others.filter(each => each !== this && each !== deployment));
    Validations.of(
      stack.node.findChild('Custom::CDKBucketDeployment8693BB64968944B69AAFB0CC9EB8756C256MiB'),
    ).acknowledge({
      id: 'AwsSolutions-L1',
      reason: 'CDK chooses the runtime of its own uploader.',
    });
    const reason = "CDK's own uploader: it reads the page's asset and writes the site bucket, nothing else.";
    Validations.of(deployment.handlerRole).acknowledge(
      {
        id: 'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]',
        reason,
      },
      ...['GetBucket*', 'GetObject*', 'List*', 'Abort*', 'DeleteObject*'].map(action => ({
        id: `AwsSolutions-IAM5[Action::s3:${action}]`,
        reason,
      })),
      { id: `AwsSolutions-IAM5[Resource::<${logicalIdOf(this.bucket)}.Arn>/*]`, reason },
      {
        id: `AwsSolutions-IAM5[Resource::arn:aws:s3:::cdk-hnb659fds-assets-<AWS::AccountId>-${stack.region}/*]`,
        reason,
      },
    );
  }

  private createDistribution(originAccess: WebsiteProps['originAccess']): Distribution {
    // With LIST a missing key is a 404. With GetObject alone S3 answers 403.
    const originAccessLevels = [AccessLevel.READ, AccessLevel.LIST];
    const distribution = new Distribution(this, 'Distribution', {
      comment: 'StudentWebsiteDistribution',
      defaultRootObject: 'index.html',
      priceClass: PriceClass.PRICE_CLASS_ALL,
      httpVersion: HttpVersion.HTTP2_AND_3,
      defaultBehavior: {
        origin:
          originAccess === 'oac'
            ? S3BucketOrigin.withOriginAccessControl(this.bucket, { originAccessLevels })
            : S3BucketOrigin.withOriginAccessIdentity(this.bucket),
        viewerProtocolPolicy: ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
        compress: true,
        cachePolicy: this.cachePolicy(),
        responseHeadersPolicy: this.securityHeaders,
      },
      errorResponses: KEPT_ERRORS.map(httpStatus => ({ httpStatus, ttl: Duration.seconds(0) })),
      enableLogging: true,
      logBucket: this.logBucket,
      logFilePrefix: 'cloudfront/',
    });
    Validations.of(distribution).acknowledge(
      { id: 'AwsSolutions-CFR1', reason: 'A school may have pupils and parents anywhere.' },
      {
        id: 'AwsSolutions-CFR2',
        reason:
          'It costs more than all the rest. README says what anonymous visitors may do, and the usage plan limits it.',
      },
      {
        id: 'AwsSolutions-CFR4',
        reason:
          "The default *.cloudfront.net certificate fixes the TLS policy. A domain of one's own would lift it.",
      },
      {
        id: 'Annotation::@aws-cdk/aws-cloudfront-origins:listBucketSecurityRisk',
        reason: 'The root shows index.html, never a listing: defaultRootObject is set.',
      },
    );
    if (originAccess === 'oai') {
      Validations.of(distribution).acknowledge({
        id: 'AwsSolutions-CFR7',
        reason: 'The setting originAccess asks for OAI, for accounts without OAC.',
      });
    }
    return distribution;
  }

  /** Objects say how long they may be cached. Those that do not are kept for a day. */
  private cachePolicy(): CachePolicy {
    return new CachePolicy(this, 'CachePolicy', {
      comment: 'Static files: no cookies, headers or query strings in the key',
      minTtl: Duration.seconds(0),
      defaultTtl: Duration.days(1),
      maxTtl: Duration.days(365),
      enableAcceptEncodingGzip: true,
      enableAcceptEncodingBrotli: true,
    });
  }

  private createSecurityHeaders(): ResponseHeadersPolicy {
    return new ResponseHeadersPolicy(this, 'SecurityHeaders', {
      securityHeadersBehavior: {
        contentSecurityPolicy: { contentSecurityPolicy: CONTENT_SECURITY_POLICY, override: true },
        contentTypeOptions: { override: true },
        frameOptions: { frameOption: HeadersFrameOption.DENY, override: true },
        referrerPolicy: { referrerPolicy: HeadersReferrerPolicy.SAME_ORIGIN, override: true },
        strictTransportSecurity: {
          accessControlMaxAge: Duration.days(365),
          includeSubdomains: true,
          override: true,
        },
      },
    });
  }
}

/** The resource that uploads, without the function and the layer that it needs. */
function uploadOf(deployment: BucketDeployment): CustomResource {
  const upload = deployment.node.children.find(child => child instanceof CustomResource);
  if (upload === undefined) throw new Error('A BucketDeployment has a custom resource');
  return upload;
}
