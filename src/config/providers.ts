/** @file What the editor asks while a config is open: fixes, lenses, line ends, hovers, values to complete. */
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { Store } from '../common/disposable.ts';
import type { Disposable } from '../common/disposable.ts';
import type { ConfigCompletions, ConfigReport } from '../../runtime/contract/api/config.ts';
import type { Fix } from '../../runtime/contract/diagnostic.ts';
import type { ConfigCommandId } from '../contributions/config.ts';
import type { Companion } from '../runtime/companion.ts';
import { pathOf } from './checks.ts';
import type { ConfigChecks } from './checks.ts';
import { fixAllEdits } from './fixAll.ts';
import { linkLine, plain } from './markdown.ts';
import { diagnosticIn, editOf, rangeIn } from './places.ts';
import { factWords, lineEnd } from './words.ts';

const selector: vscode.DocumentSelector = [
  { scheme: 'file', pattern: '**/*.adapter.json' },
  { scheme: 'untitled', pattern: '**/*.adapter.json' },
];
const fixAllKind = vscode.CodeActionKind.SourceFixAll.append('adapterWorkbench');

function action(
  document: vscode.TextDocument,
  kind: vscode.CodeActionKind,
  { title, edits }: Fix,
): vscode.CodeAction {
  const made = new vscode.CodeAction(title, kind);
  made.edit = editOf(document, edits);
  return made;
}

const actions = (checks: ConfigChecks): vscode.CodeActionProvider => ({
  provideCodeActions: async (document, range, { only, triggerKind }) => {
    // who asks right behind a keystroke gets the fixes of that text; the light bulb waits for the check
    const asked = triggerKind === vscode.CodeActionTriggerKind.Invoke && vscode.workspace.isTrusted;
    const report = asked ? await checks.check(document) : checks.reportOf(document);
    if (report === undefined) return [];
    const wants = (kind: vscode.CodeActionKind): boolean => only === undefined || only.contains(kind);
    const found: vscode.CodeAction[] = [];
    if (wants(vscode.CodeActionKind.QuickFix)) found.push(...quickFixes(document, range, report));
    const all = fixAllEdits(report.diagnostics);
    if (only?.contains(fixAllKind) === true || (only === undefined && found.length > 0 && all.length > 1)) {
      const made = action(document, fixAllKind, { title: l10n.t('Fix all of this config'), edits: all });
      if (all.length > 0) found.push(made);
    }
    if (wants(vscode.CodeActionKind.Refactor))
      for (const fix of [report.setSuggestedRate, report.addVariant])
        if (fix !== undefined) found.push(action(document, vscode.CodeActionKind.RefactorRewrite, fix));
    return found;
  },
});

function quickFixes(
  document: vscode.TextDocument,
  range: vscode.Range,
  { diagnostics }: ConfigReport,
): vscode.CodeAction[] {
  return diagnostics
    .filter((one) => one.range !== undefined && rangeIn(document, one.range).intersection(range))
    .flatMap((one) =>
      (one.fixes ?? []).map((fix, i) => {
        const made = action(document, vscode.CodeActionKind.QuickFix, fix);
        made.diagnostics = [diagnosticIn(document, one)];
        made.isPreferred = i === 0;
        return made;
      }),
    );
}

/** What the run area's commands take: a row of a config or of one of its variants. */
const variantArgument = (document: vscode.TextDocument, variant?: string) => ({
  kind: 'variant',
  config: document.uri.fsPath,
  ...(variant === undefined ? {} : { variant }),
});

const lenses = (checks: ConfigChecks, changed: vscode.Event<void>): vscode.CodeLensProvider => ({
  onDidChangeCodeLenses: changed,
  provideCodeLenses: (document) => {
    const report = checks.lastReportOf(document);
    const top = new vscode.Range(0, 0, 0, 0);
    const lens = (range: vscode.Range, title: string, command: string, ...args: unknown[]) =>
      new vscode.CodeLens(range, { title, command, arguments: args });
    const saved = document.uri.scheme === 'file';
    const train = (range: vscode.Range, variant?: string): vscode.CodeLens[] =>
      saved
        ? [lens(range, l10n.t('$(play) Train'), 'adapterWorkbench.train', variantArgument(document, variant))]
        : [];
    if (report === undefined) return train(top);
    const variants = report.views.filter(({ variant }) => variant !== undefined);
    return [
      ...train(top),
      ...(report.views[0]?.memory === undefined
        ? []
        : [lens(top, l10n.t('Estimate'), 'adapterWorkbench.estimateConfig', document.uri)]),
      ...(variants.length === 0
        ? []
        : [
            lens(
              top,
              l10n.t('Compare {0} variants', variants.length + 1),
              'adapterWorkbench.compareVariants',
              document.uri,
            ),
          ]),
      ...factLens(top, report),
      ...variants.flatMap(({ anchor, variant }) => train(rangeIn(document, anchor), variant)),
    ];
  },
});

