import { readFileSync } from 'node:fs';
import { Validations } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ASSEMBLY } from '../helpers/assembly.ts';
import { buildStack } from '../helpers/templates.ts';

const Acknowledgements = z.record(z.string(), z.string());

/** `rule on construct`, for every unexplained finding of cdk-nag's AwsSolutions pack. */
function findings({ app }: ReturnType<typeof buildStack>): string[] {
  // Some permissions only come into being when the template is made.
  app.synth();
  const { violations } = new AwsSolutionsChecks(app).validateScope(app);
  return violations.flatMap(({ ruleName, violatingResources }) =>
    violatingResources.map(({ constructPath }) => `${ruleName} on ${constructPath}`),
  );
}

describe('cdk-nag', () => {
  it.each([{ originAccess: 'oac' }, { originAccess: 'oai' }, { apiLogs: 'true' }])(
    'finds nothing unexplained with %j',
    settings => {
      expect(findings(buildStack(settings))).toEqual([]);
    },
  );

  it('finds what nobody has explained', () => {
    const built = buildStack();
    new Bucket(built.stack, 'Careless');
    expect(findings(built)).toContain('AwsSolutions-S10 on StudentSite/Careless/Resource');
  });

  it('is given a reason wherever a finding is accepted', () => {
    const { stack } = buildStack();
    const accepted = stack.node.findAll().flatMap(({ node }) =>
      node.metadata
        .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
        .flatMap(({ data }) => Object.entries(Acknowledgements.parse(data)))
        .map(([rule, reason]) => ({ construct: node.path, rule, reason })),
    );
    expect(accepted.length).toBeGreaterThan(0);
    expect(accepted.filter(({ reason }) => !/^.{20,}\.$/.test(reason))).toEqual([]);
  });
});

describe('Synthesis', () => {
  it('reports nothing, not even a warning', () => {
    const { pluginReports } = z
      .object({ pluginReports: z.array(z.object({ violations: z.array(z.unknown()) })) })
      .parse(JSON.parse(readFileSync(`${ASSEMBLY}/validation-report.json`, 'utf8')));
    expect(pluginReports.flatMap(({ violations }) => violations)).toEqual([]);
  });
});
