// The whole file as an experiment: claims with their controls and families, predictions, waivers, views, searches, and the
// stages that hold all their numbers. This is what is planned, locked and run.

import type { Diagnostic } from '../base/diagnostic.js';
import { Reporter } from '../base/reporter.js';
import type { BoundFile } from '../bind/bind.js';
import type { CompileHost } from '../host.js';
import type { Declaration } from '../syntax/ast.js';
import type { ClaimSpec, ControlSpec, FamilySpec, PredictionSpec, ViewSpec } from './claim-spec.js';
import { evaluateClaim, openClaim, type ReadMode, type Replicates } from './claims.js';
import { readSite } from './components.js';
import { Refusal, type SearchRequest, type Session } from './context.js';
import { type Claimed, controlsOf } from './controls.js';
import { checkDeclaration } from './declarations.js';
import { refuseSealedReads } from './double-dip.js';
import { evaluate } from './evaluate.js';
import { checkEvidence } from './evidence.js';
import { familiesOf } from './families.js';
import type { MemberTuple } from './family.js';
import { checkFields } from './fields.js';
import { evaluateMember } from './lookup.js';
import { mentionsAny } from './mentions.js';
import { predictionsOf } from './predictions.js';
import { StageSet } from './stage.js';
import { type StudySpec, studyOf } from './study.js';
import { toTensor } from './to-tensor.js';
import { checkControlled } from './uncontrolled.js';
import type { DataValue, DrawPlan, ModelValue, Scope } from './value.js';
import { viewsOf } from './views.js';
import { waiversOf } from './waivers.js';

export type CheckRequest = {
  readonly bound: BoundFile;
  readonly host: CompileHost;
  readonly mode: ReadMode;
  readonly settings: ReadonlyMap<string, string>;
  readonly found: ReadonlyMap<string, readonly MemberTuple[]>;
  readonly replicates: Replicates;
  /** Turn what a draft may lack into errors. */
  readonly asLock: boolean;
  /** Also evaluate what nothing asks for, so that every declaration is checked. */
  readonly everything: boolean;
};

export type CheckedFile = {
  readonly bound: BoundFile;
  readonly mode: ReadMode;
  readonly study: StudySpec;
  readonly models: readonly ModelValue[];
  readonly data: readonly DataValue[];
  readonly draws: readonly DrawPlan[];
  readonly claims: readonly ClaimSpec[];
  readonly controls: readonly ControlSpec[];
  readonly families: readonly FamilySpec[];
  readonly predictions: readonly PredictionSpec[];
  readonly waivers: ReadonlyMap<string, string>;
  readonly views: readonly ViewSpec[];
  readonly searches: readonly SearchRequest[];
  readonly stages: StageSet;
  readonly params: ReadonlyMap<string, string>;
  readonly diagnostics: readonly Diagnostic[];
};

