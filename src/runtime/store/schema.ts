// Checks data against the schemas of `grammar/schema`. A validator is compiled when it is first needed.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { bug } from '../../compiler/base/bug.js';
import type { Plain } from '../../compiler/base/canonical.js';

export type SchemaName = 'lock' | 'ledger-entry' | 'report' | 'outcomes' | 'model-manifest';

/** What is wrong with a value, in words, or undefined when it has the form of the schema. */
export function schemaFault(name: SchemaName, value: Plain): string | undefined {
  const validate = validators[name]();
  if (validate(value)) return undefined;
  const [first] = validate.errors ?? [];
  return first === undefined ? bug(`schema ${name} refused without a reason`) : faultText(first);
}

const validators = {
  lock: onFirstUse(() => compile('lock')),
  'ledger-entry': onFirstUse(() => compile('ledger-entry')),
  report: onFirstUse(() => compile('report')),
  outcomes: onFirstUse(() => compile('outcomes')),
  'model-manifest': onFirstUse(() => compile('model-manifest')),
} as const satisfies Record<SchemaName, () => ValidateFunction>;

function compile(name: SchemaName): ValidateFunction {
  // Checking the schema itself takes longer than everything else here and can only say the same thing each time: tests do it.
  const ajv = new Ajv2020({
    meta: false,
    validateSchema: false,
    strict: true,
    strictRequired: false,
    allowUnionTypes: true,
    discriminator: true,
  });
  return ajv.compile(JSON.parse(readFileSync(schemaPath(name), 'utf8')));
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
function schemaPath(name: SchemaName): string {
  for (let folder = import.meta.dirname; ; folder = dirname(folder)) {
    const path = join(folder, 'grammar', 'schema', `${name}.schema.json`);
    try {
      readFileSync(path);
      return path;
    } catch (error) {
      if (dirname(folder) === folder) throw error;
    }
  }
}

function faultText(error: ErrorObject): string {
  const place = error.instancePath === '' ? 'it' : `\`${error.instancePath.slice(1).replaceAll('/', '.')}\``;
  const detail = error.keyword === 'additionalProperties' ? ` \`${error.params.additionalProperty}\`` : '';
  return `${place} ${error.message ?? 'is not as expected'}${detail}`;
}
