// Functions whose answers are kept: pure ones, asked again and again about the same object.

/** `compute`, once for each object, for as long as the object lives. */
export function remembered<Of extends object, Answer>(compute: (of: Of) => Answer): (of: Of) => Answer {
  const known = new WeakMap<Of, { readonly answer: Answer }>();
  return (of) => {
    const found = known.get(of) ?? { answer: compute(of) };
    known.set(of, found);
    return found.answer;
  };
}
