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

test('a translation of any characters stays inside of its attribute, and names its language', () => {
  const texts = {
    Run: '"><script>alert(1)</script>\'',
    'a&b': '</main>\r\n\0\u2028&quot; \ud800',
    Loss: '{0}`${1}`',
  };
  const html = pageHtml('Run', files, {}, { language: 'de"><b>', texts });
  const [attribute, json] = / data-texts="([^"]*)"/.exec(html)!;
  const read = json!
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&');
  expect(JSON.parse(read)).toEqual(texts);
  expect(attribute).not.toMatch(/[<>\r\n\0]/);
  const rest = html.replace(attribute, '').replaceAll(/nonce[-=]"?[\w-]{20,}/g, '');
  const plain = pageHtml('Run', files, {}).replaceAll(/nonce[-=]"?[\w-]{20,}/g, '');
  expect(rest).toBe(plain.replace('lang="en"', 'lang="de&quot;&gt;&lt;b&gt;"'));
});
