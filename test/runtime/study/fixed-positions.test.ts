// A fixed position is read of every row. Rows that lack it are told of before confirm rows are opened, where what is declared or
// may be explored shows it; on every backend alike.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ReferenceProject } from '../../support/reference-project.js';

const test = suite('fixed positions');
const projects: ReferenceProject[] = [];
test.after(() => {
  for (const one of projects) one.remove();
});

const base = `eis 1
model m = bundled("attn2")
study "One head" {
  question:     "Does the model need it?"
  rationale:    "A test of the machinery."
  out_of_scope: "Everything else."
}
data repeats = repeated_tokens(m.vocab, period: 4..=6) {
  size:  16
  split: shares(discover: 40%, reference: 20%, confirm: 40%)
}
metric loss unit nat = mean(cross_entropy(m.logits, repeats.next_token), over: pos where repeats.second_copy)
`;

async function locked(text: string): Promise<ReferenceProject> {
  const project = new ReferenceProject(text);
  projects.push(project);
  await project.lock();
  return project;
}

const kindsOf = (project: ReferenceProject) => project.ledger().map((one) => one.body.kind);

/** What a run says that ends before the rows are opened. */
async function refusedUnopened(text: string): Promise<string> {
  const project = await locked(text);
  const { errors } = await project.run();
  assert.equal(
    errors.map((one) => one.code),
    ['EIS2015'],
  );
  assert.equal(kindsOf(project), ['lock']);
  return errors[0]?.message ?? '';
}

const far = (metric: string, claim = 'mean(far)') =>
  `${base}${metric}\nclaim needed = ${claim} > 0.05 nat { on: repeats.confirm }\n`;

test('a fixed position that declared rows do not have is refused before the rows are opened, on every backend alike', async () => {
  const message = await refusedUnopened(
    far(
      `intervention cut = m.blocks[0].attn.z[pos: 9] <- 0\nmetric far unit nat = loss @ (m with cut) - loss`,
    ),
  );
  assert.is(message, '9 is outside `pos`: there are rows of `repeats` with 8 positions (0 to 7)');
  const family = far(
    `intervention cut[p in 6..=8] = m.blocks[0].attn.z[pos: p] <- 0\nmetric far[p] unit nat = loss @ (m with cut[p]) - loss`,
    'each p in 6..=8: mean(far[p])',
  );
  assert.match(await refusedUnopened(family), /^8 is outside `pos`/);
  const fromEnd = far(
    `intervention cut = m.blocks[0].attn.z[pos: -9] <- 0\nmetric far unit nat = loss @ (m with cut) - loss`,
  );
  assert.match(await refusedUnopened(fromEnd), /^-9 is outside `pos`: .* 8 positions$/);
});

test('a position that every row has is read', async () => {
  const project = await locked(
    far(
      `intervention cut = m.blocks[0].attn.z[pos: 7] <- 0\nmetric far unit nat = loss @ (m with cut) - loss`,
    ),
  );
  assert.equal((await project.run()).errors, []);
  assert.equal(kindsOf(project), ['lock', 'open', 'confirm']);
});

const AUTHORS = 10;

/** A prompt by each of ten authors; those of `short` are short. */
async function prompts(short: readonly number[]): Promise<ReferenceProject> {
  const project = new ReferenceProject(`eis 1
model m = bundled("ioi3")
study "Own prompts" {
  question:     "Does the model need it?"
  rationale:    "A test of the machinery."
  out_of_scope: "Everything else."
}
data own = table("own.csv", cluster: author) {
  text:  prompt
  split: by(author, discover: 40%, confirm: 60%)
}
intervention mute = m.blocks[0].attn.z[head: 1, pos: 2] <- 0
metric there unit one = mean(m.blocks[1].attn.z[pos: 9], over: [head, d_head])
metric shock unit one = there @ (m with mute) - there
claim calm = mean(shock) < 20 { on: own.confirm }
`);
  projects.push(project);
  const names = ['John', 'Sarah', 'Eric', 'Nicole', 'Megan'];
  const lines = Array.from({ length: AUTHORS }, (_, author) => {
    const [one, other] = [names[author % 5], names[(author + (author < 5 ? 1 : 2)) % 5]];
    const rest = short.includes(author) ? '' : ` to the store , ${one} gave a drink to ${other}`;
    return `a${author},"When ${one} and ${other} went${rest}"`;
  });
  writeFileSync(join(project.folder, 'own.csv'), `author,prompt\n${lines.join('\n')}\n`);
  await project.lock();
  return project;
}

test('of given rows, what explorable ones lack is told before opening; what only confirm rows lack, when it is seen', async () => {
  const everyone = Array.from({ length: AUTHORS }, (_, author) => author);
  const all = await prompts(everyone);
  const refused = await all.run();
  assert.equal(
    refused.errors.map((one) => one.message),
    ['9 is outside `pos`: there are rows of `own.discover` with 5 positions (0 to 4)'],
  );
  assert.equal(kindsOf(all), ['lock']);
  const seen = new Map<string, string>();
  for (const author of everyone) {
    if (seen.size === 2) break;
    const project = await prompts([author]);
    const { errors } = await project.run();
    assert.equal(
      errors.map((one) => one.code),
      ['EIS2015'],
    );
    seen.set(kindsOf(project).join(), errors[0]?.message ?? '');
  }
  assert.match(seen.get('lock') ?? '', /rows of `own\.discover` with 5/);
  assert.match(seen.get('lock,open') ?? '', /rows of `own\.confirm` with 5/);
});

test.run();
