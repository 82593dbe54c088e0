/** @file Texts are looked up when they are shown: what a file says while it loads comes before the language is known. */
import ts from 'typescript';
import { expect, test } from 'vitest';
import { filesUnder, textOf } from '../support/sourceFiles.ts';

/** Lines of `l10n.t(...)` outside of functions and of fields, which are filled when an object is made. */
function earlyTexts(text: string): number[] {
  const file = ts.createSourceFile('file.ts', text, ts.ScriptTarget.Latest, true);
  const lines: number[] = [];
  const visit = (node: ts.Node): void => {
    const isStatic =
      ts.canHaveModifiers(node) && node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.StaticKeyword);
    if (ts.isFunctionLike(node) || (ts.isPropertyDeclaration(node) && isStatic !== true)) return;
    if (ts.isCallExpression(node) && node.expression.getText() === 'l10n.t')
      lines.push(file.getLineAndCharacterOfPosition(node.getStart()).line + 1);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return lines;
}

test('no text is looked up while a file loads', () => {
  const files = ['src', 'webview'].flatMap((folder) => filesUnder(folder, '.ts'));
  expect(files.filter((path) => textOf(path).includes('l10n.t(')).length).toBeGreaterThan(40);
  expect(files.flatMap((path) => earlyTexts(textOf(path)).map((line) => `${path}:${line}`))).toEqual([]);
});

test('a table of texts, or a static field, would be noticed', () => {
  expect(earlyTexts("const names = {\n  a: l10n.t('A'),\n};")).toEqual([2]);
  expect(earlyTexts("class View {\n  static title = l10n.t('A');\n}")).toEqual([2]);
  expect(earlyTexts("class View { title = l10n.t('A'); }\nconst name = () => l10n.t('B');")).toEqual([]);
});
