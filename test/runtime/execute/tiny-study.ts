// Small pipelines on tiny models, checked and run for real on rows that are really drawn: what the tests of the executor
// share. Stages are run in the order in which they need each other, as a study does.
import { digest } from '../../../src/compiler/base/digest.js';
import type { Replicates } from '../../../src/compiler/check/claims.js';
import type { CheckedFile } from '../../../src/compiler/check/experiment.js';
import type { Stage } from '../../../src/compiler/check/stage.js';
import type { ModelGraph } from '../../../src/compiler/model/model-graph.js';
import { callsOf } from '../../../src/compiler/plan/partition.js';
import { type ProgramOptions, programOf } from '../../../src/compiler/plan/stage-program.js';
import type { Backend } from '../../../src/runtime/backend/backend.js';
import { type HostTensor, tensorOf } from '../../../src/runtime/backend/host-tensor.js';
import { dataDigest } from '../../../src/runtime/data/data-digest.js';
import { dataFacts } from '../../../src/runtime/data/data-facts.js';
import {
  type ExecuteEnv,
  executeStage,
  partitionProgram,
  type StageResult,
} from '../../../src/runtime/execute/execute-stage.js';
import { type PooledValue, pooledOf } from '../../../src/runtime/execute/pooled.js';
import { reinitialise } from '../../../src/runtime/model/reinitialise.js';
import { tokenizerOf } from '../../../src/runtime/model/tokenizer.js';
import { RowBook } from '../../../src/runtime/study/rows.js';
import { checkedFile } from '../../compiler/check/checking.js';
import { fakeHost } from '../../compiler/check/fake-host.js';
import { type TinyModel, tinyModel } from '../../compiler/model/tiny-model.js';

export const ROOT = '5e'.repeat(32);
const words =
  'the a When and went to , gave store park ring bone Ann Bob Cid Dan Eve Flo with then decided hand it'.split(
    ' ',
  );
// Of two lengths: rows of unequal length must meet in one stage.
const templates = ['When', 'then', 'a', 'the', 'with'].flatMap((word) => [
  `${word} {IO} and {S1} went to the {place} , {S2} gave a {gift} to`,
  `${word} {S1} and {IO} went to {place} , {S2} gave {gift} to`,
  `${word} {gift} and the {place} , {S1} and {IO} went , {S2} gave it to`,
]);
const files: Readonly<Record<string, readonly string[]>> = {
  'templates.txt': templates,
  'charlie.txt': templates.map((one) => one.replace('{S2}', '{C} and {S2}')),
  'names.txt': ['Ann', 'Bob', 'Cid', 'Dan', 'Eve', 'Flo'],
  'places.txt': ['store', 'park'],
  'gifts.txt': ['ring', 'bone'],
};

export const ids: TinyModel = tinyModel({ vocab: 11, context: 12, norm: 'none' }, 3);
const reader = tinyModel({ vocab: words.length, context: 24, layers: 2, heads: 3, d_head: 2 }, 4);
const wordy: TinyModel = {
  ...reader,
  model: { ...reader.model, tokenizer: { kind: 'words', vocab: words, bos: null } },
};
/** The same words under other ids. */
const reversed: TinyModel = {
  ...wordy,
  model: {
    ...wordy.model,
    digest: digest('model', 'reversed'),
    tokenizer: { kind: 'words', vocab: words.toReversed(), bos: null },
  },
};
export const vocabulary: readonly string[] = words;

const wider = tinyModel(
  { vocab: words.length, context: 24, layers: 3, heads: 4, d_head: 16, d_model: 64, d_mlp: 256 },
  5,
);
/** Large enough that what members share is worth computing once. */
const wide: TinyModel = {
  ...wider,
  model: { ...wider.model, tokenizer: { kind: 'words', vocab: words, bos: null } },
};

