// What the machine says about a device of onnxruntime before anything is loaded: cheap, and the same for `eisc backends` and for
// opening the backend.
import type { OrtProvider } from './engine-protocol.js';
import { findCuda, findOrtPackage } from './ort-package.js';
import { type Absence, providerAbsence } from './ort-providers.js';
import { findVulkan } from './vulkan.js';

export type OrtDevice = Exclude<OrtProvider, 'cpu'>;
type Environment = Readonly<Record<string, string | undefined>>;

const NOT_FOUND = 'backend not found';

const looks = {
  cuda: (env) => {
    const ort = findOrtPackage();
    return ort === undefined ? undefined : findCuda(ort, env);
  },
  webgpu: (env) => {
    if (process.platform !== 'linux') return undefined;
    const vulkan = findVulkan(env);
    return vulkan.kind === 'absent' ? vulkan : undefined;
  },
  coreml: () => (process.platform === 'darwin' ? undefined : providerAbsence('coreml', NOT_FOUND)),
  dml: () => (process.platform === 'win32' ? undefined : providerAbsence('dml', NOT_FOUND)),
} as const satisfies Record<OrtDevice, (env: Environment) => Absence | undefined>;

/** Why a device cannot be used; undefined when nothing speaks against it (a session may still find that there is none). */
export function deviceAbsence(device: OrtDevice, env: Environment): Absence | undefined {
  return looks[device](env);
}
