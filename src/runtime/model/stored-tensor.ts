// One tensor in a file: its range is read once to name it by content and to see that it is finite, and again whenever its
// numbers are needed. No more than one tensor's bytes are held at a time.
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { bug } from '../../compiler/base/bug.js';
import { decodeElements, type ElementCodec } from './element-codec.js';
import { type FileTensor, ModelFileChanged } from './model-source.js';
import { arrangedAs, type Layout, layoutText } from './tensor-layout.js';

export type StoredTensor = {
  /** `path` to open, `shown` to the user. */
  readonly file: { readonly path: string; readonly shown: string };
  readonly begin: number;
  readonly bytes: number;
  readonly codec: ElementCodec;
  /** In the file's own order. */
  readonly dims: readonly number[];
  readonly layout: Layout;
};

/** Reads the tensor's bytes once. Throws what the file system throws, and `ModelFileChanged` for a file that became shorter. */
export function storedTensor(stored: StoredTensor): FileTensor {
  const { codec, dims, layout, file } = stored;
  const elements = dims.reduce((product, size) => product * size, 1);
  const first = readRange(stored);
  const content = hashOf(stored, first);
  return {
    dims: arrangedAs(layout, dims),
    digest: content,
    dtype: 'f32',
    stored: codec.name,
    path: file.shown,
    notFinite: codec.notFinite(first) ?? null,
    read: () => {
      const bytes = readRange(stored);
      if (hashOf(stored, bytes) !== content) throw new ModelFileChanged(file.shown);
      return layout.arrange(decodeElements(codec, bytes, elements), dims);
    },
  };
}

/** For float32 as it stands this is `weightDigest`, so that the same tensor in two files is one weight. */
function hashOf({ codec, dims, layout }: StoredTensor, bytes: Uint8Array): string {
  const type = codec.name === 'F32' ? 'f32' : codec.name;
  const domain = `weight ${type}[${dims.join()}]${layoutText(layout)}`;
  return createHash('sha256').update(`eis:${domain}\0`).update(bytes).digest('hex');
}

function readRange({ file, begin, bytes }: StoredTensor): Uint8Array {
  const handle = openSync(file.path, 'r');
  try {
    const whole = new Uint8Array(bytes);
    // A single read is at most 2 GiB.
    for (let done = 0; done < bytes; ) {
      const got = readSync(handle, whole, done, Math.min(bytes - done, 2 ** 30), begin + done);
      if (got === 0) throw new ModelFileChanged(file.shown);
      done += got;
    }
    if (whole.byteOffset !== 0) bug('a fresh array does not begin its buffer');
    return whole;
  } finally {
    closeSync(handle);
  }
}
