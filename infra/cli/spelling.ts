/** How a user types a command. A published program spells it differently, here alone. */
export function spell(command: string, args = ''): string {
  return args === '' ? `npm run ${command}` : `npm run ${command} -- ${args}`;
}
