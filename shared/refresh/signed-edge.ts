import { behaviourAt, type Description } from '../sites/description.ts';
import type { Edge } from './edge-answer.ts';

/**
 * An edge that says of what it refuses whether viewers need signed URLs or cookies there, which
 * only the distribution's configuration tells from a firewall.
 */
export function signedEdge(edge: Edge, description: Pick<Description, 'behaviours'>): Edge {
  return {
    host: edge.host,
    async ask(requestPath, question) {
      const answer = await edge.ask(requestPath, question);
      if (answer.kind !== 'unasked' || answer.code !== 'forbidden') return answer;
      const behaviour = behaviourAt(requestPath, description);
      if (behaviour?.isSigned !== true) return answer;
      const reason = `${answer.reason}: viewers of ${behaviour.pathPattern} need signed URLs or cookies`;
      return { ...answer, code: 'signed', reason };
    },
  };
}
