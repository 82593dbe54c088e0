/** @file Puts the parts of the data area together. */
import * as vscode from 'vscode';
import { registerCommands } from '../common/commands.ts';
import type { Disposable } from '../common/disposable.ts';
import { Store } from '../common/disposable.ts';
import { onceTrusted } from '../common/begin.ts';
import type { Workbench } from '../workbench.ts';
import { dataHandlers } from './commands.ts';
import { DatasetEditors } from './datasetEditor.ts';
import { RowDiagnostics } from './diagnostics.ts';
import { DataFileList } from './files.ts';
import { RowHover } from './hover.ts';
import { offerDatasetPage } from './largeFiles.ts';
import { MaskPreview } from './maskPreview.ts';
import { checkSavedFiles } from './savedChecks.ts';
import { showDataStatus } from './statusItems.ts';
import { Surveys } from './surveys.ts';
import { TokenLosses } from './tokenLosses.ts';
import { DatasetTree } from './tree.ts';
import { DataUses } from './uses.ts';

/** What other areas and tests reach. */
export interface DataArea extends Disposable {
  readonly uses: DataUses;
  readonly files: DataFileList;
  readonly tree: DatasetTree;
  readonly mask: MaskPreview;
  readonly losses: TokenLosses;
}

export function registerData(workbench: Workbench): DataArea {
  const { companion, context, log } = workbench;
  const store = new Store();
  const cache = vscode.Uri.joinPath(context.storageUri ?? context.globalStorageUri, 'datasets').fsPath;
  const uses = store.add(new DataUses(workbench));
  const surveys = store.add(new Surveys(companion, uses, cache));
  const files = store.add(new DataFileList(workbench, uses));
  const tree = store.add(new DatasetTree(files, uses, surveys));
  const mask = store.add(new MaskPreview(companion, uses, log));
  const editors = store.add(new DatasetEditors(companion, uses, surveys, context.extensionUri));
  const losses = store.add(new TokenLosses(companion, (file, line) => editors.open(file, line)));
  store.add(new RowDiagnostics(mask, uses));
  store.add(new RowHover(companion, uses).register());
  store.add(showDataStatus(mask, uses, surveys));
  store.add(checkSavedFiles(mask, surveys));
  store.add(offerDatasetPage((file) => editors.open(file)));
  store.add(registerCommands(dataHandlers({ companion, uses, surveys, files, editors, losses }), log));
  store.add(onceTrusted(() => void files.refresh()));
  return {
    uses,
    files,
    tree,
    mask,
    losses,
    dispose: () => {
      store.dispose();
    },
  };
}
