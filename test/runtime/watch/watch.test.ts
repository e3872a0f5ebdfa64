// A watched file: what is run again after a save, what stays on the screen, and what is never opened. Saves are scripted; the
// backend counts what it is asked for.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openApp } from '../../../src/runtime/app.js';
import { type WatchTools, watch } from '../../../src/runtime/application/watch.js';
import type { Backend } from '../../../src/runtime/backend/backend.js';
import { openBackend } from '../../../src/runtime/backend/registry.js';
import { realHost } from '../../../src/runtime/host.js';
import { parseLedger } from '../../../src/runtime/store/parse-ledger.js';
import type { WatchEvent } from '../../../src/runtime/watch/watch-event.js';

const test = suite('watch');
const folders: string[] = [];
test.after(() => {
  for (const one of folders) rmSync(one, { recursive: true, force: true });
});

const FILE = 'draft.eis';
const draft = `eis 1
import [twice] from "own"

study "Copying" {
  question: "Does the model copy?"
  rationale: "The smallest question about the smallest model."
  out_of_scope: "Text."
}
model m = bundled("attn2")
data d = repeated_tokens(m.vocab, period: 4..=8) {
  size: 60
  split: shares(discover: 40%, reference: 10%, confirm: 50%)
}
hook pattern[l in m.layers, h in m.heads] = m.blocks[l].attn.pattern[head: h]
metric loss unit nat = mean(cross_entropy(m.logits, d.next_token), over: pos where d.second_copy)
metric sharpest[l, h] unit probability = mean(max(pattern[l, h], over: key), over: query)
claim learnt = mean(loss) < 5 nat { on: d.confirm }
report {
  table(loss)
  heatmap(sharpest)
}
`;
const library = 'fn twice(x) = x + x\n';

type Kind = WatchEvent['kind'];
type EventOf<K extends Kind> = Extract<WatchEvent, { readonly kind: K }>;
/** What is done when the look with this number has ended. Null: stop. */
type Step = (project: Project) => void;

type Counted = { compiled: number; runs: number; flops: number };

class Project {
  readonly folder = mkdtempSync(join(tmpdir(), 'eis-watch-'));
  #onChange: (path: string) => void = () => {};
  watched: readonly string[] = [];
  readonly counted: Counted = { compiled: 0, runs: 0, flops: 0 };
  opened = 0;

  constructor() {
    folders.push(this.folder);
    writeFileSync(join(this.folder, 'eis.project.json'), '{}\n');
    writeFileSync(join(this.folder, 'own.eis'), library);
    writeFileSync(join(this.folder, FILE), draft.replace('import [twice] from "own"\n', ''));
  }

  get text(): string {
    return readFileSync(join(this.folder, FILE), 'utf8');
  }

  save(text: string, name = FILE): void {
    writeFileSync(join(this.folder, name), text);
    this.#onChange(join(this.folder, name));
  }

  get tools(): WatchTools {
    return {
      open: async () => {
        this.opened += 1;
        return counting(await openBackend('ort:cpu'), this.counted);
      },
      files: (onChange) => {
        this.#onChange = onChange;
        return {
          watch: (paths) => {
            this.watched = [...paths];
          },
          close: () => {},
        };
      },
      settle: () => Promise.resolve(),
    };
  }

  kindsInLedger(): readonly string[] {
    const path = join(this.folder, 'eis.ledger.jsonl');
    const read = parseLedger(readFileSync(path, 'utf8'), path);
    return read.kind === 'bad' ? ['bad'] : read.entries.map((one) => one.body.kind);
  }
}

function counting(backend: Backend, counted: Counted): Backend {
  return {
    ...{ name: backend.name, version: backend.version, capabilities: backend.capabilities },
    counts: () => backend.counts(),
    dispose: () => backend.dispose(),
    compile: async (graph, options) => {
      counted.compiled += 1;
      const executable = await backend.compile(graph, options);
      return {
        dispose: () => executable.dispose(),
        run: async (...given) => {
          const result = await executable.run(...given);
          counted.runs += 1;
          counted.flops += result.flops;
          return result;
        },
      };
    },
  };
}

type Ended = { readonly events: readonly WatchEvent[]; readonly counts: readonly Counted[] };

/** Watches; after each look that ended the next step is taken, and after the last the watch is stopped. `counts`: at each end. */
async function watched(project: Project, steps: readonly Step[]): Promise<Ended> {
  const events: WatchEvent[] = [];
  const counts: Counted[] = [];
  const stop = new AbortController();
  const waiting = [...steps];
  const ends: readonly Kind[] = ['watch-answer', 'watch-refused', 'watch-locked'];
  await watch(
    { cwd: project.folder, host: realHost() },
    FILE,
    {
      ...{ backend: 'ort:cpu', memoryBytes: 256e6, withoutPasses: [], settings: new Map() },
      signal: stop.signal,
      emit: (event) => {
        events.push(event);
        if (!ends.includes(event.kind)) return;
        counts.push({ ...project.counted });
        const next = waiting.shift();
        // After the look has returned: what it emits last is not yet its end.
        setImmediate(() => setImmediate(() => (next === undefined ? stop.abort() : next(project))));
      },
    },
    project.tools,
  );
  return { events, counts };
}

async function locked({ folder }: Project): Promise<void> {
  const { lock, diagnostics } = await openApp(folder).lock(FILE, { settings: new Map(), anchor: false });
  assert.ok(lock !== null, diagnostics.map((one) => `${one.code} ${one.message}`).join('\n'));
}

const of = <K extends Kind>({ events }: Ended, kind: K): readonly EventOf<K>[] =>
  events.filter((one): one is EventOf<K> => one.kind === kind);

