// The operator set an opaque node belongs to, as one text: `com.microsoft@1`. The default domain is the empty text, at opset 21.

export function joinDomain(domain: string, version: number): string {
  return domain === '' ? '' : `${domain}@${version}`;
}

export function splitDomain(text: string): { readonly domain: string; readonly version: number } {
  const at = text.lastIndexOf('@');
  if (at < 0) return { domain: text, version: 1 };
  return { domain: text.slice(0, at), version: Number(text.slice(at + 1)) };
}
