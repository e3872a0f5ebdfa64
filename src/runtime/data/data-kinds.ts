// One line per kind of data: how its rows are laid out, made and described. The only place that knows all kinds.

import type { DataSpec } from '../../compiler/data/data-spec.js';
import { factsOfByteFiles, fillByteFiles, layOutByteFiles } from './byte-files.js';
import type { ContentFacts, Fill, FilledRows } from './fill.js';
import { factsOfGrid, fillGrid, layOutGrid } from './grid.js';
import type { Layout } from './layout.js';
import { tableOfLiteralRows } from './literal-rows.js';
import { failed, type Made, made, unknownVariant } from './problem.js';
import { factsOfRepeatedTokens, fillRepeatedTokens, layOutRepeatedTokens } from './repeated-tokens.js';
import type { RowTokenizer } from './row-tokenizer.js';
import { factsOfTable, fillTable, layOutTable } from './table-rows.js';
import { factsOfTemplate, layOutTemplate } from './template-layout.js';
import { fillTemplateRows } from './template-rows.js';

/** Names of the variants that the declaration gives; paths compose them with dots. */
export function variantNames(spec: DataSpec): string[] {
  switch (spec.kind) {
    case 'template':
    case 'table':
      return spec.variants.map((variant) => variant.name);
    case 'rows':
      return Object.keys(spec.rows[0]?.variants ?? {});
    case 'repeated_tokens':
    case 'grid':
    case 'bytes':
      return [];
  }
}

export function layOut(spec: DataSpec, root: string): Made<Layout> {
  switch (spec.kind) {
    case 'repeated_tokens':
      return layOutRepeatedTokens(spec);
    case 'template':
      return layOutTemplate(spec, root);
    case 'grid':
      return layOutGrid(spec, root);
    case 'table':
      return layOutTable(spec, root);
    case 'bytes':
      return layOutByteFiles(spec, root);
    case 'rows': {
      const table = tableOfLiteralRows(spec);
      return table.kind === 'failed' ? table : layOutTable(table.value, root);
    }
  }
}

export function fillRows(spec: DataSpec, fill: Fill): Made<FilledRows> {
  switch (spec.kind) {
    case 'repeated_tokens':
      return refuseVariants(fill.variants) ?? fillRepeatedTokens(spec, fill);
    case 'template':
      return fillTemplateRows(spec, fill);
    case 'grid':
      return refuseVariants(fill.variants) ?? fillGrid(spec, fill);
    case 'table':
      return fillTable(spec, fill);
    case 'bytes':
      return refuseVariants(fill.variants) ?? fillByteFiles(spec, fill);
    case 'rows': {
      const table = tableOfLiteralRows(spec);
      return table.kind === 'failed' ? table : fillTable(table.value, fill);
    }
  }
}

/** What is known of the content before rows exist; `paths`: composed variants that are used, beside the simple ones. */
export function contentFacts(
  spec: DataSpec,
  tokenizer: RowTokenizer | undefined,
  paths: readonly string[],
): Made<ContentFacts> {
  switch (spec.kind) {
    case 'repeated_tokens':
      return refuseVariants(paths) ?? made(factsOfRepeatedTokens(spec));
    case 'template':
      return factsOfTemplate(spec, tokenizer, paths);
    case 'grid':
      return refuseVariants(paths) ?? made(factsOfGrid(spec));
    case 'table':
      return factsOfTable(spec, tokenizer, paths);
    case 'bytes':
      return refuseVariants(paths) ?? made(factsOfByteFiles(spec));
    case 'rows': {
      const table = tableOfLiteralRows(spec);
      return table.kind === 'failed' ? table : factsOfTable(table.value, tokenizer, paths);
    }
  }
}

function refuseVariants(paths: readonly string[]): Made<never> | undefined {
  return paths.length === 0 ? undefined : failed(paths.map((path) => unknownVariant(path, [])));
}
