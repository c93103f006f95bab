/** A command of a document's shell block, its continuation lines joined. */
export interface DocumentedCommand {
  readonly command: string;
  /** What the document says that it prints, in blocks of the kind `console`. */
  readonly printed: string | undefined;
}

/**
 * The commands in a Markdown text's blocks of the kinds `sh` and `console`, in order; blocks that only define what others use
 * come first, as a reader has them before.
 */
export function commandsIn(markdown: string): DocumentedCommand[] {
  const blocks = [...markdown.matchAll(/^```(sh|console)\n(.*?)^```$/gms)].map(([, kind, text = '']) =>
    kind === 'sh' ? shellCommands(text) : consoleCommands(text),
  );
  const isDefinition = ({ command }: DocumentedCommand) => /^(?:export |\w+=|\w+\(\))/.test(command);
  const [definitions, others] = [true, false].map(wanted =>
    blocks.filter(block => block.every(isDefinition) === wanted),
  );
  return [...(definitions ?? []), ...(others ?? [])].flat();
}

function shellCommands(text: string): DocumentedCommand[] {
  const lines = text.split(/(?<!\\)\n/).filter(line => line.trim() !== '');
  return lines.map(command => ({ command, printed: undefined }));
}

function consoleCommands(text: string): DocumentedCommand[] {
  return text
    .split(/^\$ /m)
    .slice(1)
    .map(each => {
      const [command = '', ...printed] = each.split('\n');
      return { command, printed: printed.join('\n').trim() };
    });
}
