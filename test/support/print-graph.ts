// Graphs as text, one value a line, with types. For people and goldens: identity is taken from `digest.ts`, never from this.
import type { Plain } from '../../src/compiler/base/canonical.js';
import type { Graph, Node } from '../../src/compiler/ir/graph.js';
import { axisText } from '../../src/compiler/ir/infer-rule.js';
import type { Axis, TensorType } from '../../src/compiler/ir/tensor-type.js';
import { typeText } from '../../src/compiler/ir/tensor-type.js';

const SHOWN_ELEMENTS = 8;

/** `%2 = MatMul(%0, %1) : f32[example, vocab=8]` for each value, then `return logits=%2`. */
export function printGraph(graph: Graph): string {
  const lines = graph.nodes.map((node, id) => `%${id} = ${printNode(node)}`);
  const outputs = graph.outputs.map((o) => `${o.name}=%${o.value}`);
  return [...lines, `return ${outputs.join(', ')}`].join('\n');
}

function printNode({ op, inputs, type }: Node): string {
  const fields = Object.entries(op.attrs).sort(([a], [b]) => (a < b ? -1 : 1));
  const shown = fields
    .filter(([key]) => key !== 'type')
    .map(([key, value]) => `${key}=${attributeText(value)}`);
  const attributes = shown.length === 0 ? '' : `{${shown.join(', ')}}`;
  const operands = inputs.map((i) => `%${i}`).join(', ');
  return `${op.name}${attributes}(${operands}) : ${typeText(type)}`;
}

function attributeText(value: Plain | TensorType): string {
  if (Array.isArray(value)) {
    const shown = value.slice(0, SHOWN_ELEMENTS).map(attributeText);
    return `[${shown.join(', ')}${value.length > SHOWN_ELEMENTS ? `, … ${value.length} in all` : ''}]`;
  }
  if (typeof value === 'number') return numberText(value);
  if (typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)) return `${value.slice(0, 12)}…`;
  if (isAxis(value)) return axisText(value);
  return String(value);
}

/** Seven significant digits: enough to recognise an f32, few enough to be the same everywhere. */
function numberText(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(7)));
}

function isAxis(value: unknown): value is Axis {
  return typeof value === 'object' && value !== null && 'name' in value && 'size' in value;
}
