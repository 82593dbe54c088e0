/** @file Templates through the library: transformers' whitespace rules, and strip methods that take characters. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseTemplate, runTemplate } from '../../../runtime/data/jinjaLibrary.ts';

const run = (source: string, globals: Record<string, unknown> = {}): string =>
  runTemplate(parseTemplate(source), globals);

test('blocks swallow their line, as transformers sets it', () => {
  expect(run('{% if true %}\n  {% set x = 1 %}\na{{ x }}\n{% endif %}\n', { true: true })).toBe('a1\n');
});

test('strip with characters is Python', () => {
  const strip = (method: string, text: string, characters: string): string =>
    run(`{{ text.${method}(characters) }}`, { text, characters });
  expect(strip('lstrip', '\n\n a\n', '\n')).toBe(' a\n');
  expect(strip('rstrip', 'a \n\n', '\n')).toBe('a ');
  expect(strip('strip', 'xyaxy', 'yx')).toBe('a');
  fc.assert(
    fc.property(fc.string(), fc.string({ maxLength: 3 }), (text, characters) => {
      const both = strip('strip', text, characters);
      expect(both).toBe(strip('rstrip', strip('lstrip', text, characters), characters));
      expect(text.includes(both)).toBe(true);
      if (both !== '') expect(characters.includes(both[0]!)).toBe(false);
    }),
    { seed: 4, numRuns: 100 },
  );
});

test('without characters, on results, in loops', () => {
  expect(run("{{ ' a '.strip() }}|{{ '((a))'.strip('()').lstrip('a') }}|", {})).toBe('a||');
  expect(run("{% for x in xs %}{{ x.rstrip('!') }}{% endfor %}", { xs: ['a!', 'b'] })).toBe('ab');
  // Python keeps U+FEFF, and takes U+001C and U+0085.
  const x = ' \uFEFF\x1Ca\x1C\x85 ';
  const bare = '\uFEFF\x1Ca';
  expect(run('{{ x.strip() }}|{{ x | trim }}|{{ x | trim(" ") }}', { x })).toBe(
    `${bare}|${bare}|${x.slice(1, -1)}`,
  );
  expect(run('{{ x.lstrip() }}|{{ x.rstrip() }}', { x })).toBe(`${x.slice(1)}| ${bare}`);
  expect(() => run('{{ x.strip(1) }}', { x: 'a' })).toThrow('strip takes texts');
});

test.each([
  [
    'loops in loops',
    '{% for a in range %}{% for b in range %}{% for c in range %}{% endfor %}{% endfor %}{% endfor %}',
    'does not come to an end',
  ],
  [
    'a text that doubles',
    "{% set n = namespace(x='ab') %}{% for a in range %}{% set n.x = n.x + n.x %}{% endfor %}",
    'writes too much',
  ],
  [
    'a list that doubles',
    '{% set n = namespace(x=[1]) %}{% for a in range %}{% set n.x = n.x + n.x %}{% endfor %}',
    'writes too much',
  ],
  [
    'much text',
    `{% for a in range %}{% for b in range %}${'x'.repeat(1000)}{% endfor %}{% endfor %}`,
    'writes too much',
  ],
  [
    'blanks that its reader would count again and again',
    `{% if true %}${' '.repeat(100_000)}{% endif %}`,
    'blanks in a row',
  ],
])('a template that holds %s ends', { timeout: 60_000 }, (_, source, message) => {
  const range = Array.from({ length: 1000 }, (_value, i) => i);
  expect(() => run(source, { range })).toThrow(message);
});