export function checkFile(request: CheckRequest): CheckedFile {
  const { bound } = request;
  const reporter = new Reporter();
  const session: Session = {
    semantics: { evaluate, toTensor, evaluateMember, readSite },
    host: request.host,
    reporter,
    file: bound.file.span.file,
    stages: new StageSet(),
    models: new Map(),
    data: new Map(),
    draws: new Map(),
    failed: new Set(),
    later: new Set(),
    active: [],
    effort: { steps: 0, depth: 0 },
    bodies: new WeakMap(),
    settings: request.settings,
    found: request.found,
    searches: new Map(),
    usedParams: new Set(),
  };
  const scope: Scope = { table: bound.table, locals: new Map() };
  const attempt = <T>(declaration: Declaration | null, run: () => T): T | null => {
    if (declaration !== null && session.failed.has(declaration)) return null; // what is wrong with it was said
    if (declaration !== null && session.later.size > 0 && mentionsAny(declaration, scope, session.later)) {
      session.later.add(declaration);
      session.failed.add(declaration);
      return null;
    }
    return attemptIn(session, declaration, run);
  };

  for (const one of bound.declarations) attempt(one, () => checkFields(one));
  const study = studyOf(bound.declarations, session, request.asLock);
  // Models and data first: everything else is about them, and their problems would show up everywhere.
  for (const keyword of ['param', 'fit', 'gallery', 'model', 'data', 'draw'] as const) {
    for (const one of bound.declarations)
      if (one.keyword === keyword) attempt(one, () => checkDeclaration(one, scope, session));
  }
  const waivers = attempt(null, () => waiversOf(bound.declarations, session)) ?? new Map<string, string>();
  if (request.everything) {
    // Aside: what nothing asks for must neither be planned nor count as a part of the experiment.
    const aside: Session = { ...session, stages: new StageSet(), searches: new Map(), usedParams: new Set() };
    for (const one of bound.declarations) {
      if (['hook', 'metric', 'intervention', 'ablation', 'circuit', 'let'].includes(one.keyword)) {
        attempt(one, () => checkDeclaration(one, scope, aside));
      }
    }
  }
  const base = { session, mode: request.mode, sideBySide: null };
  const claimed: Claimed[] = [];
  for (const one of bound.declarations) {
    if (one.keyword !== 'claim') continue;
    const made = attempt(one, (): Claimed => {
      const opened = openClaim(one, scope);
      const spec = evaluateClaim(opened, { ...base, purpose: 'main', outputs: `claim:${one.name ?? ''}` });
      return { spec, opened };
    });
    if (made !== null) claimed.push(made);
  }
  const controlDeclarations = bound.declarations.filter(
    (one) => one.keyword === 'control' && !session.failed.has(one),
  );
  const claims = claimed.map((one) => one.spec);
  const families = attempt(null, () => familiesOf(bound.declarations, claims, session)) ?? [];
  const controls = controlDeclarations.length === 0 && claimed.length === 0 ? [] : collectControls();
  checkControlled(claims, controls, session, request.asLock);
  const predictions = attempt(null, () => predictionsOf(bound.declarations, claims, session)) ?? [];
  const views = viewsOf(bound.declarations, scope, session, claims, attempt);
  const used: ReadonlyMap<string, string> = new Map(
    [...request.settings].filter(([name]) => session.usedParams.has(name)),
  );
  refuseSealedReads(bound, session);
  checkEvidence({
    bound,
    claims,
    controls,
    families,
    predictions,
    waivers,
    study,
    session,
    asLock: request.asLock,
    settings: request.settings,
  });
  return {
    bound,
    mode: request.mode,
    study,
    models: [...session.models.values()],
    data: [...session.data.values()],
    draws: [...session.draws.values()],
    claims,
    controls,
    families,
    predictions,
    waivers,
    views,
    searches: [...session.searches.values()],
    stages: session.stages,
    params: used,
    diagnostics: oneForLater(withoutRepeats(reporter.diagnostics)),
  };

  function collectControls(): readonly ControlSpec[] {
    const made: ControlSpec[] = [];
    for (const one of claimed) {
      const list = attempt(one.spec.declaration, () =>
        controlsOf(controlDeclarations, [one], waivers, scope, {
          ...base,
          purpose: 'main',
          outputs: '',
          replicates: request.replicates,
          families,
        }),
      );
      made.push(...(list ?? []));
    }
    return made;
  }
}

/** What a control says of its claim, every claim that inherits the control says again. */
function withoutRepeats(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const seen = new Set<string>();
  return diagnostics.filter(({ code, message, primary }) => {
    const key = `${code} ${primary?.span.file ?? ''} ${primary?.span.start ?? ''} ${primary?.span.end ?? ''} ${message}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** What this version cannot run yet is one cause, however many constructs of the file it is. */
function oneForLater(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const [first, ...others] = diagnostics.filter((one) => one.code === 'EIS2009');
  if (first === undefined || others.length === 0) return diagnostics;
  const labels = others.flatMap(({ message, primary }) =>
    primary === undefined ? [] : [{ span: primary.span, text: message }],
  );
  const merged: Diagnostic = { ...first, secondary: [...first.secondary, ...labels] };
  return diagnostics.flatMap((one) => (one === first ? [merged] : one.code === 'EIS2009' ? [] : [one]));
}

/** Runs one declaration's check; a refusal is reported once and marks the declaration, so that others stay silent. */
export function attemptIn<T>(session: Session, declaration: Declaration | null, run: () => T): T | null {
  session.active.length = 0;
  session.effort.steps = 0;
  session.effort.depth = 0;
  try {
    return run();
  } catch (problem) {
    if (!(problem instanceof Refusal)) throw problem;
    if (problem.diagnostic !== null) session.reporter.report(problem.diagnostic);
    if (declaration !== null) {
      session.failed.add(declaration);
      if (problem.diagnostic?.code === 'EIS2009') session.later.add(declaration);
    }
    return null;
  }
}
