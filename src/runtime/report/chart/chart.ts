// A chart that is ready to be drawn: a Vega-Lite specification and what it shows, in words.
import type { TopLevelSpec } from 'vega-lite';

export type Chart = { readonly spec: TopLevelSpec; readonly alt: string };
