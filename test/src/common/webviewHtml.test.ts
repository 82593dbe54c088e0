/** @file The policy of a page: one script by its nonce, own files, nothing else. */
import { expect, test } from 'vitest';
import { pageHtml } from '../../../src/common/webviewHtml.ts';

const files = { script: 'https://x/run.js', style: 'https://x/run.css', source: 'https://x' };

test('only our script runs, and each page has a nonce of its own', () => {
  const html = pageHtml('Run', files, {});
  const nonce = /script-src 'nonce-([\w-]{20,})'"/.exec(html)?.[1];
  expect(nonce).toBeDefined();
  expect(html).toContain(`<script nonce="${nonce ?? ''}" src="https://x/run.js">`);
  expect(html).toContain("default-src 'none'; style-src https://x;");
  expect(html).not.toContain('unsafe');
  expect(pageHtml('Run', files, {})).not.toBe(html);
});

test('a folder with quotes and brackets stays a name', () => {
  expect(pageHtml('Run', files, { folder: '/a"><script>&' })).toContain(
    'data-folder="/a&quot;&gt;&lt;script&gt;&amp;"',
  );
});
