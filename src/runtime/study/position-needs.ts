// Which positions a stage reads of every row whatever its length: `[pos: 7]`, or the largest value of a binder along `pos`.
// A row without such a position stops the backend, so that lengths are compared with these needs first.
import { bug } from '../../compiler/base/bug.js';
import type { RowsKey } from '../../compiler/check/stage.js';
import { rowsText } from '../../compiler/check/stage.js';
import type { Node } from '../../compiler/ir/graph.js';
import type { OpName } from '../../compiler/ir/op.js';
import { lengthSources } from '../../compiler/plan/row-lengths.js';
import type { ProgramPart, StageProgram } from '../../compiler/plan/stage-program.js';
import { coordinatesOf } from '../execute/member-feeds.js';

export type PositionNeed = {
  /** The rows, or what stands beside them, whose positions are read. */
  readonly rows: RowsKey;
  /** As it was written: from the end where it is negative. */
  readonly index: number;
  /** How many positions a row has at least, if it has this one. */
  readonly length: number;
};

/** For each kind of rows the position that asks for the longest. */
export function positionNeeds(program: StageProgram): readonly PositionNeed[] {
  const needs = new Map<string, PositionNeed>();
  for (const need of program.parts.flatMap((part) => needsOf(part, program))) {
    const key = rowsText(need.rows);
    if (need.length > (needs.get(key)?.length ?? 0)) needs.set(key, need);
  }
  return [...needs.values()];
}

function needsOf(part: ProgramPart, program: StageProgram): readonly PositionNeed[] {
  const { nodes } = part.graph;
  const sources = lengthSources(part.inputs);
  return nodes.flatMap((node) => {
    const axis = selectedAxis(node, nodes);
    const size = axis === null ? null : nodes[node.inputs[0] ?? -1]?.type.axes[axis]?.size;
    const rows = typeof size === 'string' ? sources.get(size) : undefined;
    if (rows === undefined) return [];
    const indices = indicesAt(node.inputs[1] ?? -1, part, program);
    return indices.map((index) => ({ rows, index, length: index < 0 ? -index : index + 1 }));
  });
}

/** The axis along which a node takes values by index; null where it takes none, or along several axes at once. */
function selectedAxis({ op, inputs }: Node, nodes: readonly Node[]): number | null {
  if (op.name === 'Gather') return op.attrs.axis;
  if (op.name !== 'GatherND') return null;
  const along = nodes[inputs[1] ?? -1]?.type.axes.at(-1)?.size;
  return along === 1 ? op.attrs.batchDims : null;
}

/** The values of an index that does not depend on the rows; none where it does. */
function indicesAt(id: number, part: ProgramPart, program: StageProgram): readonly number[] {
  const { op, inputs } = part.graph.nodes[id] ?? bug(`no value %${id}`);
  if (op.name === 'Constant') return op.attrs.data.map(Number);
  if (op.name === 'Input') {
    const spec = part.inputs.find((one) => one.name === op.attrs.name)?.spec;
    return spec?.kind === 'binder' ? coordinates(spec.context, spec.binder, program) : [];
  }
  return movesValues(op.name) ? indicesAt(inputs[0] ?? -1, part, program) : [];
}

/** Operators that put values elsewhere, or some of them, and change none. */
function movesValues(name: OpName): boolean {
  return ['Unsqueeze', 'Squeeze', 'Rename', 'Transpose', 'Expand', 'Gather'].includes(name);
}

function coordinates(id: number, binder: string, { contexts }: StageProgram): readonly number[] {
  const { members } = contexts.find((one) => one.id === id) ?? bug(`no context ${id}`);
  if (members.binders.find((one) => one.name === binder)?.domain.kind === 'roles') return [];
  return members.members.map((_, member) => coordinatesOf(members, binder)(member));
}
