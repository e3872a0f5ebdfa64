#!/usr/bin/env node
// Starts the command line: in a checkout from the sources, through tsx and without a build; in the package from dist/.
import { existsSync } from 'node:fs';
import module from 'node:module';
import { fileURLToPath } from 'node:url';

const sources = new URL('../src/runtime/cli/start.ts', import.meta.url);
const built = new URL('../dist/start.js', import.meta.url);

// From Node 22.1 on; it halves the start of small commands.
if ('enableCompileCache' in module && typeof module.enableCompileCache === 'function')
  module.enableCompileCache();
if (existsSync(sources)) {
  const { register } = await import('tsx/esm/api');
  // Named, since tsx would otherwise look for one in the folder that the user is in.
  register({ tsconfig: fileURLToPath(new URL('../tsconfig.json', import.meta.url)) });
}
const { start } = await import(existsSync(sources) ? sources.href : built.href);
await start(process.argv.slice(2));
