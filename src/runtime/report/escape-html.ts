// Text into HTML. Everything that comes from data, models, files or the author passes through here, exactly once.
import { visible } from '../../compiler/base/visible.js';

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** For element content and quoted attributes alike. Control and direction characters become visible. */
export function escapeHtml(text: string): string {
  return visible(text).replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

/** A word for `id` and file names: letters, digits, dots, hyphens and underscores, never empty. */
export function safeName(text: string): string {
  const plain = text.replace(/[^A-Za-z0-9_.-]+/g, '-').replace(/^[-.]+|[-.]+$/g, '');
  return plain === '' ? 'x' : plain.slice(0, 80);
}
