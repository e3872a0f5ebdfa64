// The npm packages behind the TensorFlow.js backends, and how each is installed.
import type { TfjsDevice } from './engine-protocol.js';

/** The package whose presence decides, per device; all need `@tensorflow/tfjs-core` too. */
export const TFJS_PACKAGE = {
  cpu: '@tensorflow/tfjs-backend-cpu',
  wasm: '@tensorflow/tfjs-backend-wasm',
  gpu: '@tensorflow/tfjs-node-gpu',
} as const satisfies Record<TfjsDevice, string>;

/** What to run so that the device is there. */
export function tfjsInstall(device: TfjsDevice): string {
  return device === 'gpu'
    ? 'install it with `npm install @tensorflow/tfjs-node-gpu@4.22.0 --ignore-scripts=false` (Linux, CUDA 11; its install script downloads libtensorflow)'
    : `install it with \`npm install @tensorflow/tfjs-core@4.22.0 ${TFJS_PACKAGE[device]}@4.22.0\``;
}
