import { z } from 'zod';
import type { Datum } from './metrics.ts';

/** Embedded metric format: a log line that says which of its members are metrics. */
const EmbeddedMetrics = z.looseObject({
  _aws: z.object({
    CloudWatchMetrics: z.array(
      z.object({
        Namespace: z.string(),
        Dimensions: z.array(z.array(z.string())),
        Metrics: z.array(z.object({ Name: z.string() })),
      }),
    ),
  }),
});

const Values = z.union([z.number().transform(value => [value]), z.array(z.number())]);

/** The metrics in a line of a function's log; most lines have none. */
export function embeddedMetrics(line: string): Datum[] {
  if (!line.includes('"CloudWatchMetrics"')) return [];
  const { success, data } = EmbeddedMetrics.safeParse(parsed(line));
  if (!success) return [];
  const { _aws, ...members } = data;
  return _aws.CloudWatchMetrics.flatMap(({ Namespace: namespace, Dimensions, Metrics }) =>
    Dimensions.flatMap(names => {
      const dimensions = Object.fromEntries(names.map(name => [name, String(members[name])]));
      return Metrics.flatMap(({ Name: name }) => {
        const values = Values.safeParse(members[name]).data ?? [];
        return values.map(value => ({ metric: { namespace, name, dimensions }, value }));
      });
    }),
  );
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return;
  }
}
