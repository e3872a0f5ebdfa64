// The outcomes of a study's claims as one long table, a row for each value: what one plots and models. The columns `claim`,
// `member` and `part` are those of the member table. Replicates of controls are means, and stay in their own files.
import { bug } from '../../compiler/base/bug.js';
import type { OutcomePart, OutcomeTable } from '../store/outcome-table.js';
import type { ParquetColumn } from '../store/parquet.js';
import type { ClaimFacts, MemberFacts, PartFacts, StudyFacts } from './facts.js';

/** One part of a table, with what its values are. */
type Block = {
  readonly table: string;
  readonly id: string;
  readonly claim: string;
  readonly member: string;
  readonly part: string | null;
  /** `effect`: what is tested. `of`: what a share is of. `changed`: 1 where a write changed something. */
  readonly role: 'effect' | 'of' | 'changed' | 'assay' | 'assay of';
  /** The paired control that measured it; null for the claim itself. */
  readonly control: string | null;
};

export function outcomeColumns(facts: StudyFacts, tables: readonly OutcomeTable[]): readonly ParquetColumn[] {
  const byName = new Map(tables.map((table) => [table.name, table]));
  const blocks = [...facts.claims.flatMap(ofClaim), ...ofControls(facts)].map((block) => {
    const table = byName.get(block.table) ?? bug(`no table ${block.table}`);
    const part = table.parts.find((one) => one.id === block.id) ?? bug(`no part ${block.id}`);
    return { block, table, part };
  });
  const each = <T>(pick: (block: Block) => T): T[] =>
    blocks.flatMap(({ block, table }) => table.items.map(() => pick(block)));
  return [
    { kind: 'texts', name: 'claim', values: each((block) => block.claim) },
    { kind: 'texts', name: 'member', values: each((block) => block.member) },
    { kind: 'texts', name: 'part', values: each((block) => block.part) },
    { kind: 'texts', name: 'role', values: each((block) => block.role) },
    { kind: 'texts', name: 'control', values: each((block) => block.control) },
    { kind: 'texts', name: 'table', values: each((block) => block.table) },
    {
      kind: 'texts',
      name: 'cluster',
      values: blocks.flatMap(({ table }) =>
        table.items.map(({ cluster }) => table.clusters[cluster] ?? bug('an item of an unknown cluster')),
      ),
    },
    {
      kind: 'texts',
      name: 'item',
      values: blocks.flatMap(({ table }) => table.items.map(({ hash }) => hash)),
    },
    { kind: 'numbers', name: 'value', values: blocks.flatMap(({ part }) => valuesOf(part)) },
  ];
}

/** NaN says that there is no value, which is what null says in this format. */
function valuesOf(part: OutcomePart): (number | null)[] {
  return Array.from(part.values, (value) => (Number.isNaN(value) ? null : value));
}

function ofClaim(claim: ClaimFacts): readonly Block[] {
  const base = { table: claim.table, claim: claim.id, control: null };
  const assay = (claim.assay ?? []).flatMap((part) =>
    ofPart(part, { ...base, member: 'assay', roles: ['assay', 'assay of'] }),
  );
  return [...claim.members.flatMap((member) => ofMember(member, base)), ...assay];
}

type Base = Pick<Block, 'table' | 'claim' | 'control'>;

function ofMember(member: MemberFacts, base: Base): readonly Block[] {
  const parts = member.parts.flatMap((part) =>
    ofPart(part, { ...base, member: member.id, roles: ['effect', 'of'] }),
  );
  const changes = member.changes.map(
    (id): Block => ({ ...base, id, member: member.id, part: null, role: 'changed' }),
  );
  return [...parts, ...changes];
}

function ofPart(
  part: PartFacts,
  {
    roles: [own, reference],
    ...base
  }: Base & { readonly member: string; readonly roles: readonly [Block['role'], Block['role']] },
): readonly Block[] {
  const effect: Block = { ...base, id: part.x, part: part.name, role: own };
  if (part.reference === null) return [effect];
  return [effect, { ...base, id: part.reference, part: part.name, role: reference }];
}

/** A paired control measures the same parts on the same rows, in the table of its claim. */
function ofControls(facts: StudyFacts): readonly Block[] {
  return facts.controls.flatMap((control): readonly Block[] => {
    const claim = facts.claims.find((one) => one.id === control.claim);
    if (control.kind !== 'paired' || claim === undefined) return [];
    const base = { table: claim.table, claim: claim.id, control: control.name };
    return control.members.flatMap((member) => ofMember(member, base));
  });
}
