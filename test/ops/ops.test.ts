import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { evaluateGraph } from '../../src/compiler/ir/evaluate.js';
import { verifyGraph } from '../../src/compiler/ir/verify.js';
import { assertClose } from '../support/close.js';
import { loadOpCases, type OpCase, operatorsWithCases } from '../support/op-cases.js';
import { opNames } from '../support/op-names.js';

const test = suite('ops');

test('every operator has a data file and every data file an operator', () => {
  assert.equal([...operatorsWithCases()].sort(), [...opNames()].sort());
});

for (const op of opNames()) {
  for (const one of loadOpCases(op)) {
    if (op === 'Opaque') {
      test(`the reference refuses ${op}, and its type is the declared one`, () => {
        assert.throws(() => run(one), /does not know the operator HardSwish/);
        assert.equal(one.graph.nodes.at(-1)?.type.dtype, one.expected.dtype);
      });
      continue;
    }
    test(`${op}: ${one.name}`, () => {
      verifyGraph(one.graph);
      const type = one.graph.nodes.at(-1)?.type;
      assert.equal(
        type?.axes.map((a) => a.size),
        one.expected.dims,
        'inferred sizes',
      );
      assert.is(type?.dtype, one.expected.dtype, 'inferred element type');
      const found = run(one);
      assert.equal(found?.dims, one.expected.dims);
      assertClose(found?.data ?? [], one.expected.data, { rtol: 2e-6, atol: 1e-6 });
    });
  }
}

function run(one: OpCase) {
  return evaluateGraph(one.graph, one.feeds, () => {
    if (one.weight === undefined) throw new Error('no weight in this case');
    return one.weight;
  }).get('y');
}

test.run();
