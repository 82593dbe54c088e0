/** @file How trained, ignored, cut-off and excluded text looks in an editor. */
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { trainedBorder } from '../contributions/data.ts';
import { Store } from '../common/disposable.ts';
import type { RowPreview, TextState } from '../../runtime/contract/api/data.ts';

/** A line with what is known of it; lines count from 0 here. */
export interface ShownRow {
  readonly line: number;
  readonly preview: RowPreview;
  readonly excluded: boolean;
}

const quiet = new vscode.ThemeColor('descriptionForeground');

type Types = Readonly<Record<TextState | 'excluded', vscode.TextEditorDecorationType>>;

export class MaskDecorations implements vscode.Disposable {
  readonly #store = new Store();
  /** Made when something is shown for the first time. */
  #types: Types | undefined;

  #make(options: vscode.DecorationRenderOptions): vscode.TextEditorDecorationType {
    const rangeBehavior = vscode.DecorationRangeBehavior.ClosedClosed;
    return this.#store.add(vscode.window.createTextEditorDecorationType({ rangeBehavior, ...options }));
  }

  #all(): Types {
    return (this.#types ??= {
      trained: this.#make({
        backgroundColor: new vscode.ThemeColor('diffEditor.insertedTextBackground'),
        border: '1px solid',
        borderColor: new vscode.ThemeColor(trainedBorder),
        borderRadius: '2px',
      }),
      ignored: this.#make({ color: quiet }),
      cut: this.#make({ color: quiet, textDecoration: 'line-through' }),
      excluded: this.#make({
        isWholeLine: true,
        color: quiet,
        opacity: '0.6',
        after: { contentText: l10n.t('excluded'), color: quiet, margin: '0 0 0 1em', fontStyle: 'italic' },
      }),
    });
  }

  show(editor: vscode.TextEditor, rows: readonly ShownRow[]): void {
    const types = this.#all();
    for (const state of ['trained', 'ignored', 'cut'] as const)
      editor.setDecorations(
        types[state],
        rows.flatMap(({ line, preview, excluded }) =>
          excluded
            ? []
            : preview.ranges
                .filter((range) => range.state === state)
                .map(({ start, end }) => new vscode.Range(line, start, line, end)),
        ),
      );
    editor.setDecorations(
      types.excluded,
      rows.filter(({ excluded }) => excluded).map(({ line }) => editor.document.lineAt(line).range),
    );
  }

  clear(editor: vscode.TextEditor): void {
    for (const type of Object.values(this.#types ?? {})) editor.setDecorations(type, []);
  }

  dispose(): void {
    this.#store.dispose();
  }
}
