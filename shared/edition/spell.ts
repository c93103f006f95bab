import { BEFORE_OPTIONS, PROGRAM } from '#edition';

/** How a user types a command of ours. @param args its arguments and options */
export function spell(command: string, args = ''): string {
  return args === '' ? `${PROGRAM} ${command}` : `${PROGRAM} ${command}${BEFORE_OPTIONS} ${args}`;
}
