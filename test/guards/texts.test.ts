/** @file Texts of the extension and its pages go through `l10n.t`, and are looked up when they are shown. */
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { filesUnder, textOf } from '../support/sourceFiles.ts';

const parsed = (text: string): ts.SourceFile =>
  ts.createSourceFile('file.ts', text, ts.ScriptTarget.Latest, true);
const lineOf = (node: ts.Node): number =>
  node.getSourceFile().getLineAndCharacterOfPosition(node.getStart()).line + 1;

/**
 * Lines of `l10n.t(...)` outside of functions and of fields, which are filled when an object is made: what a file looks up while it
 * loads is English, since the language is known later.
 */
function earlyTexts(text: string): number[] {
  const lines: number[] = [];
  const visit = (node: ts.Node): void => {
    const isStatic =
      ts.canHaveModifiers(node) && node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.StaticKeyword);
    if (ts.isFunctionLike(node) || (ts.isPropertyDeclaration(node) && isStatic !== true)) return;
    if (ts.isCallExpression(node) && node.expression.getText() === 'l10n.t') lines.push(lineOf(node));
    ts.forEachChild(node, visit);
  };
  visit(parsed(text));
  return lines;
}

const shown = new Set(['textContent', 'title', 'label', 'placeholder', 'note', 'aria-label', 'axisLabel']);

/** Lines where a property or attribute that a person reads gets words as they stand there. */
function bareTexts(text: string): number[] {
  const lines: number[] = [];
  const check = (name: ts.Node | undefined, value: ts.Node | undefined): void => {
    if (name === undefined || value === undefined) return;
    const key = ts.isPropertyAccessExpression(name) ? name.name.text : name.getText().replace(/'/g, '');
    const isWords = ts.isStringLiteralLike(value) && /\p{L}{2}/u.test(value.text);
    if (shown.has(key) && isWords) lines.push(lineOf(value));
  };
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAssignment(node)) check(node.name, node.initializer);
    if (ts.isBinaryExpression(node)) check(node.left, node.right);
    if (ts.isCallExpression(node) && /[.]setAttribute$/.test(node.expression.getText()))
      check(node.arguments[0], node.arguments[1]);
    ts.forEachChild(node, visit);
  };
  visit(parsed(text));
  return lines;
}

const offenders = (folders: readonly string[], fault: (text: string) => number[]): string[] =>
  folders
    .flatMap((folder) => filesUnder(folder, '.ts'))
    .flatMap((path) => fault(textOf(path)).map((line) => `${path}:${line}`));

describe('texts', () => {
  test('none is looked up while a file loads', () => {
    expect(offenders(['src', 'webview'], earlyTexts)).toEqual([]);
  });

  test('a table of texts, or a static field, would be noticed', () => {
    expect(earlyTexts("const names = {\n  a: l10n.t('A'),\n};")).toEqual([2]);
    expect(earlyTexts("class View {\n  static title = l10n.t('A');\n}")).toEqual([2]);
    expect(earlyTexts("class View { title = l10n.t('A'); }\nconst name = () => l10n.t('B');")).toEqual([]);
  });

  test('a page shows none that has no translation', () => {
    expect(offenders(['webview'], bareTexts)).toEqual([]);
  });

  test('words in a property or attribute would be noticed', () => {
    expect(bareTexts("element('p', {\n  textContent: 'Some words' });\nbox.title = 'Words';")).toEqual([
      2, 3,
    ]);
    expect(
      bareTexts("box.setAttribute('aria-label', 'Words');\nbox.setAttribute('role', 'region');"),
    ).toEqual([1]);
    expect(bareTexts("element('p', { textContent: l10n.t('Words'), className: 'note' });")).toEqual([]);
  });
});