export const induction = `eis 1
model m = bundled("ids")
data repeats = repeated_tokens(m.vocab, period: 3..=4) {
  size:  20
  split: shares(discover: 30%, reference: 20%, confirm: 50%)
}
hook pattern[l in m.layers, h in m.heads] = m.blocks[l].attn.pattern[head: h]
hook z[l in m.layers, h in m.heads] = m.blocks[l].attn.z[head: h]
let follows = (previous(repeats.tokens) as key) == (repeats.tokens as query)
metric prefix_matching[l, h] unit probability =
  mean(sum(pattern[l, h] * follows, over: key), over: query where repeats.second_copy as query)
metric loss unit nat = mean(cross_entropy(m.logits, repeats.next_token), over: pos where repeats.second_copy)
intervention knock[l, h] = z[l, h] <- mean(z[l, h], over: [example, pos]) @ (m on repeats.reference)
metric harm[l, h] unit nat = loss @ (m with knock[l, h]) - loss
claim needed = each l in m.layers, h in m.heads: mean(harm[l, h]) > 0.05 nat { on: repeats.confirm }
control direction = needed given knock[l, h] = z[l, h] <- self + random_direction(norm: change(knock[l, h]))
control untrained = needed given m = reinitialised(m, seeds: 2)
report { heatmap(prefix_matching, x: head, y: layer) }
`;

export const objects = `eis 1
import [logit_difference] from "std/metrics"
import [sent] from "std/paths"
import [faithful, necessary] from "std/circuits"
model m = bundled("words")
data ioi = template(lines("templates.txt")) {
  hole [IO, S1] = distinct(column("names.txt"))
  hole S2    = S1
  hole place = column("places.txt")
  hole gift  = column("gifts.txt")
  answer:      " {IO}"
  wrong:       " {S1}"
  variant abc { hole S2 = distinct(column("names.txt")) }
  variant charlie { text: lines("charlie.txt"), hole C = distinct(column("names.txt")), answer: " {C}" }
  size:        24
  split:       by(template, discover: 30%, confirm: 70%)
}
hook z[l in m.layers, h in m.heads] = m.blocks[l].attn.z[head: h]
hook out = m.final.resid_pre[pos: end]
metric ld unit logit = logit_difference(m.logits, ioi.answer, ioi.wrong, at: end)
intervention direct[l, h] = out <- sent(from: z[l, h], value: z[l, h] @ (m on ioi.abc), to: out, redo: [mlps, norms])
metric direct_effect[l, h] unit logit = ld @ (m with direct[l, h]) - ld
ablation abc_mean = mean { of: z, on: ioi.abc, by: [template, role] }
circuit pair = [z[0, 1], z[1, 2]]
intervention patch[l in m.layers, r in ioi.roles] =
  m.blocks[l].resid_pre[pos: r] <- m.blocks[l].resid_pre[pos: r] @ (m on ioi.abc)
metric patched[l, r] unit logit = ld @ (m with patch[l, r]) - ld
intervention scale[l in m.layers, s in [0.5, 2]] = m.blocks[l].attn_out <- self * s
metric scaled[l, s] unit logit = ld @ (m with scale[l, s]) - ld
claim direct_matters = each l in m.layers, h in m.heads: mean(direct_effect[l, h]) > 0.1 logit { on: ioi.confirm }
claim where_it_is = each l in m.layers, r in ioi.roles: mean(patched[l, r]) > 0.1 logit { on: ioi.confirm }
claim how_much = each l in m.layers, s in [0.5, 2]: mean(scaled[l, s]) > 0.1 logit { on: ioi.confirm }
claim enough = faithful(pair, ld, ablation: abc_mean, within: 10%, distance: 0.5 logit) {
  on:      ioi.confirm
  assay:   necessary(pair, ld, ablation: abc_mean, at_least: 50%)
  because: "Small."
}
claim general = enough given on = ioi.confirm.charlie
control others = enough given pair = circuits(like: pair, match: [size, layer], n: 99)
`;

export type TinyStudy = {
  readonly checked: CheckedFile;
  readonly stages: readonly Stage[];
  readonly book: RowBook;
  readonly lookupWeight: (digest: string) => HostTensor;
};

