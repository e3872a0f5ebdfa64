// Searches in the ledger: an entry for each that the file makes, with its own count, there before what it found is told; one
// for those of a control's reinitialised models. A search that needs another's result waits for it.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bytesOfWeights } from '../../../src/compiler/ir/memory.js';
import { programOf } from '../../../src/compiler/plan/stage-program.js';
import { anonymousGraph, listingDigest } from '../../../src/compiler/plan/structure.js';
import type { RunEvent } from '../../../src/runtime/event.js';
import { loadBundled } from '../../../src/runtime/model/load-model.js';
import { tallyLooks } from '../../../src/runtime/store/looks.js';
import { ReferenceProject } from '../../support/reference-project.js';
import { induction, tinyStudy } from '../execute/tiny-study.js';

const test = suite('settle-searches');
const projects: ReferenceProject[] = [];
test.after(() => {
  for (const one of projects) one.remove();
});

/** The head that matters most, and then the one whose effect is nearest to that one's: the same again. */
const text = `eis 1
model m = bundled("attn2")
data repeats = repeated_tokens(m.vocab, period: 4..=6) {
  size:  12
  split: shares(discover: 50%, confirm: 50%)
}
hook z[l in m.layers, h in 2..=3] = m.blocks[l].attn.z[head: h]
metric loss unit nat = mean(cross_entropy(m.logits, repeats.next_token), over: pos where repeats.second_copy)
intervention knock[l, h] = z[l, h] <- 0
metric harm[l, h] unit nat = loss @ (m with knock[l, h]) - loss
circuit first = top(1, mean(harm), on: repeats.discover)
metric nearness[l, h] unit nat = -abs(harm[l, h] - loss @ (m with [z[first] <- 0]) + loss)
circuit second = top(1, mean(nearness), on: repeats.discover)
claim early = each c in first: mean(harm[c]) > 0.05 nat { on: repeats.confirm }
claim late = each c in second: mean(harm[c]) < 99 nat { on: repeats.confirm }
control untrained = early given m = reinitialised(m, seeds: 2)
`;

async function ran(program: string) {
  const project = new ReferenceProject(program);
  projects.push(project);
  const searchesAt: (readonly string[])[] = [];
  const { events, errors } = await project.run(undefined, {
    onEvent: (event) => {
      if (event.kind === 'found') searchesAt.push(searchesIn(project).map((one) => one.text));
    },
  });
  assert.equal(
    errors.map((one) => one.message),
    [],
  );
  const found = events.filter((one): one is Extract<RunEvent, { kind: 'found' }> => one.kind === 'found');
  return { project, events, found, searchesAt };
}

function searchesIn(project: ReferenceProject) {
  return project.ledger().flatMap(({ body }) => {
    if (body.kind !== 'search') return [];
    const { name, evaluations, configurations, control } = body;
    return [
      { text: `${name} ${evaluations} in ${configurations}${control === undefined ? '' : ` ${control}`}` },
    ];
  });
}

test('a replicate that is built alone is the one that is built among all', () => {
  const listed = (replicates: Parameters<typeof tinyStudy>[1]): readonly string[] =>
    tinyStudy(induction, replicates).checked.controls.flatMap(({ what }) =>
      what.kind !== 'reinitialised'
        ? []
        : what.replicates.map(({ stage }) =>
            programOf(stage, { skip: [] })
              .parts.map((one) => listingDigest(anonymousGraph(one.graph).graph, 'with weights'))
              .join(' '),
          ),
    );
  const all = listed('all');
  assert.is(new Set(all).size, 2, 'their weights are their own');
  assert.equal(listed({ only: [1] }), all.slice(1));
  assert.equal(listed({ only: [0, 1] }), all);
  assert.equal(listed({ only: [2] }), [], 'there are two');
  assert.equal(listed('one'), all.slice(0, 1));
});

test('each search has an entry with its own count, written before what it found is told', async () => {
  const { project, found, searchesAt } = await ran(text);
  assert.equal(
    found.map((one) => [one.circuit, one.evaluations]),
    [
      ['first', 4],
      ['second', 4],
    ],
  );
  assert.equal(searchesAt[0], ['first 4 in 1']);
  assert.is(searchesAt[1]?.at(-1), 'second 4 in 1');
  assert.equal(
    searchesIn(project).map((one) => one.text),
    ['first 4 in 1', 'first 8 in 2 reinitialised', 'second 4 in 1'],
  );
  assert.is(tallyLooks(project.ledger()).searches, 2, 'searches of a control are not looks for a circuit');
  // The second search scored members by what the first one found, not by what stood in for it.
  assert.is.not(found[0]?.members.join(), '[0,2]');
  assert.equal(found[1]?.members, found[0]?.members);
});

test('models that do not fit together are searched on one after the other, with the same results', async () => {
  const { graph } = (() => {
    const loaded = loadBundled('attn2');
    if (loaded.kind === 'problem') throw new Error(loaded.problem.kind);
    return loaded.value;
  })();
  const ofOne = bytesOfWeights(graph.graph);
  const told = async (memoryBytes: number) => {
    const project = new ReferenceProject(text);
    projects.push(project);
    const { events, errors, executions, outcome } = await project.run(undefined, { memoryBytes });
    assert.equal(errors, []);
    return {
      found: events.flatMap((one) => (one.kind === 'found' ? [one.members, one.evaluations] : [])),
      searches: searchesIn(project),
      executions,
      decision: outcome?.decisionDigest,
      outcomes: outcome?.outcomeDigest,
    };
  };
  assert.equal(await told(1.5 * ofOne), await told(100 * ofOne));
});

test.run();
