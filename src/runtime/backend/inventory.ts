// What is on this machine: every backend with version, device, memory and element types, or why it is not here and what to install.
// Nothing is loaded and no session is created.
import { availableParallelism, cpus, totalmem } from 'node:os';
import { basename } from 'node:path';
import type { DType } from '../../compiler/ir/tensor-type.js';
import type { BackendProblem } from './backend.js';
import type { TfjsDevice } from './engine-protocol.js';
import { deviceAbsence, type OrtDevice } from './ort-device.js';
import { findOrtPackage, findPackage, nvidiaCards } from './ort-package.js';
import type { Absence } from './ort-providers.js';
import { aboutBackend, type BackendName, backendNames } from './registry.js';
import { TFJS_PACKAGE, tfjsInstall } from './tfjs-packages.js';
import { findVulkan } from './vulkan.js';

export type BackendListing = {
  readonly name: BackendName;
  readonly about: string;
  /** Null when it is here. */
  readonly absence: Absence | null;
  readonly version: string | null;
  /** What computes; null where only a session would tell. */
  readonly device: string | null;
  /** Memory that the device has; null where only a session would tell. */
  readonly memoryBytes: number | null;
  readonly dtypes: readonly DType[];
};
type Facts = Omit<BackendListing, 'name' | 'about'>;
type Environment = Readonly<Record<string, string | undefined>>;

const EVERY_TYPE = [
  'f32',
  'f64',
  'f16',
  'i8',
  'u8',
  'i32',
  'i64',
  'bool',
] as const satisfies readonly DType[];
/** What TensorFlow.js has; see tfjs-rule.ts. */
export const TFJS_TYPES = ['f32', 'i8', 'u8', 'i32', 'i64', 'bool'] as const satisfies readonly DType[];

const looks = {
  'ort:cpu': () => ort(undefined, { device: processor(), memoryBytes: totalmem() }),
  reference: () => ({
    absence: null,
    version: 'reference 1',
    device: processor(),
    memoryBytes: totalmem(),
    dtypes: EVERY_TYPE,
  }),
  'ort:cuda': (env) => ortDevice('cuda', env, nvidiaCards().join(', ') || null),
  'ort:webgpu': (env) => ortDevice('webgpu', env, vulkanDrivers(env)),
  'ort:coreml': (env) => ortDevice('coreml', env, null),
  'ort:dml': (env) => ortDevice('dml', env, null),
  'tfjs:gpu': () => tfjs('gpu', { device: nvidiaCards().join(', ') || null, memoryBytes: null }),
  'tfjs:wasm': () => tfjs('wasm', { device: processor(), memoryBytes: totalmem() }),
  'tfjs:cpu': () => tfjs('cpu', { device: processor(), memoryBytes: totalmem() }),
} as const satisfies Record<BackendName, (env: Environment) => Facts>;

/** Every backend, in the order of the registry. */
export function listBackends(env: Environment): readonly BackendListing[] {
  return backendNames().map((name) => ({ name, about: aboutBackend(name), ...looks[name](env) }));
}

/** What opening a backend would fail with, as far as can be told without opening it; null when nothing speaks against it. */
export function backendProblem(name: string, env: Environment): BackendProblem | null {
  const known = backendNames().find((one) => one === name);
  const absence = known === undefined ? null : looks[known](env).absence;
  if (absence === null) return null;
  const text = `the backend \`${name}\` is not available: ${absence.reason}`;
  return { kind: 'not-available', backend: name, text, help: absence.help };
}

type Hardware = Pick<BackendListing, 'device' | 'memoryBytes'>;

function ort(absence: Absence | undefined, hardware: Hardware): Facts {
  const found = findOrtPackage();
  const missing = {
    reason: 'the package `onnxruntime-node` is not installed for this platform',
    help: 'install it with `npm install onnxruntime-node`',
  };
  return {
    absence: found === undefined ? missing : (absence ?? null),
    version: found === undefined ? null : `onnxruntime-node ${found.version}`,
    ...hardware,
    dtypes: EVERY_TYPE,
  };
}

function ortDevice(device: OrtDevice, env: Environment, name: string | null): Facts {
  return ort(deviceAbsence(device, env), { device: name, memoryBytes: null });
}

function tfjs(device: TfjsDevice, hardware: Hardware): Facts {
  const needs = TFJS_PACKAGE[device];
  const missing = ['@tensorflow/tfjs-core', needs].find((name) => findPackage(name) === undefined);
  const version = findPackage(needs)?.version;
  return {
    absence:
      missing === undefined
        ? null
        : { reason: `the package \`${missing}\` is not installed`, help: tfjsInstall(device) },
    version: version === undefined ? null : `TensorFlow.js ${version}`,
    ...hardware,
    dtypes: TFJS_TYPES,
  };
}

function processor(): string {
  const model = cpus()[0]?.model.replaceAll(/\s+/g, ' ').trim();
  const cores = availableParallelism();
  const counted = `${cores} core${cores === 1 ? '' : 's'}`;
  return model === undefined || model === '' ? counted : `${model}, ${counted}`;
}

function vulkanDrivers(env: Environment): string | null {
  if (process.platform !== 'linux') return null;
  const vulkan = findVulkan(env);
  return vulkan.kind === 'present' ? vulkan.drivers.map((path) => basename(path)).join(', ') : null;
}
