/**
 * Turns markup that a library wrote about hostile text into nodes, by a list of what may be.
 *
 * The browser's parser is never asked: it would fetch what an image names and set what a style says.
 * This one knows tags, quoted attributes and five entities. Whatever else it meets, it gives up on the
 * whole, and the reader keeps the plain text.
 */

/** What may become of markup. */
export interface Rules {
  namespace: string;
  /** The attributes to set on an element, or null where there is no such element. */
  element: (name: string, attributes: ReadonlyMap<string, string>) => Record<string, string> | null;
  /** What to write for a text. `path` holds the elements around it, the innermost last. */
  text?: (text: string, path: readonly Element[]) => string;
  depthMax: number;
  nodesMax: number;
}

const PART = /<([a-z]+)((?: [a-zA-Z:-]+="[^"<>]*")*) ?(\/?)>|<\/([a-z]+)>|([^<]+)/y;
const ATTRIBUTE = / ([a-zA-Z:-]+)="([^"<>]*)"/g;
const ENTITY = /&(?:(amp|lt|gt|quot)|#x27|#39);|&/g;
const ENTITIES: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"' };

/** Builds the nodes, or null if the markup has anything in it that the rules do not know. */
export function build(markup: string, rules: Rules): DocumentFragment | null {
  const fragment = document.createDocumentFragment();
  const path: Element[] = [];
  const part = new RegExp(PART);
  let nodes = 0;
  while (part.lastIndex < markup.length) {
    const match = part.exec(markup);
    if (!match || (nodes += 1) > rules.nodesMax) return null;
    const [, opened, attributes, empty, closed, text] = match;
    const parent = path.at(-1) ?? fragment;
    if (text !== undefined) {
      const plain = decode(text);
      if (plain === null) return null;
      parent.append(rules.text?.(plain, path) ?? plain);
    } else if (closed !== undefined) {
      if (path.pop()?.localName !== closed) return null;
    } else if (opened !== undefined) {
      const allowed = rules.element(opened, readAttributes(attributes ?? ""));
      if (!allowed || path.length >= rules.depthMax) return null;
      const element = document.createElementNS(rules.namespace, opened);
      for (const [name, value] of Object.entries(allowed)) element.setAttribute(name, value);
      parent.append(element);
      if (!empty) path.push(element);
    }
  }
  return path.length === 0 ? fragment : null;
}

function readAttributes(source: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const [, name, value] of source.matchAll(ATTRIBUTE)) found.set(name as string, decode(value as string) ?? "");
  return found;
}

function decode(text: string): string | null {
  if (!text.includes("&")) return text;
  let known = true;
  const plain = text.replace(ENTITY, (entity, name: string | undefined) => {
    if (entity === "&") known = false;
    return name === undefined ? "'" : (ENTITIES[name] ?? "");
  });
  return known ? plain : null;
}
