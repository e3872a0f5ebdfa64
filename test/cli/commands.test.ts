// What each command asks of the application, what it prints, and what it exits with.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { BackendFailure } from '../../src/runtime/backend/backend.js';
import type { App, RunOutcome } from '../../src/runtime/cli/app-api.js';
import { fail } from '../../src/runtime/store/problem.js';
import { aWarning, jsonLines, nothing, runMain, withError } from './fake-app.js';

const test = suite('commands');

const summary = { claims: 2, members: 17, controls: 3, families: 1, lines: ['a draft: no lock'] };
const outcome: RunOutcome = {
  supported: 1,
  refuted: 0,
  inconclusive: 0,
  invalid: 0,
  reportHtml: 'x.eis.result/report.html',
  files: [],
  decisionDigest: 'd1',
  outcomeDigest: 'o1',
  failedChecks: [],
  replay: null,
};
const ran = (changes: Partial<RunOutcome> = {}): Partial<App> => ({
  run: async () => ({ ...nothing, outcome: { ...outcome, ...changes } }),
});

test('check of a good file exits 0 and says what the file holds', async () => {
  const { code, out, err } = await runMain(['check', 'x.eis'], {
    app: { check: async () => ({ ...nothing, summary }) },
  });
  assert.is(code, 0);
  assert.is(out, 'x.eis: no errors; 2 claims (17 members), 1 family, 3 controls\na draft: no lock\n');
  assert.is(err, '');
});

test('check of a bad file exits 1 and shows the place on standard error', async () => {
  const { code, out, err } = await runMain(['check', 'x.eis'], {
    app: { check: async () => ({ ...withError, summary: null }) },
  });
  assert.is(code, 1);
  assert.is(out, '');
  assert.match(err, /^error\[EIS2001\]: there is no `hed`\n/);
  assert.match(err, /1 \| let hed = 1\n/);
  assert.match(err, /\n1 error\n$/);
});

test('a warning alone exits 0', async () => {
  const { code, err } = await runMain(['check', 'x.eis'], {
    app: { check: async () => ({ ...nothing, diagnostics: [aWarning], summary }) },
  });
  assert.is(code, 0);
  assert.match(err, /1 warning\n$/);
});

test('a failed check of the machinery exits 3 and a replay with other verdicts 4, whatever --fail-on asks', async () => {
  const exit = async (changes: Partial<RunOutcome>) =>
    (await runMain(['run', 'x.eis', '--fail-on', 'refuted'], { app: ran({ refuted: 1, ...changes }) })).code;
  assert.is(await exit({}), 5);
  assert.is(await exit({ failedChecks: ['self-swap m'], replay: 'neither' }), 3);
  assert.is(await exit({ replay: 'neither' }), 4);
  assert.is(await exit({ replay: 'decision' }), 5);
});

test('several files are checked one by one; one bad file is enough for exit 1', async () => {
  const { code, calls } = await runMain(['check', 'a.eis', 'x.eis', 'b.eis', '--lock', '--set', 'p=3'], {
    app: {
      check: async (file) => (file === 'x.eis' ? { ...withError, summary: null } : { ...nothing, summary }),
    },
  });
  assert.is(code, 1);
  assert.equal(
    calls.map((call) => call.given),
    ['a.eis', 'x.eis', 'b.eis'].map((file) => [file, { settings: new Map([['p', '3']]), asLock: true }]),
  );
});

test('with --json diagnostics and results are lines of JSON on standard output', async () => {
  const { code, out, err } = await runMain(['check', '--json', 'x.eis', 'y.eis'], {
    app: {
      check: async (file) => (file === 'x.eis' ? { ...withError, summary: null } : { ...nothing, summary }),
    },
  });
  assert.is(code, 1);
  assert.is(err, '');
  const [first, second] = jsonLines(out);
  assert.is(first?.kind, 'diagnostic');
  assert.is(first?.code, 'EIS2001');
  assert.match(JSON.stringify(first?.primary), /"column":5/);
  assert.equal(second, { kind: 'checked', file: 'y.eis', ...summary });
});

test('--json may stand before the command', async () => {
  const { out } = await runMain(['--json', 'check', 'y.eis'], {
    app: { check: async () => ({ ...nothing, summary }) },
  });
  assert.is(jsonLines(out).length, 1);
});

