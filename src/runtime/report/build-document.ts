// ReportData to blocks. The order is fixed: the answer, what was waived, every member of every claim, then controls,
// what was tried, and where everything came from.
import type { ReportDocument } from './document.js';
import type { ReportData } from './report-data.js';
import { answersOf } from './section/answers.js';
import { claimSections } from './section/claims.js';
import {
  controlSection,
  familySection,
  historySection,
  predictionSection,
  searchSection,
} from './section/controls.js';
import {
  cautionSection,
  checkSection,
  fileSection,
  limitSection,
  modelSection,
  runSection,
  scopeSection,
  waiverSection,
} from './section/provenance.js';
import { viewSection } from './section/views.js';
import { bannerOf } from './wording.js';

export function buildDocument(report: ReportData): ReportDocument {
  const sections = [
    waiverSection(report),
    cautionSection(report),
    ...claimSections(report),
    viewSection(report),
    controlSection(report),
    predictionSection(report),
    searchSection(report),
    familySection(report),
    historySection(report),
    scopeSection(report),
    modelSection(report),
    checkSection(report),
    runSection(report),
    fileSection(report),
    limitSection(),
  ];
  return {
    title: report.study.title ?? report.file,
    question: report.study.question,
    banner: bannerOf(report.mode),
    answers: answersOf(report),
    sections: sections.filter((section) => section !== null),
    imprint: `${report.file} · ${report.environment.compiler} · ${report.time}`,
  };
}
