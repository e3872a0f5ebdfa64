// A process that writes to a project without pause until it is killed, or `count` times. Started by processes.test.ts:
//   store-worker.ts FOLDER NAME COUNT
// Says `warm` after the first round, in which schemas are compiled and folders made.
import { join } from 'node:path';
import { realHost } from '../../src/runtime/host.js';
import { openStore, putBytes } from '../../src/runtime/store/cas.js';
import { keyOf } from '../../src/runtime/store/key.js';
import { appendEntry, ledgerPath } from '../../src/runtime/store/ledger.js';
import { layOutResult, writeResult } from '../../src/runtime/store/result.js';
import { resultOf, stamp } from './confirmed-study.js';

const [folder = '', name = '', count = '0'] = process.argv.slice(2);
const host = realHost();
const store = openStore(host, folder);
const views = [{ path: 'report.md', content: `# ${name}\n`.repeat(2000) }];
const { files } = layOutResult({ ...resultOf(undefined, undefined), views });
for (let n = 0; n < Number(count); n++) {
  // every process writes the same keys, as two runs of one pipeline do
  const key = keyOf({ what: 'worker', inputs: { n } });
  putBytes(store, key, new Uint8Array(32_000).fill(n));
  const body = { kind: 'abort', because: `${name} ${n}`, ...stamp } as const;
  appendEntry(host, ledgerPath(folder), body);
  writeResult(host, join(folder, 'x.eis'), files);
  if (n === 0) process.stdout.write('warm\n');
}