test('plan hands on how graphs are executed', async () => {
  const { code, out, calls } = await runMain(
    [
      'plan',
      'x.eis',
      '--explain',
      '--memory',
      '1.5GB',
      '--batch',
      '7',
      '--without-pass',
      'share-prefix',
      '--backend',
      'reference',
    ],
    { app: { plan: async () => ({ ...nothing, text: 'the plan', json: null }) } },
  );
  assert.is(code, 0);
  assert.is(out, 'the plan\n');
  assert.equal(calls[0]?.given, [
    'x.eis',
    {
      settings: new Map(),
      explain: true,
      memoryBytes: 1.5e9,
      batch: 7,
      withoutPasses: ['share-prefix'],
      backend: 'reference',
    },
  ]);
});

test('a run whose claims are refuted exits 0: that is a result', async () => {
  const { code, out } = await runMain(['run', 'x.eis'], { app: ran({ supported: 0, refuted: 3 }) });
  assert.is(code, 0);
  assert.is(out, 'decision d1\noutcomes o1\n');
});

test('--fail-on exits 5 on the verdicts that it names and on no others', async () => {
  const codeOf = async (flags: readonly string[], changes: Partial<RunOutcome>) =>
    (await runMain(['run', 'x.eis', ...flags], { app: ran(changes) })).code;
  assert.is(await codeOf(['--fail-on', 'refuted'], { refuted: 1 }), 5);
  assert.is(await codeOf(['--fail-on', 'refuted'], { inconclusive: 1 }), 0);
  assert.is(await codeOf(['--fail-on', 'inconclusive'], { inconclusive: 1 }), 5);
  assert.is(await codeOf(['--fail-on', 'inconclusive'], { invalid: 1 }), 5);
  assert.is(await codeOf(['--fail-on', 'inconclusive'], { refuted: 1 }), 0);
  assert.is(await codeOf(['--fail-on', 'inconclusive', '--fail-on', 'refuted'], { refuted: 1 }), 5);
  assert.is(await codeOf(['--fail-on', 'supported'], {}), 2);
});

test('a run that failed exits 3, one that did not pass the checker 1', async () => {
  const failed = await runMain(['run', 'x.eis'], {
    app: { run: async () => ({ ...withError, outcome: null, failed: true }) },
  });
  assert.is(failed.code, 3);
  const refused = await runMain(['run', 'x.eis'], {
    app: { run: async () => ({ ...withError, outcome: null }) },
  });
  assert.is(refused.code, 1);
});

