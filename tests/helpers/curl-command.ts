/**
 * Stands in for curl where a machine has none. Stricter than curl: an answer of 400 or more is a
 * failure.
 */
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    request: { type: 'string', short: 'X', default: 'GET' },
    header: { type: 'string', short: 'H', multiple: true, default: [] },
    data: { type: 'string', short: 'd' },
    include: { type: 'boolean', short: 'i', default: false },
  },
});
const [url = ''] = positionals;
const response = await fetch(url, {
  method: values.request,
  headers: values.header.map((header): [string, string] => {
    const [name = '', value = ''] = header.split(/:\s*/, 2);
    return [name, value];
  }),
  ...(values.data === undefined ? {} : { body: values.data }),
});
if (values.include) {
  process.stdout.write(`HTTP/1.1 ${response.status} ${response.statusText}\n`);
  for (const [name, value] of response.headers) process.stdout.write(`${name}: ${value}\n`);
  process.stdout.write('\n');
}
process.stdout.write(`${await response.text()}\n`);
if (!response.ok) process.exitCode = 22;
