/** @file The HTML around a page's bundle: nothing runs but our script, nothing loads but our files. */
import { randomBytes } from 'node:crypto';

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escape = (text: string): string => text.replace(/[&<>"]/g, (character) => escapes[character] ?? '');

export interface PageFiles {
  /** Address of the page's script and style, as the webview may load them. */
  readonly script: string;
  readonly style: string;
  /** The webview's own source for the policy. */
  readonly source: string;
}

/** What the page says in place of its English texts; absent, they stay. */
export interface Translation {
  readonly language: string;
  readonly texts: Readonly<Record<string, string>>;
}

/** A page with an empty `main` that carries `data`, and a translation as JSON, as data attributes. */
export function pageHtml(
  title: string,
  files: PageFiles,
  data: Readonly<Record<string, string>>,
  translation?: Translation,
): string {
  const nonce = randomBytes(16).toString('base64url');
  const policy = `default-src 'none'; style-src ${files.source}; script-src 'nonce-${nonce}'`;
  const carried = translation === undefined ? data : { ...data, texts: JSON.stringify(translation.texts) };
  const attributes = Object.entries(carried).map(([name, value]) => ` data-${name}="${escape(value)}"`);
  return `<!DOCTYPE html>
<html lang="${escape(translation?.language ?? 'en')}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escape(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${escape(files.style)}">
<title>${escape(title)}</title>
</head>
<body>
<main${attributes.join('')}></main>
<script nonce="${nonce}" src="${escape(files.script)}"></script>
</body>
</html>`;
}
