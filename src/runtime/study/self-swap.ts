// Self-swap: writing a site's own value changes no bit of the output. The value comes in from outside, as a run-time input,
// since a compiler could prove away anything else.
import { type Graph, GraphBuilder } from '../../compiler/ir/graph.js';
import { instantiate } from '../../compiler/model/replay.js';
import { type HostTensor, tensorOf } from '../backend/host-tensor.js';
import {
  type CheckBench,
  type CheckResult,
  inputNameOf,
  inputsOf,
  lastSiteOf,
  outputOf,
  unwritten,
} from './unwritten-run.js';

/** The output with every site at `paths` written by its own captured value against the output with the writes switched off. */
export async function selfSwap(paths: readonly string[], bench: CheckBench): Promise<CheckResult> {
  const { input, model } = bench;
  const values = await capturedValues(paths, bench);
  const { graph, written } = swapGraph(paths, bench);
  if (written.length === 0)
    return { state: 'not-checked', text: 'no written site is computed on the way to the outputs' };
  const [count = 0] = input.dims;
  const executable = await bench.backend.compile(graph, {
    weights: 'constants',
    lookupWeight: bench.lookupWeight,
  });
  const run = async (isOn: number): Promise<HostTensor> => {
    const active = Array.from({ length: count }, () => isOn);
    const feeds = new Map<string, HostTensor>([
      [inputNameOf(model), input],
      ['active', tensorOf('bool', [count], active)],
      ...written.map((path) => [`value:${path}`, outputOf(values, path)] as const),
    ]);
    return outputOf((await executable.run(feeds)).outputs, 'out');
  };
  try {
    return compared(await run(1), await run(0), written.length);
  } finally {
    executable.dispose();
  }
}

function compared(on: HostTensor, off: HostTensor, sites: number): CheckResult {
  const count = on.data.length;
  const what = `writing ${sites} site${sites === 1 ? '' : 's'} with ${sites === 1 ? 'its' : 'their'} own values`;
  if (count === 0 || off.data.length !== count)
    return { state: 'not-checked', text: 'there are no outputs to compare' };
  let different = 0;
  for (let i = 0; i < count; i++) if (!Object.is(on.data[i], off.data[i])) different++;
  return different === 0
    ? { state: 'passed', text: `${what} changed no bit of ${count} outputs` }
    : { state: 'failed', text: `${what} changed ${different} of ${count} outputs` };
}

async function capturedValues(
  paths: readonly string[],
  { model, backend, lookupWeight, input }: CheckBench,
): Promise<ReadonlyMap<string, HostTensor>> {
  const builder = new GraphBuilder();
  const clean = instantiate(builder, model.graph, { ...unwritten, inputs: inputsOf(builder, model) });
  const graph = builder.build(paths.map((path) => ({ name: path, value: clean.valueOf(path) })));
  const executable = await backend.compile(graph, { weights: 'constants', lookupWeight });
  try {
    return (await executable.run(new Map([[inputNameOf(model), input]]))).outputs;
  } finally {
    executable.dispose();
  }
}

/** Each site replaced by `Where(active, value, in flight)`; `written` are those that were met. */
function swapGraph(
  paths: readonly string[],
  { model }: CheckBench,
): { readonly graph: Graph; readonly written: readonly string[] } {
  const builder = new GraphBuilder();
  const active = builder.input('active', { dtype: 'bool', axes: [{ name: 'example', size: 'example' }] });
  const written: string[] = [];
  const replay = instantiate(builder, model.graph, {
    ...unwritten,
    inputs: inputsOf(builder, model),
    written: new Set(paths),
    substitute: (at, inflight) => {
      const path = at.find((one) => paths.includes(one));
      if (path === undefined) return inflight;
      written.push(path);
      const value = builder.input(`value:${path}`, builder.typeOf(inflight));
      const axes = builder.axesOf(inflight).slice(1);
      const at1 = axes.map((_, i) => i + 1);
      const names = axes.map(({ name }) => name);
      const mask =
        axes.length === 0 ? active : builder.add({ name: 'Unsqueeze', attrs: { at: at1, names } }, active);
      return builder.add({ name: 'Where', attrs: {} }, mask, value, inflight);
    },
  });
  const graph = builder.build([{ name: 'out', value: replay.valueOf(lastSiteOf(model)) }]);
  return { graph, written };
}
