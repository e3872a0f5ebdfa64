// What the report says about models, data and files: where they come from and what identifies them.

import { plainSha256 } from '../../compiler/base/digest.js';
import type { CheckedFile } from '../../compiler/check/experiment.js';
import type { DataValue } from '../../compiler/check/value.js';
import { bytesOf } from '../host.js';
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
    let parameters = 0;
    for (const weight of loaded?.weights.values() ?? []) parameters += weight.data.length;
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
      origin:
        loaded?.manifest === null || loaded === undefined
          ? null
          : `bundled with this package as ${loaded.manifest.name}`,
      why: loaded?.manifest?.why ?? null,
      parameters: parameters === 0 ? null : parameters,
      geometry: shape.length === 0 ? null : shape.join(', '),
    };
  });
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
    const path = model.source.kind === 'bundled' ? `models/${model.source.name}` : model.source.path;
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
