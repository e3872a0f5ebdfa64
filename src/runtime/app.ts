// The application behind the command line: one function per command, each in its own file, loaded when it is first asked for.
import type { App } from './cli/app-api.js';
import { realHost } from './host.js';

/** Paths in all calls are relative to `cwd`. */
export function openApp(cwd: string): App {
  const world = { cwd, host: realHost() };
  return {
    check: async (file, options) => (await import('./application/check.js')).check(world, file, options),
    plan: async (file, options) => (await import('./application/plan.js')).plan(world, file, options),
    run: async (file, options) => (await import('./application/run.js')).run(world, file, options),
    watch: async (file, options) => (await import('./application/watch.js')).watch(world, file, options),
    lock: async (file, options) => (await import('./application/lock.js')).lock(world, file, options),
    verify: async (path, options) => (await import('./application/verify.js')).verify(world, path, options),
    report: async (file, options) => (await import('./application/report.js')).report(world, file, options),
    diff: async (left, right) => (await import('./application/diff.js')).diff(world, left, right),
    hooks: async (model, options) => (await import('./application/hooks.js')).hooks(world, model, options),
    backends: async (options) => (await import('./application/backends.js')).backends(world, options),
    graph: async (file, options) => (await import('./application/graph.js')).graph(world, file, options),
    gc: async (options) => (await import('./application/gc.js')).gc(world, options),
  };
}