/** Checks a pipeline with all replicates, as for a run. */
export function tinyStudy(text: string, replicates: Replicates = 'all'): TinyStudy {
  const weights = new Map<string, HostTensor>();
  const models = new Map<string, TinyModel>([
    ['ids', ids],
    ['words', wordy],
    ['wide', wide],
    ['reversed', reversed],
  ]);
  for (const { model, weights: own } of models.values()) {
    for (const { op } of model.graph.nodes) {
      const found = op.name === 'Weight' ? own.get(op.attrs.name) : undefined;
      if (op.name === 'Weight' && found !== undefined)
        weights.set(op.attrs.digest, tensorOf('f32', found.dims, [...found.data]));
    }
  }
  const drawn: ((digest: string) => HostTensor)[] = [];
  const lookupWeight = (digest: string): HostTensor => {
    const known = weights.get(digest);
    if (known !== undefined) return known;
    for (const lookup of drawn) {
      try {
        return lookup(digest);
      } catch {
        // another replicate's
      }
    }
    throw new Error(`no weight ${digest}`);
  };
  const missing = { kind: 'problem', code: 'EIS2024', text: 'no such file', notes: [], help: null } as const;
  const checked = checkedFile(
    text,
    {
      ...fakeHost(),
      readLines: (path) => (files[path] === undefined ? missing : { kind: 'ok', value: files[path] }),
      readColumn: (path) => (files[path] === undefined ? missing : { kind: 'ok', value: files[path] }),
      loadModel: (source) => {
        const found = source.kind === 'bundled' ? models.get(source.name) : undefined;
        return found === undefined ? missing : { kind: 'ok', value: found.model };
      },
      reinitialised: (model: ModelGraph, stream, replicate) => {
        const fresh = reinitialise(model, { rootHex: ROOT, stream, replicate }, lookupWeight);
        drawn.push(fresh.lookupWeight);
        return { kind: 'ok', value: fresh.graph };
      },
      dataFacts: (spec, model, paths) => {
        const tokenizer = model === null ? undefined : tokenizerOf(model);
        const request = { spec, root: dataDigest(spec), paths };
        const made = dataFacts(tokenizer === undefined ? request : { ...request, tokenizer });
        if (made.kind === 'failed') throw new Error(made.problems.map((one) => one.text).join('; '));
        return { kind: 'ok', value: made.value };
      },
    },
    { replicates, everything: false },
  );
  const stages = [...checked.stages.stages.values()];
  const book = new RowBook(checked, () => new Uint8Array(), null);
  book.expect(stages);
  return { checked, stages, book, lookupWeight };
}

export type TinyRun = {
  readonly results: ReadonlyMap<Stage, StageResult>;
  readonly plannedFlops: number;
};
export type TinyEnv = Partial<Omit<ExecuteEnv, 'rows' | 'drawn' | 'pools' | 'backend'>> & {
  readonly backend: Backend;
  readonly wanted?: NonNullable<ProgramOptions['wanted']>;
};

/** Runs every stage of a study. */
export async function runTiny(study: TinyStudy, env: TinyEnv): Promise<TinyRun> {
  const results = new Map<Stage, StageResult>();
  const pools = new Map<number, PooledValue>();
  const skip = env.skip ?? [];
  let plannedFlops = 0;
  const run = async (stage: Stage): Promise<StageResult> => {
    const known = results.get(stage);
    if (known !== undefined) return known;
    for (const { spec } of stage.inputs.values()) {
      const pool = 'pool' in spec ? study.checked.stages.pools[spec.pool] : undefined;
      if (pool === undefined || pools.has(pool.id)) continue;
      const pooled = await run(pool.stage);
      pools.set(pool.id, pooledOf(pool, pooled, study.book.rows(pool.stage.data, pool.stage.split)));
    }
    const program = programOf(stage, env.wanted === undefined ? { skip } : { skip, wanted: env.wanted });
    const full: ExecuteEnv = {
      memoryBytes: 1e8,
      root: ROOT,
      store: null,
      lookupWeight: study.lookupWeight,
      ...env,
      skip,
      rows: study.book.rows(stage.data, stage.split),
      drawn: new Map(),
      pools,
    };
    const pieces = partitionProgram(program, full);
    for (const piece of pieces) plannedFlops += callsOf(piece).reduce((sum, call) => sum + call.flops, 0);
    const result = await executeStage(program, full);
    results.set(stage, result);
    return result;
  };
  for (const stage of study.stages) await run(stage);
  return { results, plannedFlops };
}

/** Every number of a run, by stage and output. */
export function numbersOf(study: TinyStudy, { results }: TinyRun): ReadonlyMap<string, ArrayLike<number>> {
  const all = new Map<string, ArrayLike<number>>();
  for (const [key, stage] of study.checked.stages.stages) {
    const result = results.get(stage);
    if (result === undefined) continue;
    for (const [name, { values }] of result.outputs) all.set(`${key} ${name}`, values);
    for (const [name, { rows }] of result.ragged)
      all.set(
        `${key} ${name}`,
        rows.flatMap((one) => [...one.cells]),
      );
  }
  return all;
}
