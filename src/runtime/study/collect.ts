// From what the stages computed to tables of outcomes and to the facts that say how they are decided.
import { bug } from '../../compiler/base/bug.js';
import type { ClaimSpec, ClassOutputs, ControlSpec, PartSpec } from '../../compiler/check/claim-spec.js';
import type { CheckedFile } from '../../compiler/check/experiment.js';
import type { MemberTuple } from '../../compiler/check/family.js';
import type { Stage } from '../../compiler/check/stage.js';
import type { RowSet } from '../data/row-set.js';
import type { OutcomeTable } from '../store/outcome-table.js';
import type { CheckFacts, ClaimFacts, ControlFacts, MemberFacts, PartFacts, StudyFacts } from './facts.js';
import { draft, type TableDraft } from './table-draft.js';

/** One number per example (and member) of an output of a stage: values[member * rows + example]. */
export type OutputValues = { readonly rows: number; readonly values: ArrayLike<number> };
export type StageNumbers = {
  readonly rows: RowSet;
  output(name: string): OutputValues;
};
export type Numbers = (stage: Stage) => StageNumbers;

export type Collected = { readonly facts: StudyFacts; readonly tables: readonly OutcomeTable[] };

export function collectStudy(
  checked: CheckedFile,
  numbers: Numbers,
  { root, checks }: { readonly root: string; readonly checks: readonly CheckFacts[] },
): Collected {
  const tables = new Map<string, TableDraft>();
  const claims = checked.claims.map((claim) => collectClaim(claim, numbers, tables));
  const controls = checked.controls.flatMap((control): readonly ControlFacts[] => {
    const claim =
      checked.claims.find((one) => one.name === control.claim) ?? bug(`no claim ${control.claim}`);
    return [collectControl(control, claim, numbers, tables)];
  });
  const facts: StudyFacts = {
    version: 1,
    root,
    families: checked.families.map((one) => ({
      name: one.name,
      method: one.method,
      rate: one.rate,
      flips: one.flips,
      claims: one.claims,
    })),
    claims,
    controls,
    checks,
  };
  return { facts, tables: [...tables.values()].map((one) => one.table()) };
}

export function memberId(member: MemberTuple): string {
  return member.length === 0 ? 'all' : member.join(',');
}

/** `layer 1, head 3` */
export function memberLabel(claim: ClaimSpec, member: MemberTuple): string {
  return claim.family.universe
    .map(({ name, range }, i) => {
      const { domain } = range;
      const word =
        domain.kind === 'layers'
          ? 'layer'
          : domain.kind === 'axis'
            ? domain.axis
            : domain.kind === 'roles'
              ? 'role'
              : name;
      return `${word} ${member[i] ?? ''}`;
    })
    .join(', ');
}

function collectClaim(claim: ClaimSpec, numbers: Numbers, tables: Map<string, TableDraft>): ClaimFacts {
  const stage = numbers(claim.stage);
  const table = `claims-${claim.data.declared}-${claim.readSplit}`;
  const out = draft(tables, table, stage.rows, false);
  const members = membersIn(claim.classes, claim.parts, claim.name, stage, out, (member) =>
    memberLabel(claim, member),
  );
  const assay = claim.assay;
  const assayParts =
    assay === null
      ? null
      : (membersIn(assay.classes, assay.parts, `${claim.name}/its assay`, stage, out, () => '')[0]?.parts ??
        null);
  return {
    id: claim.name,
    quantity: claim.quantity,
    k: claim.k,
    table,
    members: inOrder(claim, members),
    assay: assayParts,
  };
}

/** Members in the family's order, which classes do not keep. */
function inOrder(claim: ClaimSpec, members: readonly MemberFacts[]): readonly MemberFacts[] {
  const byId = new Map(members.map((one) => [one.id, one] as const));
  return claim.family.members.map(
    (member) => byId.get(memberId(member)) ?? bug(`no numbers for ${memberId(member)}`),
  );
}

