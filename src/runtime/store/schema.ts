// Checks data against the schemas of `grammar/schema`, by validators that were compiled from them. Each is loaded when it is
// first needed; nothing of ajv itself is.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { ErrorObject, ValidateFunction } from 'ajv';
import { bug } from '../../compiler/base/bug.js';
import type { Plain } from '../../compiler/base/canonical.js';
import { packageRoot } from '../package-root.js';

export type SchemaName = 'lock' | 'ledger-entry' | 'report' | 'outcomes' | 'model-manifest';

/** What is wrong with a value, in words, or undefined when it has the form of the schema. */
export function schemaFault(name: SchemaName, value: Plain): string | undefined {
  const validate = validators[name]();
  if (validate(value)) return undefined;
  const [first] = validate.errors ?? [];
  return first === undefined ? bug(`schema ${name} refused without a reason`) : faultText(first);
}

const validators = {
  lock: onFirstUse(() => load('lock')),
  'ledger-entry': onFirstUse(() => load('ledger-entry')),
  report: onFirstUse(() => load('report')),
  outcomes: onFirstUse(() => load('outcomes')),
  'model-manifest': onFirstUse(() => load('model-manifest')),
} as const satisfies Record<SchemaName, () => ValidateFunction>;

/** What `npm run gen` has compiled from the schema. */
function load(name: SchemaName): ValidateFunction {
  const path = validatorPath(name);
  return createRequire(path)(path) as ValidateFunction; // the export of every generated validator
}

/** Computes a value once. Holds nothing that could differ from one call to the next. */
function onFirstUse<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** The package's own `grammar/schema`, from the sources as well as from `dist/`. */
function validatorPath(name: SchemaName): string {
  return join(packageRoot(), 'grammar', 'schema', `${name}.validate.cjs`);
}

function faultText(error: ErrorObject): string {
  const place = error.instancePath === '' ? 'it' : `\`${error.instancePath.slice(1).replaceAll('/', '.')}\``;
  const detail = error.keyword === 'additionalProperties' ? ` \`${error.params.additionalProperty}\`` : '';
  return `${place} ${error.message ?? 'is not as expected'}${detail}`;
}
