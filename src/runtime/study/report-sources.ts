// What the report says about models, data and files: where they come from and what identifies them.

import { plainSha256 } from '../../compiler/base/digest.js';
import type { CheckedFile } from '../../compiler/check/experiment.js';
import type { DataValue } from '../../compiler/check/value.js';
import type { ModelSource } from '../../compiler/host.js';
import type { ModelGraph } from '../../compiler/model/model-graph.js';
import { weightsOf } from '../../compiler/model/with-weights.js';
import { bytesOf } from '../host.js';
import type { LoadedModel } from '../model/load-model.js';
import { quantisationText } from '../model/model-source.js';
import type { ReportDataSet, ReportFile, ReportModel } from '../report/report-data.js';
import { sourceOf } from './looks.js';
import type { OpenStudy } from './open-study.js';
import type { StudyRun } from './run-study.js';
import { textAt } from './source-text.js';

export function reportModels(study: OpenStudy, checked: CheckedFile): readonly ReportModel[] {
  return checked.models.map((model) => {
    const loaded = study.compileHost.loaded.get(model.graph.digest);
    const declaration = checked.bound.declarations.find(
      (one) => one.keyword === 'model' && one.name === model.declared,
    );
    const { geometry } = model.graph;
    const parameters = parameterCount(model.graph);
    const shape = [
      geometry.layers === undefined ? null : `${geometry.layers} layers`,
      geometry.heads === undefined ? null : `${geometry.heads} heads`,
      geometry.d_model === undefined ? null : `d_model ${geometry.d_model}`,
      geometry.d_mlp === undefined ? null : `d_mlp ${geometry.d_mlp}`,
      geometry.vocab === undefined ? null : `vocabulary ${geometry.vocab}`,
    ].filter((one) => one !== null);
    return {
      name: model.declared,
      source: declaration?.value === undefined ? '' : textAt(study, declaration.value.span),
      digest: model.graph.digest,
      licence: loaded?.manifest?.licence ?? null,
      origin: loaded === undefined ? null : originText(loaded),
      why: loaded?.manifest?.why ?? null,
      parameters: parameters === 0 ? null : parameters,
      geometry: shape.length === 0 ? null : shape.join(', '),
    };
  });
}

/** Elements of all weights; one that is used twice counts once. */
function parameterCount(graph: ModelGraph): number {
  const sizes = new Map(
    weightsOf(graph).map(({ digest, type }) => [
      digest,
      type.axes.reduce((product, { size }) => product * (typeof size === 'number' ? size : 0), 1),
    ]),
  );
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}

/** Where the weights come from, and how they are stored where that is not exact. */
function originText({ manifest, files }: LoadedModel): string | null {
  if (manifest !== null) return `bundled with this package as ${manifest.name}`;
  if (files === null) return null;
  const { origin, quantisation } = files;
  const from = {
    folder: () => 'a folder of the Hugging Face format',
    gguf: () => 'a GGUF file',
    hub: () => (origin.kind === 'hub' ? `${origin.id} of the hub at commit ${origin.revision}` : ''),
  }[origin.kind]();
  return quantisation === null ? from : `${from}, quantised: ${quantisationText(quantisation)}`;
}

const populations = {
  generated: (unit: string) => `Rows as the generator draws them; each ${unit} is a cluster of its own.`,
  templates: (unit: string) => `Other ${unit}s exchangeable with those given.`,
  corpus: (unit: string) => `Other ${unit}s exchangeable with those of the corpus.`,
} as const;

export function reportData(study: OpenStudy, checked: CheckedFile, run: StudyRun): readonly ReportDataSet[] {
  return checked.data.map((data): ReportDataSet => {
    const kind = sourceOf(data);
    const read = readSplits(data, run);
    const { value } = data.declaration;
    const fillers = data.spec.kind === 'template' && data.spec.generalisesTo === 'fillers';
    return {
      name: data.declared,
      source: value === undefined ? '' : textAt(study, value.span),
      kind,
      digest: data.digest,
      licence: null,
      origin: null,
      clusterUnit: data.facts.clusterBy,
      population: fillers ? 'Other fillers, in these templates.' : populations[kind](data.facts.clusterBy),
      splits: data.facts.splits.map((one) => ({
        name: one.name,
        rows: one.rows,
        clusters: one.clusters,
        read: read.has(one.name),
      })),
    };
  });
}

function readSplits(data: DataValue, run: StudyRun): ReadonlySet<string> {
  const read = new Set<string>();
  for (const claim of run.checked.claims) if (claim.data.digest === data.digest) read.add(claim.readSplit);
  for (const view of run.checked.views) {
    for (const metric of view.metrics)
      if (metric.stage.data.digest === data.digest) read.add(metric.stage.split);
  }
  for (const search of run.checked.searches)
    if (search.run.data.digest === data.digest) read.add(search.run.split);
  for (const pool of run.checked.stages.pools)
    if (pool.stage.data.digest === data.digest) read.add(pool.stage.split);
  return read;
}

function pathOf(source: ModelSource): string {
  switch (source.kind) {
    case 'bundled':
      return `models/${source.name}`;
    case 'hf':
      return source.place;
    case 'onnx':
    case 'gguf':
      return source.path;
  }
}

export function reportFiles(study: OpenStudy): readonly ReportFile[] {
  const files: ReportFile[] = [];
  const text = study.sources(study.name) ?? '';
  files.push({
    path: study.inProject,
    sha256: plainSha256(bytesOf(text)),
    bytes: bytesOf(text).length,
    role: 'pipeline',
    outsideProject: false,
  });
  for (const one of study.checked?.bound.libraries ?? []) {
    files.push({
      path: one.path,
      sha256: plainSha256(bytesOf(one.text)),
      bytes: bytesOf(one.text).length,
      role: 'library',
      outsideProject: false,
    });
  }
  for (const one of study.compileHost.filesRead) {
    files.push({
      path: one.path,
      sha256: one.digest,
      bytes: one.bytes,
      role: 'data',
      outsideProject: one.path.startsWith('/') || one.path.startsWith('..'),
    });
  }
  for (const model of study.compileHost.loaded.values()) {
    const path = pathOf(model.source);
    files.push({
      path,
      sha256: model.manifest?.weights.sha256 ?? model.graph.digest,
      bytes: null,
      role: 'model',
      outsideProject: false,
    });
  }
  return files;
}