function membersIn(
  classes: readonly ClassOutputs[],
  parts: readonly PartSpec[],
  prefix: string,
  stage: StageNumbers,
  out: TableDraft,
  label: (member: MemberTuple) => string,
): readonly MemberFacts[] {
  return classes.flatMap((one) =>
    one.members.map((member, at): MemberFacts => {
      const id = memberId(member);
      const facts = parts.map((part, p): PartFacts => {
        const outputs = one.parts[p] ?? bug('a part without outputs');
        const store = (name: string, what: string): string =>
          out.add(
            {
              id: `${prefix}/${id}/${p}${what}`,
              memberId: id,
              direction: part.direction,
              margin: part.margin,
              unit: part.unit,
              facts: { claim: prefix, part: part.name },
            },
            slice(stage.output(name), one.context === null ? 0 : at),
          );
        return {
          name: part.name,
          kind: part.kind,
          direction: part.direction,
          margin: part.margin,
          marginText: part.marginText,
          unit: part.unit,
          x: store(outputs.x, ''),
          reference: outputs.reference === null ? null : store(outputs.reference, '/of'),
        };
      });
      const changes = one.changes.map(({ owner, output }) =>
        out.add(
          {
            id: `${prefix}/${id}/changed/${owner}`,
            memberId: id,
            direction: 'above',
            margin: 0,
            unit: null,
            facts: { claim: prefix, changed: owner },
          },
          slice(stage.output(output), one.context === null ? 0 : at),
        ),
      );
      return {
        id,
        label: label(member),
        parts: facts,
        structural: one.parts.every((part) => part.structural),
        changes,
      };
    }),
  );
}

function slice({ rows, values }: OutputValues, member: number): Float64Array {
  const out = new Float64Array(rows);
  for (let i = 0; i < rows; i++) out[i] = values[member * rows + i] ?? Number.NaN;
  return out;
}

function collectControl(
  control: ControlSpec,
  claim: ClaimSpec,
  numbers: Numbers,
  tables: Map<string, TableDraft>,
): ControlFacts {
  const base = { name: control.name, claim: claim.name, waived: control.waived, inserted: control.inserted };
  const { what } = control;
  switch (what.kind) {
    case 'paired': {
      if (control.waived !== null) return { ...base, kind: 'paired', members: [] };
      const stage = numbers(what.variant.stage);
      const out = draft(tables, `claims-${claim.data.declared}-${claim.readSplit}`, stage.rows, false);
      const members = membersIn(
        what.variant.classes,
        what.variant.parts,
        `${claim.name}/${control.name}`,
        stage,
        out,
        () => '',
      );
      return {
        ...base,
        kind: 'paired',
        members: members.map((one) => ({ ...one, x: one.parts[0]?.x ?? null })),
      };
    }
    case 'reinitialised': {
      const table = `control-${tableName(control.name)}`;
      if (control.waived !== null)
        return {
          ...base,
          kind: 'replicates',
          what: 'reinitialised',
          exhaustive: false,
          table,
          replicates: [],
        };
      const replicates = what.replicates.map((one, i) => {
        const stage = numbers(one.stage);
        const out = draft(tables, table, stage.rows, true);
        return {
          id: String(i),
          members: membersIn(one.classes, one.parts, String(i), stage, out, () => '').map(withoutChanges),
        };
      });
      return { ...base, kind: 'replicates', what: 'reinitialised', exhaustive: false, table, replicates };
    }
    case 'circuits': {
      const table = `control-${tableName(control.name)}`;
      if (control.waived !== null || what.variant === null)
        return {
          ...base,
          kind: 'replicates',
          what: 'circuits',
          exhaustive: what.exhaustive,
          table,
          replicates: [],
        };
      const stage = numbers(what.variant.stage);
      const out = draft(tables, table, stage.rows, true);
      const members = membersIn(
        what.variant.classes,
        what.variant.parts,
        'circuit',
        stage,
        out,
        () => '',
      ).map(withoutChanges);
      return {
        ...base,
        kind: 'replicates',
        what: 'circuits',
        exhaustive: what.exhaustive,
        table,
        replicates: members.map((one) => ({ id: one.id, members: [one] })),
      };
    }
  }
}

/** Whether a write changed something is asked of claims, row by row; replicates keep means only. */
function withoutChanges(member: MemberFacts): MemberFacts {
  return { ...member, changes: [] };
}

function tableName(name: string): string {
  return name.replace(/[^A-Za-z0-9_-]+/g, '-').replace(/-+$/, '');
}