function factLens(top: vscode.Range, report: ConfigReport): vscode.CodeLens[] {
  const title = factWords(report);
  const errors = report.diagnostics.some(({ severity }) => severity === 'error');
  // a lens without a command is plain text
  const command = errors ? 'workbench.actions.view.problems' : '';
  return title === '' ? [] : [new vscode.CodeLens(top, { title, command })];
}

const hints = (checks: ConfigChecks, changed: vscode.Event<void>): vscode.InlayHintsProvider => ({
  onDidChangeInlayHints: changed,
  provideInlayHints: (document, range) =>
    (checks.reportOf(document)?.views ?? []).flatMap((view) => {
      const text = lineEnd(view);
      const { line } = document.positionAt(view.anchor.offset);
      if (text === undefined || line < range.start.line || line > range.end.line) return [];
      const hint = new vscode.InlayHint(document.lineAt(line).range.end, text);
      hint.paddingLeft = true;
      return [hint];
    }),
});

const hovers = (companion: Companion): vscode.HoverProvider => ({
  provideHover: async (document, position, token) => {
    if (!vscode.workspace.isTrusted) return undefined;
    const found = await companion.call('config/hover', question(document, position), signalOf(token));
    if (found === null) return undefined;
    const text = new vscode.MarkdownString(found.lines.map(plain).join('\n\n'));
    const links = linkLine(found.links ?? []);
    if (links === '') return new vscode.Hover(text, rangeIn(document, found.range));
    // words of files are in the other part: only links of ours may run a command, and only this one
    const below = new vscode.MarkdownString(links);
    below.isTrusted = { enabledCommands: ['adapterWorkbench.showMethod' satisfies ConfigCommandId] };
    return new vscode.Hover([text, below], rangeIn(document, found.range));
  },
});

const question = (document: vscode.TextDocument, position: vscode.Position) => ({
  path: pathOf(document),
  text: document.getText(),
  offset: document.offsetAt(position),
});

function signalOf(token: vscode.CancellationToken): AbortSignal {
  const abort = new AbortController();
  token.onCancellationRequested(() => {
    abort.abort();
  });
  return abort.signal;
}

const kinds: Readonly<
  Record<ConfigCompletions['items'][number]['kind'], keyof typeof vscode.CompletionItemKind>
> = { module: 'Module', file: 'File', folder: 'Folder', key: 'Property' };

const completions = (companion: Companion): vscode.CompletionItemProvider => ({
  provideCompletionItems: async (document, position, token) => {
    if (!vscode.workspace.isTrusted) return undefined;
    const found = await companion.call('config/complete', question(document, position), signalOf(token));
    if (found === null) return undefined;
    const range = rangeIn(document, found.range);
    return found.items.map(({ value, follows = '', detail, doc, kind }, i) => {
      const written = JSON.stringify(value);
      const item = new vscode.CompletionItem(value, vscode.CompletionItemKind[kinds[kind]]);
      item.detail = detail;
      if (doc !== undefined) item.documentation = doc;
      item.insertText = written + follows;
      item.filterText = written;
      item.range = range;
      // as they were listed, before what the schema offers
      item.sortText = `!${String(i).padStart(5, '0')}`;
      return item;
    });
  },
});

export function registerProviders(checks: ConfigChecks, companion: Companion): Disposable {
  const store = new Store();
  const changed = store.add(new vscode.EventEmitter<void>());
  store.add(
    checks.onDidCheck(() => {
      changed.fire();
    }),
  );
  const { languages } = vscode;
  const kindsOffered = [vscode.CodeActionKind.QuickFix, fixAllKind, vscode.CodeActionKind.RefactorRewrite];
  store.add(
    languages.registerCodeActionsProvider(selector, actions(checks), {
      providedCodeActionKinds: kindsOffered,
    }),
  );
  store.add(languages.registerCodeLensProvider(selector, lenses(checks, changed.event)));
  store.add(languages.registerInlayHintsProvider(selector, hints(checks, changed.event)));
  store.add(languages.registerHoverProvider(selector, hovers(companion)));
  store.add(languages.registerCompletionItemProvider(selector, completions(companion), '"', '/', '.'));
  return store;
}
