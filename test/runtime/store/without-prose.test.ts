// What a file gives as reasons is not what it means; what it is called is.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { meaningDigest } from '../../../src/runtime/store/lock.js';
import { meaningOf } from '../../../src/runtime/study/meaning.js';
import { checkedFile } from '../../compiler/check/checking.js';
import { change, naming } from '../../compiler/check/small-programs.js';

const test = suite('without-prose');

const digestOf = (text: string): string => meaningDigest(meaningOf(checkedFile(text)));

test('another reason means the same; none does not', () => {
  assert.is(digestOf(change(naming, 'fewer than 1% of answers flip', 'because we say so')), digestOf(naming));
  assert.is.not(
    digestOf(change(naming, '  because: "fewer than 1% of answers flip"\n', '')),
    digestOf(naming),
  );
});

test('what counts still counts', () => {
  for (const [was, is] of [
    ['> 0.1 logit', '> 0.2 logit'],
    ['fwer: 0.05', 'fwer: 0.01'],
    ['over: [matter, enough, general]', 'over: [enough, matter, general]'],
    ['predict enough = refuted', 'predict general = refuted'],
    ['seeds: 59', 'seeds: 99'],
    ['size: 400', 'size: 420'],
    ['given on = d.confirm.charlie', 'given on = d.confirm.abc'],
  ] as const)
    assert.is.not(digestOf(change(naming, was, is)), digestOf(naming), `${was} → ${is}`);
});

test.run();
