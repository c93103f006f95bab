import { createHash } from 'node:crypto';
import { z } from 'zod';
import { quantified } from './distribution-xml.ts';

/** What the template says of a policy. Opening the distribution has checked it already. */
const HeadersPolicy = z.looseObject({
  Name: z.string(),
  CustomHeadersConfig: z.object({ Items: z.array(z.record(z.string(), z.unknown())) }).optional(),
  RemoveHeadersConfig: z.object({ Items: z.array(z.record(z.string(), z.unknown())) }).optional(),
});

/** The API's `ResponseHeadersPolicy`. */
export function responseHeadersPolicyXml(
  Id: string,
  config: unknown,
  LastModifiedTime: string,
): Record<string, unknown> {
  const { CustomHeadersConfig, RemoveHeadersConfig, ...same } = HeadersPolicy.parse(config);
  return {
    Id,
    LastModifiedTime,
    ResponseHeadersPolicyConfig: {
      ...same,
      ...(CustomHeadersConfig === undefined
        ? {}
        : {
            CustomHeadersConfig: quantified('ResponseHeadersPolicyCustomHeader', CustomHeadersConfig.Items),
          }),
      ...(RemoveHeadersConfig === undefined
        ? {}
        : {
            RemoveHeadersConfig: quantified('ResponseHeadersPolicyRemoveHeader', RemoveHeadersConfig.Items),
          }),
    },
  };
}

const EdgeFunction = z.object({
  FunctionCode: z.string(),
  FunctionConfig: z.object({ Comment: z.string(), Runtime: z.string() }),
});

/** The API's `FunctionSummary` of published code, with the ETag that changes with the code. */
export function functionSummary(arn: string, properties: unknown, time: string) {
  const { FunctionCode, FunctionConfig } = EdgeFunction.parse(properties);
  const hash = createHash('sha256').update(FunctionCode).digest('hex');
  return {
    etag: `E${hash.slice(0, 13).toUpperCase()}`,
    xml: {
      Name: functionName(arn),
      Status: 'DEPLOYED',
      FunctionConfig,
      FunctionMetadata: { FunctionARN: arn, Stage: 'LIVE', CreatedTime: time, LastModifiedTime: time },
    },
  };
}

export function functionName(arn: string): string {
  return arn.slice(arn.indexOf(':function/') + ':function/'.length);
}
