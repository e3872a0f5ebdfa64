// Rows are tokens of the models that read them, not of whichever model the file declares first; and what a run looks at is known
// or a mistake of ours, never nothing.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { lookAt } from '../../../src/runtime/study/looks.js';
import { RunFailed } from '../../../src/runtime/study/run-failed.js';
import { tinyStudy, vocabulary } from '../execute/tiny-study.js';

const test = suite('rows');

const text = (metric: string) => `eis 1
model first = bundled("reversed")
model second = bundled("words")
data d = template(lines("templates.txt")) {
  hole [IO, S1] = distinct(column("names.txt"))
  hole S2    = S1
  hole place = column("places.txt")
  hole gift  = column("gifts.txt")
  size:        24
  split:       by(template, discover: 30%, confirm: 70%)
}
metric loss unit nat = ${metric}
claim low = mean(loss) < 99 nat { on: d.confirm }
`;
const lossOf = (model: string) => `mean(cross_entropy(${model}.logits, d.next_token), over: pos)`;

test('a data set is tokenised for the model that reads it', () => {
  const { checked, book } = tinyStudy(text(lossOf('second')));
  const [data] = checked.data;
  if (data === undefined) throw new Error('no data');
  const tokens = book.rows(data, 'discover').columns.get('tokens');
  assert.ok(tokens?.kind === 'tokens');
  const words = [...tokens.values].map((one) => vocabulary[one] ?? '');
  assert.ok(words.includes('went') && words.includes('gave'), words.slice(0, 12).join(' '));
  const row = words.slice(tokens.offsets[0], tokens.offsets[1]).join(' ');
  assert.match(row, /^(When|then|a|the|with) .* went/, row);
});

test('two models that would read the same text as other tokens are refused', () => {
  const { checked, book } = tinyStudy(text(`${lossOf('second')} - ${lossOf('first')}`));
  const [data] = checked.data;
  if (data === undefined) throw new Error('no data');
  assert.throws(
    () => book.rows(data, 'discover'),
    (error: unknown) =>
      error instanceof RunFailed &&
      error.diagnostics[0]?.code === 'EIS4016' &&
      /different tokenizers/.test(error.message),
  );
});

test('rows that cannot be laid out are not rows that nobody saw', () => {
  const [data] = tinyStudy(text(lossOf('second'))).checked.data;
  if (data === undefined || data.spec.kind !== 'template') throw new Error('no templates');
  assert.ok(lookAt(data, 'confirm').clusters.length > 0);
  assert.throws(() => lookAt(data, 'elsewhere'), /internal error: d has no split elsewhere/);
  const broken = { ...data, spec: { ...data.spec, templates: [] } };
  assert.throws(() => lookAt(broken, 'confirm'), /internal error: rows of d that cannot be laid out/);
});

test.run();