test('events are plain lines, or the event log with --json', async () => {
  const app: Partial<App> = {
    run: async (_, { emit }) => {
      emit({ kind: 'warning', text: 'cold\u001b[31m', at: 1 });
      return { ...nothing, outcome };
    },
  };
  const plain = await runMain(['run', 'x.eis'], { app });
  assert.match(plain.out, /^warning: cold\\u\{1b\}\[31m\n/);
  const log = await runMain(['run', 'x.eis', '--json'], { app });
  assert.equal(
    jsonLines(log.out).map((line) => line.kind),
    ['warning', 'outcome'],
  );
});

test('Ctrl-C aborts the run, which exits 130 and says how to go on', async () => {
  let stop = () => {};
  const { code, err, left } = await runMain(['run', "it's.eis", '--set', 'a=b c', '--batch', '4'], {
    onStart: (doIt) => {
      stop = doIt;
    },
    app: {
      run: async (_, { signal }) => {
        stop();
        assert.ok(signal.aborted);
        return { ...nothing, outcome: null, interrupted: true };
      },
    },
  });
  assert.is(code, 130);
  assert.equal(left, []);
  assert.match(err, /go on with eisc run 'it'\\''s\.eis' --set 'a=b c' --batch 4\n$/);
});

test('a second Ctrl-C ends the process at once', async () => {
  let stop = () => {};
  const { left } = await runMain(['run', 'x.eis'], {
    onStart: (doIt) => {
      stop = doIt;
    },
    app: {
      run: async () => {
        stop();
        stop();
        return { ...nothing, outcome: null, interrupted: true };
      },
    },
  });
  assert.equal(left, [130]);
});

test('how to go on is said once: not again when the stream has said it', async () => {
  const { err, out } = await runMain(['run', 'x.eis'], {
    app: {
      run: async (_, { emit, resume }) => {
        emit({ kind: 'run-interrupted', resume, at: 0 });
        return { ...nothing, outcome: null, interrupted: true };
      },
    },
  });
  assert.is(err, '');
  assert.match(out, /eisc run x\.eis/);
});

test('verify exits 0 when all holds and 4 when something does not', async () => {
  const good = { name: 'ledger chain', state: 'ok', text: '7 entries' } as const;
  const bad = { name: 'lock', state: 'failed', text: 'was changed' } as const;
  const held = await runMain(['verify'], {
    app: { verify: async () => ({ ...nothing, checks: [good], ok: true }) },
  });
  assert.is(held.code, 0);
  assert.is(held.out, 'ok          ledger chain: 7 entries\n');
  assert.equal(held.calls[0]?.given, ['.', { merge: false }]);
  const broken = await runMain(['verify', 'x.eis', '--anchor', 'abc', '--merge'], {
    app: { verify: async () => ({ ...nothing, checks: [good, bad], ok: false }) },
  });
  assert.is(broken.code, 4);
  assert.equal(broken.calls[0]?.given, ['x.eis', { anchor: 'abc', merge: true }]);
  const missing = await runMain(['verify', 'x.eis'], {
    app: { verify: async () => ({ ...withError, checks: [], ok: false }) },
  });
  assert.is(missing.code, 1);
});

test('lock, report, diff, hooks, graph and gc print what the application answers', async () => {
  const cases: readonly (readonly [argv: readonly string[], app: Partial<App>, out: string])[] = [
    [
      ['lock', 'x.eis'],
      { lock: async () => ({ ...nothing, lines: ['locked 2 claims'], lock: 'x.eis.lock' }) },
      'locked 2 claims\n',
    ],
    [
      ['report', 'x.eis'],
      { report: async () => ({ ...nothing, path: 'r.html', text: null }) },
      'wrote r.html\n',
    ],
    [
      ['report', 'x.eis', '--format', 'md'],
      { report: async () => ({ ...nothing, path: null, text: '# R' }) },
      '# R\n',
    ],
    [
      ['diff', 'a', 'b'],
      { diff: async () => ({ ...nothing, lines: [], equal: true }) },
      'no difference in meaning\n',
    ],
    [
      ['diff', 'a', 'b'],
      { diff: async () => ({ ...nothing, lines: ['margin: 1 -> 2'], equal: false }) },
      'margin: 1 -> 2\n',
    ],
    [['hooks', 'attn2'], { hooks: async () => ({ ...nothing, text: 'logits', json: [] }) }, 'logits\n'],
    [
      ['graph', 'x.eis', '--format', 'dot'],
      { graph: async () => ({ ...nothing, text: 'digraph {}' }) },
      'digraph {}\n',
    ],
    [['gc', '--dry-run'], { gc: async () => ({ ...nothing, lines: ['3 values'] }) }, '3 values\n'],
  ];
  for (const [argv, app, text] of cases) {
    const { code, out, err } = await runMain(argv, { app });
    assert.equal([code, out, err], [0, text, ''], argv.join(' '));
    const json = await runMain([...argv, '--json'], { app });
    assert.is(jsonLines(json.out).length, 1, argv.join(' '));
  }
});

test('options of gc and hooks arrive as values', async () => {
  const gc = await runMain(['gc', '--older-than', '2.5'], {
    app: { gc: async () => ({ ...nothing, lines: [] }) },
  });
  assert.equal(gc.calls[0]?.given, [{ dryRun: false, olderThanDays: 2.5 }]);
  const hooks = await runMain(['hooks', 'attn2', '--grep', 'z'], {
    app: { hooks: async () => ({ ...nothing, text: '', json: null }) },
  });
  assert.equal(hooks.calls[0]?.given, ['attn2', { grep: 'z' }]);
});

test('a failure of the world is a diagnostic, whoever throws it', async () => {
  const missing = async () =>
    fail({ kind: 'file', why: 'missing', action: 'read', path: 'x.eis', detail: 'ENOENT' });
  const check = await runMain(['check', 'x.eis'], { app: { check: missing } });
  assert.is(check.code, 1);
  assert.match(check.err, /^error\[EIS5104\]/);
  const run = await runMain(['run', 'x.eis'], {
    app: {
      run: async () => {
        throw new BackendFailure({ kind: 'run', backend: 'ort:cpu', text: 'no' });
      },
    },
  });
  assert.is(run.code, 3);
  assert.match(run.err, /^error\[EIS5503\]/);
});

test('our own mistake exits 70, names its stage, asks for a report, and shows no stack', async () => {
  const app: Partial<App> = {
    plan: async () => {
      throw new Error('internal error: value 7 has no shape\nsecond line');
    },
  };
  const { code, err } = await runMain(['plan', 'x.eis'], { app });
  assert.is(code, 70);
  assert.match(err, /^error\[EIS9001\]: internal error: value 7 has no shape\n/);
  assert.match(err, /stage: plan\n/);
  assert.match(err, /please report it/);
  assert.not.match(err, /^\s+at /m);
  const debug = await runMain(['plan', 'x.eis'], { app, env: { EISC_DEBUG: '1' } });
  assert.is(debug.code, 70);
  assert.match(debug.err, /^\s+at /m);
});

test.run();
