/** @file What every area of the extension gets to work with. */
import type * as vscode from 'vscode';
import type { FolderFiles } from './common/folderFiles.ts';
import type { Launcher } from './runs/launch.ts';
import type { RunPanels } from './runs/panel.ts';
import type { Runs } from './runs/runs.ts';
import type { Companion } from './runtime/companion.ts';

export interface Workbench {
  readonly context: vscode.ExtensionContext;
  readonly log: vscode.LogOutputChannel;
  readonly companion: Companion;
  readonly files: FolderFiles;
  readonly runs: Runs;
  readonly launcher: Launcher;
  readonly panels: RunPanels;
}