function lossIn({ answer }: EventOf<'watch-answer'>): number {
  const view = answer.views[0];
  return view?.kind === 'table' ? (view.rows[0]?.values[0] ?? Number.NaN) : Number.NaN;
}

test('after a change to the last line of a metric only that is computed again, from values that were kept', async () => {
  const project = new Project();
  const ended = await watched(project, [
    (one) => one.save(one.text.replace('d.second_copy)\n', 'd.second_copy) * 2\n')),
    (one) => one.save(one.text.replace('second_copy) * 2\n', 'second_copy) * 3\n')),
  ]);
  const [first, second, third] = of(ended, 'watch-answer');
  const [start, once, twice] = ended.counts;
  if (first === undefined || second === undefined || third === undefined) return assert.unreachable();
  if (start === undefined || once === undefined || twice === undefined) return assert.unreachable();
  assert.is(project.opened, 1, 'the backend is opened once');
  assert.ok(Math.abs(lossIn(second) / lossIn(first) - 2) < 1e-5);
  assert.ok(Math.abs(lossIn(third) / lossIn(first) - 3) < 1e-5);
  // The model went through the backend in the first look only: no check of it, and none of its graphs, again.
  assert.is(once.compiled - start.compiled, 1);
  assert.is(twice.compiled - once.compiled, 1);
  assert.ok(once.flops - start.flops < start.flops / 4, `${once.flops - start.flops} of ${start.flops}`);
  const changed = second.changes.map((one) => one.id);
  assert.ok(changed.includes('view/0/ 0'), changed.join());
  assert.not.ok(changed.some((one) => one.startsWith('view/1/')));
});

test('a save that changes no number computes nothing and is no new look in the ledger', async () => {
  const project = new Project();
  const ended = await watched(project, [
    (one) => one.save(`${one.text}// a remark\n`),
    (one) => one.save(one.text.replace('d.second_copy)\n', 'd.second_copy) * 2\n')),
  ]);
  assert.is(of(ended, 'watch-answer')[1]?.cost.computed, 0);
  assert.is(ended.counts[1]?.runs, ended.counts[0]?.runs);
  assert.equal(project.kindsInLedger(), ['explore', 'explore']);
});

test('the ledger has a look before it is shown', async () => {
  const project = new Project();
  const seen: (readonly string[])[] = [];
  await watched(project, [
    (one) => {
      seen.push(one.kindsInLedger());
      one.save(one.text);
      one.save(one.text.replace('< 5 nat', '< 4 nat').replace('table(loss)\n', ''));
    },
  ]);
  assert.equal(seen, [['explore']]);
});

test('an error is shown with its place, and the last answer stays', async () => {
  const project = new Project();
  const ended = await watched(project, [
    (one) => one.save(one.text.replace('mean(loss) < 5', 'mean(loss) < < 5')),
    (one) => one.save(one.text.replace('< < 5', '< 5')),
  ]);
  const kinds = ended.events.map((one) => one.kind).filter((one) => one !== 'watch-progress');
  assert.equal(kinds, [
    ...['watch-started', 'watch-look', 'watch-answer'],
    ...['watch-look', 'watch-refused', 'watch-look', 'watch-answer', 'watch-stopped'],
  ]);
  const [refused] = of(ended, 'watch-refused');
  assert.is(refused?.why, 'errors');
  assert.match(refused?.texts.join('\n') ?? '', /draft\.eis:16:\d+/);
  assert.equal(of(ended, 'watch-answer')[1]?.changes, []);
});

test('an error in what no claim and no view asks for is told after the answer', async () => {
  const project = new Project();
  project.save(`${project.text}metric idle = los\n`);
  const ended = await watched(project, [() => {}]);
  assert.is(of(ended, 'watch-answer').length, 1);
  assert.match(of(ended, 'watch-refused')[0]?.texts.join() ?? '', /EIS2001/);
});

test('a locked file opens nothing and is not looked at', async () => {
  const project = new Project();
  await locked(project);
  const before = project.kindsInLedger();
  const ended = await watched(project, []);
  assert.is(of(ended, 'watch-locked').length, 1);
  assert.is(of(ended, 'watch-answer').length, 0);
  assert.equal(project.counted, { compiled: 0, runs: 0, flops: 0 });
  assert.equal(project.kindsInLedger(), before);
});

test('a file changed since its lock explores discover rows, and opens none', async () => {
  const project = new Project();
  await locked(project);
  project.save(project.text.replace('< 5 nat', '< 4 nat'));
  const ended = await watched(project, []);
  const [answer] = of(ended, 'watch-answer');
  assert.is(answer?.answer.claims[0]?.on, 'd.discover');
  assert.match(answer?.warnings.join() ?? '', /changed since the lock/);
  assert.equal(
    project.kindsInLedger().filter((one) => one === 'open' || one === 'confirm'),
    [],
  );
});

test('files that the pipeline imports are watched, and a save of one is looked at', async () => {
  const project = new Project();
  project.save(
    draft
      .replace('= mean(cross_entropy', '= twice(mean(cross_entropy')
      .replace('second_copy)\n', 'second_copy))\n'),
  );
  const ended = await watched(project, [
    (one) => {
      assert.ok(one.watched.includes(join(one.folder, 'own.eis')), one.watched.join());
      one.save('fn twice(x) = x + x + x + x\n', 'own.eis');
    },
  ]);
  const [first, second] = of(ended, 'watch-answer');
  if (first === undefined || second === undefined) return assert.unreachable();
  assert.ok(Math.abs(lossIn(second) / lossIn(first) - 2) < 1e-5);
});

test.run();
