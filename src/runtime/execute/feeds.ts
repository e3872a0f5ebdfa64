// What each input of a stage's graph is filled with for one call: one function per kind of input.
import { bug } from '../../compiler/base/bug.js';
import type { InputSpec } from '../../compiler/check/stage.js';
import { dimsOf } from '../../compiler/ir/symbols.js';
import type { Call } from '../../compiler/plan/cutter.js';
import type { ProgramPart } from '../../compiler/plan/stage-program.js';
import { columnFeed, roleFeed } from './column-feeds.js';
import { byContent, type Feed, type FeedPlace, type FeedWorld } from './feed.js';
import {
  binderFeed,
  binderRoleFeed,
  circuitMaskFeed,
  indexFeed,
  normalFeed,
  positionsFeed,
} from './member-feeds.js';
import { clusterPooledFeed, pooledFeed } from './pooled-feeds.js';

type Fill<K extends InputSpec['kind']> = (spec: Extract<InputSpec, { kind: K }>, place: FeedPlace) => Feed;

const fills = {
  column: (spec, place) => byContent(columnFeed(spec, place)),
  role: (spec, place) => byContent(roleFeed(spec, place)),
  'example-of-row': (spec, place) => indexFeed(spec.context, place, (example) => example),
  'member-of-row': (spec, place) => indexFeed(spec.context, place, (_, at) => at),
  binder: (spec, place) => byContent(binderFeed(spec.context, spec.binder, place)),
  'binder-role': (spec, place) => byContent(binderRoleFeed(spec, place)),
  'circuit-mask': (spec, place) => byContent(circuitMaskFeed(spec, place)),
  pooled: pooledFeed,
  'cluster-pooled': clusterPooledFeed,
  normal: normalFeed,
  positions: positionsFeed,
  captured: () => bug('what is captured comes from a call, not from the rows'),
} as const satisfies { readonly [K in InputSpec['kind']]: Fill<K> };

/** The feeds of a call, in the order of the part's inputs. */
export function feedsOf(
  part: ProgramPart,
  call: Call,
  world: FeedWorld,
  /** What another call computed for this one. */
  captured: (output: string) => Feed = () => bug('nothing was captured'),
): readonly Feed[] {
  const contextOf = (id: number) => part.contexts.find((one) => one.id === id) ?? bug(`no context ${id}`);
  return part.inputs.map((input) =>
    input.spec.kind === 'captured'
      ? captured(input.spec.output)
      : feedOf({ input, dims: dimsOf(input.type, call.sizes), call, world, contextOf }),
  );
}

function feedOf(place: FeedPlace): Feed {
  const { spec } = place.input;
  const fill = fills[spec.kind] as Fill<InputSpec['kind']>; // the table pairs each kind with its own function
  return fill(spec as never, place); // as above
}
